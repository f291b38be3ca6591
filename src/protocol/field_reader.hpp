#pragma once

#include "atlas/protocol/error_codes.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace atlas::protocol {

constexpr std::int64_t max_exact_integer = (std::int64_t{1} << 53) - 1;  // what a JavaScript number can hold
constexpr std::int64_t max_uint32 = std::numeric_limits<std::uint32_t>::max();

// Reads the members of one JSON object of a client, each with its rule. The first broken rule is kept in
// `error`, which is shared by the readers of nested objects; what is read after it does not matter. A member
// that is null counts as absent: that is how some encoders write an empty optional. The object must live
// longer than the reader.
class FieldReader {
public:
    using Json = nlohmann::json;

    FieldReader(const Json& object, std::string path, std::optional<ProtocolError>& error)
        : object_(object), path_(std::move(path)), error_(error) {}

    enum class Quoting { shown, hidden };  // hidden: a secret, never repeated in an error

    std::optional<std::string> text(const char* name, std::size_t max_chars,
                                    Quoting quoting = Quoting::shown);
    std::string required_text(const char* name, std::size_t max_chars, Quoting quoting = Quoting::shown);
    std::optional<std::int64_t> integer(const char* name, std::int64_t min, std::int64_t max);
    std::int64_t required_integer(const char* name, std::int64_t min, std::int64_t max);
    std::optional<bool> flag(const char* name);

    const Json* object(const char* name);
    const Json* array(const char* name, std::size_t min_entries, std::size_t max_entries);
    const Json* find(const char* name) const;                            // any type; nullptr also for null
    bool has(const char* name) const { return object_.contains(name); }  // null as well
    const Json* required(const char* name, std::string_view rule);       // any type

    std::string path_of(std::string_view name) const;
    void fail(std::string_view name, std::string_view rule, std::string_view received,
              ErrorCode code = ErrorCode::bad_field);
    bool failed() const { return error_.has_value(); }

private:
    const Json& object_;
    std::string path_;  // of the object, empty for the message itself
    std::optional<ProtocolError>& error_;
};

std::string entry(std::string_view array, std::size_t index);  // its name in a path
std::string describe(const nlohmann::json& value);             // what was received, in a few words

}  // namespace atlas::protocol
