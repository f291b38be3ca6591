#pragma once

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <optional>
#include <string>

namespace atlas::providers::deepgram {

using Json = nlohmann::json;

// Fields as Deepgram sends them: any may be missing, a number may be an integer or a string (§2.3).
inline std::string text_field(const Json& object, const char* name) {
    const auto field = object.find(name);
    return field != object.end() && field->is_string() ? field->get<std::string>() : std::string();
}

inline bool flag_field(const Json& object, const char* name) {
    const auto field = object.find(name);
    return field != object.end() && field->is_boolean() && field->get<bool>();
}

inline std::optional<double> number_field(const Json& object, const char* name) {
    const auto field = object.find(name);
    if (field == object.end()) return {};
    if (field->is_number()) return field->get<double>();
    if (!field->is_string()) return {};
    const auto& text = field->get_ref<const std::string&>();
    double number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return {};
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

// The array of that name, or an empty one.
inline const Json& array_field(const Json& object, const char* name) {
    static const Json none = Json::array();
    const auto field = object.find(name);
    return field != object.end() && field->is_array() ? *field : none;
}

inline const Json& object_field(const Json& object, const char* name) {
    static const Json none = Json::object();
    const auto field = object.find(name);
    return field != object.end() && field->is_object() ? *field : none;
}

}  // namespace atlas::providers::deepgram
