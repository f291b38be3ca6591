#include "atlas/net/http_message.hpp"

#include <algorithm>

namespace atlas::net {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

void HttpHeaders::add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
}

std::string_view HttpHeaders::find(std::string_view name) const {
    for (const auto& [field, value] : fields_) {
        if (same_name(field, name)) return value;
    }
    return {};
}

bool HttpHeaders::contains(std::string_view name) const {
    return std::any_of(fields_.begin(), fields_.end(),
                       [&](const auto& field) { return same_name(field.first, name); });
}

}  // namespace atlas::net
