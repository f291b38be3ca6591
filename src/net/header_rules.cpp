#include "header_rules.hpp"

#include <algorithm>

namespace atlas::net {
namespace {

bool token_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool control(char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 127; }

}  // namespace

std::string header_problem(const HttpHeaders& headers) {
    for (const auto& [name, value] : headers.fields()) {
        if (name.empty() || !std::all_of(name.begin(), name.end(), token_character)) {
            return "a header's name is empty or holds a character that is not allowed";
        }
        if (std::any_of(value.begin(), value.end(), control)) {
            return "the value of header " + name + " holds a control character";
        }
    }
    return {};
}

void append_header(std::string& text, std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace atlas::net
