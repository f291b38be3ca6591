#include "atlas/net/url.hpp"

#include <algorithm>
#include <charconv>

namespace atlas::net {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

bool unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

std::string shortened(std::string_view text) {
    constexpr std::size_t limit = 80;
    std::string result;
    for (const char c : text.substr(0, limit)) result.push_back(c >= ' ' && c < 127 ? c : '?');
    return text.size() > limit ? result + "..." : result;
}

bool known_scheme(std::string_view scheme) {
    return scheme == "http" || scheme == "https" || scheme == "ws" || scheme == "wss";
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    unsigned value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (value == 0 || value > 65535) return std::nullopt;
    return static_cast<std::uint16_t>(value);
}

// Splits "host", "host:port", "[v6]" and "[v6]:port"; empty when it is none of them.
bool split_authority(std::string_view authority, std::string_view& host, std::string_view& port) {
    port = {};
    std::string_view rest;
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos) return false;
        host = authority.substr(1, end - 1);
        rest = authority.substr(end + 1);
        if (host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
    } else {
        const std::size_t colon = authority.find(':');
        host = authority.substr(0, colon);
        if (colon != std::string_view::npos) rest = authority.substr(colon);
        const bool plain = std::all_of(host.begin(), host.end(), unreserved);
        if (!plain) return false;
    }
    if (host.empty() || host.size() > 253) return false;
    if (rest.empty()) return true;
    if (!rest.starts_with(':') || rest.size() < 2) return false;
    port = rest.substr(1);
    return true;
}

}  // namespace

std::string Url::authority() const {
    std::string result = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (!default_port()) result += ":" + std::to_string(port);
    return result;
}

std::string Url::path() const { return target.substr(0, target.find('?')); }

std::string Url::query() const {
    const std::size_t mark = target.find('?');
    return mark == std::string::npos ? std::string() : target.substr(mark + 1);
}

std::string Url::text() const { return scheme + "://" + authority() + target; }

std::optional<Url> parse_url(std::string_view text, std::string& error) {
    const auto fail = [&](std::string_view rule) {
        error = "URL \"" + shortened(text) + "\": " + std::string(rule);
        return std::nullopt;
    };
    const auto forbidden = [](char c) { return c <= ' ' || c == 127; };
    const std::size_t mark = text.find("://");
    if (mark == std::string_view::npos) return fail("must begin with http://, https://, ws:// or wss://");
    Url url;
    url.scheme = lower(text.substr(0, mark));
    if (!known_scheme(url.scheme)) return fail("must begin with http://, https://, ws:// or wss://");
    std::string_view rest = text.substr(mark + 3);
    rest = rest.substr(0, rest.find('#'));
    const std::size_t target_at = std::min(rest.find_first_of("/?"), rest.size());
    const std::string_view authority = rest.substr(0, target_at);
    const std::string_view target = rest.substr(target_at);
    if (authority.find('@') != std::string_view::npos) {
        error = "URL: must not hold a user name or password";  // do not repeat it
        return std::nullopt;
    }
    if (std::any_of(target.begin(), target.end(), forbidden)) return fail("must not hold spaces or controls");
    std::string_view host;
    std::string_view port;
    if (!split_authority(authority, host, port))
        return fail("needs a host name or address, then perhaps :port");
    url.host = lower(host);
    url.port = url.tls() ? 443 : 80;
    if (!port.empty()) {
        const auto number = parse_port(port);
        if (!number) return fail("its port must be a number from 1 to 65535");
        url.port = *number;
    }
    url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
    return url;
}

std::string percent_encode(std::string_view value) {
    std::string result;
    result.reserve(value.size());
    for (const char c : value) {
        if (unreserved(c)) {
            result.push_back(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            result += {'%', hex_digits[byte >> 4], hex_digits[byte & 15]};
        }
    }
    return result;
}

std::optional<std::string> percent_decode(std::string_view value) {
    std::string result;
    result.reserve(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '+') {
            result.push_back(' ');
        } else if (value[i] != '%') {
            result.push_back(value[i]);
        } else {
            const int high = i + 2 < value.size() ? hex_value(value[i + 1]) : -1;
            const int low = i + 2 < value.size() ? hex_value(value[i + 2]) : -1;
            if (high < 0 || low < 0) return std::nullopt;
            result.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        }
    }
    return result;
}

std::string with_query(std::string_view url, const QueryParameters& parameters) {
    std::string result(url.substr(0, url.find('#')));
    const std::size_t mark = result.find('?');
    char separator = mark == std::string::npos ? '?' : '&';
    if (mark != std::string::npos && (mark + 1 == result.size() || result.back() == '&')) separator = '\0';
    for (const auto& [name, value] : parameters) {
        if (separator != '\0') result.push_back(separator);
        result += percent_encode(name) + "=" + percent_encode(value);
        separator = '&';
    }
    return result;
}

QueryParameters parse_query(std::string_view query) {
    QueryParameters result;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = percent_decode(pair.substr(0, equals));
        auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
        if (name && value) result.emplace_back(std::move(*name), std::move(*value));
    }
    return result;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
    for (auto& [key, value] : parse_query(query)) {
        if (key == name) return std::move(value);
    }
    return std::nullopt;
}

}  // namespace atlas::net
