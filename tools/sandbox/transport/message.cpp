#include "sandbox/transport/message.hpp"

#include <algorithm>

namespace atlas::sandbox {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string decoded(std::string_view text, std::vector<std::string>& problems) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else if (i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            problems.push_back("bad percent escape in \"" + std::string(text.substr(0, 60)) + "\"");
            out += '%';
        }
    }
    return out;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
    const auto found = std::ranges::find(headers, name, &Headers::value_type::first);
    return found == headers.end() ? std::string_view{} : std::string_view(found->second);
}

std::size_t Request::header_count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count(headers, name, &Headers::value_type::first));
}

std::string_view Request::query_value(std::string_view name) const {
    const auto found = std::ranges::find(query, name, &Headers::value_type::first);
    return found == query.end() ? std::string_view{} : std::string_view(found->second);
}

void read_target(std::string_view target, Request& request) {
    const std::size_t mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark == std::string_view::npos) return;
    std::string_view rest = target.substr(mark + 1);
    while (!rest.empty()) {
        const std::size_t end = rest.find('&');
        const std::string_view item = rest.substr(0, end);
        const std::size_t equals = item.find('=');
        if (!item.empty()) {
            std::string name = decoded(item.substr(0, equals), request.query_problems);
            std::string value;
            if (equals != std::string_view::npos)
                value = decoded(item.substr(equals + 1), request.query_problems);
            request.query.emplace_back(std::move(name), std::move(value));
        }
        if (end == std::string_view::npos) break;
        rest = rest.substr(end + 1);
    }
}

}  // namespace atlas::sandbox
