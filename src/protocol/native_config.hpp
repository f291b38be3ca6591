#pragma once

#include "atlas/protocol/client_messages.hpp"
#include "atlas/protocol/error_codes.hpp"
#include "field_reader.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <vector>

// Parts of `hello` that have a file of their own. All set `error` when a rule is broken; the result is then
// worthless.
namespace atlas::protocol {

CallOverrides read_config(const nlohmann::json& object, std::optional<ProtocolError>& error);

// The member `tools` of `hello.config`.
std::optional<std::vector<ToolDeclaration>> read_tools(FieldReader& config,
                                                       std::optional<ProtocolError>& error);

inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace atlas::protocol
