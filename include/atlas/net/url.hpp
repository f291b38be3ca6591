#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atlas::net {

// An absolute http, https, ws or wss URL, taken apart. Has no user info (refused) and no fragment
// (dropped: it never travels).
struct Url {
    std::string scheme;  // lower case
    std::string host;    // lower case, an IPv6 address without its brackets
    std::uint16_t port = 0;
    std::string target = "/";  // path and query, as written

    bool tls() const { return scheme == "https" || scheme == "wss"; }
    bool websocket() const { return scheme == "ws" || scheme == "wss"; }
    bool default_port() const { return port == (tls() ? 443 : 80); }
    std::string authority() const;  // for the Host header: brackets as needed, no default port
    std::string path() const;       // target without the query
    std::string query() const;      // without '?'
    std::string text() const;
};

// Empty when `text` is no such URL; then `error` says why, without repeating more than a shortened text.
std::optional<Url> parse_url(std::string_view text, std::string& error);

// Everything but letters, digits and -._~ becomes %XX.
std::string percent_encode(std::string_view value);
// Also turns '+' into a space, as in a query. Empty when a % is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view value);

// A list because the same name may come several times.
using QueryParameters = std::vector<std::pair<std::string, std::string>>;

// `url` with the parameters added, encoded, after those it already has.
std::string with_query(std::string_view url, const QueryParameters& parameters);
// Decoded; a pair that cannot be decoded is left out.
QueryParameters parse_query(std::string_view query);
// The first value of that name.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace atlas::net
