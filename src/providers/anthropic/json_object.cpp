#include "json_object.hpp"

namespace atlas::providers::anthropic {

namespace {

constexpr int max_depth = 64;

bool is_deep(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') in_string = !in_string;
        if (in_string && c == '\\') ++i;
        if (in_string) continue;
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        if (depth > max_depth) return true;
    }
    return false;
}

}  // namespace

std::optional<OrderedJson> read_object(std::string_view text, std::size_t max_bytes) {
    if (text.size() > max_bytes || is_deep(text)) return {};
    OrderedJson json = OrderedJson::parse(text, nullptr, false);
    if (!json.is_object()) return {};
    return json;
}

std::string compact(const OrderedJson& json) {
    return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace atlas::providers::anthropic
