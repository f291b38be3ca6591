#include "field_reader.hpp"

#include "text.hpp"

#include <cmath>
#include <utility>

namespace atlas::protocol {
namespace {

using Json = nlohmann::json;

// JSON has one kind of number: 20 and 20.0 are the same.
std::optional<std::int64_t> as_integer(const Json& value) {
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(max_exact_integer)) return std::nullopt;
        return static_cast<std::int64_t>(number);
    }
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (!value.is_number_float()) return std::nullopt;
    const double number = value.get<double>();
    if (std::abs(number) > static_cast<double>(max_exact_integer) || std::trunc(number) != number)
        return std::nullopt;
    return static_cast<std::int64_t>(number);
}

}  // namespace

std::string entry(std::string_view array, std::size_t index) {
    return std::string(array) + "[" + std::to_string(index) + "]";
}

std::string describe(const Json& value) {
    if (value.is_string()) return "the string " + quote(value.get_ref<const std::string&>());
    if (value.is_array()) return "an array of " + std::to_string(value.size());
    if (value.is_object()) return "an object";
    return value.dump();
}

const Json* FieldReader::find(const char* name) const {
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::string FieldReader::path_of(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

void FieldReader::fail(std::string_view name, std::string_view rule, std::string_view received,
                       ErrorCode code) {
    if (error_) return;
    std::string path = path_of(name);
    std::string message =
        "`" + path + "` must be " + std::string(rule) + "; received " + std::string(received);
    error_ = make_error(code, std::move(message), std::move(path));
}

const Json* FieldReader::required(const char* name, std::string_view rule) {
    const Json* value = find(name);
    if (value == nullptr) fail(name, rule, object_.contains(name) ? "null" : "nothing");
    return value;
}

std::optional<std::string> FieldReader::text(const char* name, std::size_t max_chars, Quoting quoting) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    const std::string rule = "a string of at most " + std::to_string(max_chars) + " characters";
    if (!value->is_string()) {
        fail(name, rule, quoting == Quoting::hidden ? "something else" : describe(*value));
        return std::nullopt;
    }
    const auto& text = value->get_ref<const std::string&>();
    const std::size_t chars = count_chars(text);
    if (chars > max_chars) {
        std::string received = std::to_string(chars) + " characters";
        if (quoting == Quoting::shown) received += ": " + quote(text);
        fail(name, rule, received, ErrorCode::text_too_long);
        return std::nullopt;
    }
    return text;
}

std::string FieldReader::required_text(const char* name, std::size_t max_chars, Quoting quoting) {
    if (required(name, "a string") == nullptr) return {};
    return text(name, max_chars, quoting).value_or(std::string());
}

std::optional<std::int64_t> FieldReader::integer(const char* name, std::int64_t min, std::int64_t max) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    const auto number = as_integer(*value);
    if (!number || *number < min || *number > max) {
        fail(name, "a whole number from " + std::to_string(min) + " to " + std::to_string(max),
             describe(*value));
        return std::nullopt;
    }
    return number;
}

std::int64_t FieldReader::required_integer(const char* name, std::int64_t min, std::int64_t max) {
    if (required(name, "a whole number") == nullptr) return min;
    return integer(name, min, max).value_or(min);
}

std::optional<bool> FieldReader::flag(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_boolean()) return value->get<bool>();
    fail(name, "true or false", describe(*value));
    return std::nullopt;
}

const Json* FieldReader::object(const char* name) {
    const Json* value = find(name);
    if (value == nullptr || value->is_object()) return value;
    fail(name, "an object", describe(*value));
    return nullptr;
}

const Json* FieldReader::array(const char* name, std::size_t min_entries, std::size_t max_entries) {
    const Json* value = find(name);
    if (value == nullptr) return nullptr;
    if (value->is_array() && value->size() >= min_entries && value->size() <= max_entries) return value;
    fail(name,
         "an array of " + std::to_string(min_entries) + " to " + std::to_string(max_entries) + " entries",
         describe(*value));
    return nullptr;
}

}  // namespace atlas::protocol
