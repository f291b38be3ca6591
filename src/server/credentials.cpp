#include "atlas/server/credentials.hpp"

#include <algorithm>

namespace atlas::server {
namespace {

constexpr std::string_view token_prefix = "atlas.token.";

// Calls `visit` with each name of a comma-separated list until it returns true.
template <typename Visit>
bool any_of_list(std::string_view list, Visit visit) {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        auto name = list.substr(0, comma);
        while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) name.remove_prefix(1);
        while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
        if (visit(name)) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

bool same_letter(char lower, char c) { return lower == (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }

// The list may be spread over several fields (RFC 6455, 11.3.4).
template <typename Visit>
bool any_of_protocols(const net::HttpHeaders& headers, Visit visit) {
    constexpr std::string_view wanted = "sec-websocket-protocol";
    for (const auto& [name, value] : headers.fields()) {
        const bool found = std::equal(wanted.begin(), wanted.end(), name.begin(), name.end(), same_letter);
        if (found && any_of_list(value, visit)) return true;
    }
    return false;
}

bool same(std::string_view shown, std::string_view key) {
    unsigned difference = shown.size() == key.size() ? 0U : 1U;
    for (std::size_t i = 0; i < key.size(); ++i) {
        const char c = shown.empty() ? '\0' : shown[i % shown.size()];
        difference |=
            static_cast<unsigned>(static_cast<unsigned char>(c) ^ static_cast<unsigned char>(key[i]));
    }
    return difference == 0;
}

}  // namespace

std::string_view shown_key(const net::HttpHeaders& headers) {
    const auto authorization = headers.find("authorization");
    constexpr std::string_view bearer = "bearer ";
    const bool is_bearer = authorization.size() > bearer.size() &&
                           std::equal(bearer.begin(), bearer.end(), authorization.begin(), same_letter);
    if (is_bearer) return authorization.substr(bearer.size());

    std::string_view key;
    any_of_protocols(headers, [&key](std::string_view name) {
        if (!name.starts_with(token_prefix)) return false;
        key = name.substr(token_prefix.size());
        return true;
    });
    return key;
}

bool is_known_key(std::string_view key, std::span<const std::string> keys) {
    bool known = false;
    for (const auto& candidate : keys) known = same(key, candidate) || known;  // always all of them
    return known;
}

bool offers_subprotocol(const net::HttpHeaders& headers, std::string_view wanted) {
    return any_of_protocols(headers, [wanted](std::string_view name) { return name == wanted; });
}

}  // namespace atlas::server
