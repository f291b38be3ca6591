#pragma once

#include "atlas/protocol/client_messages.hpp"
#include "atlas/protocol/error_codes.hpp"
#include "field_reader.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace atlas::protocol {

// The members of a client's message `type`, checked. Sets `error` when a rule is broken; the result is then
// worthless.
ClientMessage read_client_message(const std::string& type, const nlohmann::json& object,
                                  std::optional<ProtocolError>& error);

// Those with a file of their own.
ClientMessage read_hello(FieldReader& fields, std::optional<ProtocolError>& error);
ClientMessage read_config_change(FieldReader& fields, std::optional<ProtocolError>& error);
ClientMessage read_tool_result(FieldReader& fields, std::optional<ProtocolError>& error);

}  // namespace atlas::protocol
