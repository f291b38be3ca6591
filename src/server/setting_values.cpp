#include "setting_values.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <netinet/in.h>

namespace atlas::server {

std::string shortened(const std::string& value) {
    if (value.find('@') != std::string::npos) return "what is set (not shown: it may hold a password)";
    return "\"" + (value.size() > 40 ? value.substr(0, 37) + "..." : value) + "\"";
}

// ---- kinds of values

Problem find_problem_of_number(const std::string& value, std::int64_t least, std::int64_t most,
                               std::int64_t& out) {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
    if (error != std::errc() || end != value.data() + value.size() || out < least || out > most) {
        return "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
               ", not " + shortened(value);
    }
    return std::nullopt;
}

Problem take_fraction(const std::string& value, double least, double most, double& out) {
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || !(number >= least && number <= most)) {
        return "must be a number from " + std::to_string(least).substr(0, 4) + " to " +
               std::to_string(most).substr(0, 4) + ", not " + shortened(value);
    }
    out = number;
    return std::nullopt;
}

Problem take_truth(const std::string& value, bool& out) {
    if (value == "1" || value == "true" || value == "yes") return out = true, std::nullopt;
    if (value == "0" || value == "false" || value == "no") return out = false, std::nullopt;
    return "must be true or false, not " + shortened(value);
}

Problem take_text(const std::string& value, std::size_t most_bytes, std::string& out) {
    if (value.size() > most_bytes) {
        return "must have at most " + std::to_string(most_bytes) + " bytes, not " +
               std::to_string(value.size());
    }
    out = value;
    return std::nullopt;
}

Problem take_url(const std::string& value, std::string& out) {
    for (const std::string_view scheme : {"https://", "http://", "wss://", "ws://"}) {
        if (value.starts_with(scheme) && value.size() > scheme.size()) return out = value, std::nullopt;
    }
    return "must be a URL that begins with https://, http://, wss:// or ws://, not " + shortened(value);
}

// A key copied with a blank or a line end behind it is the most common mistake.
Problem take_key(const std::string& value, std::string& out) {
    if (std::any_of(value.begin(), value.end(), [](char c) { return c <= ' ' || c == 0x7F; })) {
        return "must not contain blanks or line ends (it was copied with something around it)";
    }
    out = value;
    return std::nullopt;
}

Problem take_address(const std::string& value, std::string& out) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    if (inet_pton(AF_INET, value.c_str(), bytes.data()) != 1 &&
        inet_pton(AF_INET6, value.c_str(), bytes.data()) != 1) {
        return "must be an IP address, such as 127.0.0.1 or 0.0.0.0, not " + shortened(value);
    }
    out = value;
    return std::nullopt;
}

std::vector<std::string> split(const std::string& value) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (begin <= value.size()) {
        const auto end = std::min(value.find(',', begin), value.size());
        auto part = value.substr(begin, end - begin);
        part.erase(0, part.find_first_not_of(" \t\n"));
        part.erase(part.find_last_not_of(" \t\n") + 1);
        if (!part.empty()) parts.push_back(part);
        begin = end + 1;
    }
    return parts;
}

std::string shown_seconds(net::Duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count());
}
std::string shown(bool truth) { return truth ? "true" : "false"; }
std::string shown_fraction(double number) {
    std::array<char, 32> text{};
    const auto result = std::to_chars(text.data(), text.data() + text.size(), number);
    return {text.data(), result.ptr};
}

Problem take_seconds(const std::string& value, std::int64_t least, std::int64_t most, net::Duration& out) {
    std::int64_t seconds = 0;
    if (auto problem = take_number(value, least, most, seconds)) return problem;
    out = std::chrono::seconds(seconds);
    return std::nullopt;
}

Problem take_ms(const std::string& value, std::int64_t least, std::int64_t most, net::Duration& out) {
    std::int64_t ms = 0;
    if (auto problem = take_number(value, least, most, ms)) return problem;
    out = std::chrono::milliseconds(ms);
    return std::nullopt;
}
std::string shown_ms(net::Duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

Problem take_api_keys(const std::string& value, std::vector<std::string>& out) {
    out = split(value);
    for (const auto& key : out) {
        if (key.size() < 16)
            return "every key must have at least 16 characters (make one: openssl rand -hex 24)";
        if (std::any_of(key.begin(), key.end(), [](char c) { return c <= ' ' || c > '~' || c == '"'; })) {
            return "keys may hold visible ASCII characters only";
        }
    }
    if (out.empty()) return "holds no key; leave it out to require none";
    return std::nullopt;
}

}  // namespace atlas::server
