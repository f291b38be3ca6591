#pragma once

#include "atlas/conversation/conversation_settings.hpp"
#include "atlas/net/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// The kinds of values that settings have: each is taken from text, or the problem is said in one sentence
// that follows the setting's name.
namespace atlas::server {

using Problem = std::optional<std::string>;

std::string shortened(const std::string& value);
Problem find_problem_of_number(const std::string& value, std::int64_t least, std::int64_t most,
                               std::int64_t& out);
Problem take_fraction(const std::string& value, double least, double most, double& out);
Problem take_truth(const std::string& value, bool& out);
Problem take_text(const std::string& value, std::size_t most_bytes, std::string& out);
Problem take_url(const std::string& value, std::string& out);
Problem take_key(const std::string& value, std::string& out);
Problem take_address(const std::string& value, std::string& out);
std::vector<std::string> split(const std::string& value);
std::string shown_seconds(net::Duration time);
std::string shown(bool truth);
std::string shown_fraction(double number);
Problem take_seconds(const std::string& value, std::int64_t least, std::int64_t most, net::Duration& out);
Problem take_ms(const std::string& value, std::int64_t least, std::int64_t most, net::Duration& out);
std::string shown_ms(net::Duration time);
Problem take_api_keys(const std::string& value, std::vector<std::string>& out);
Problem take_tools_file(const std::string& path, std::vector<conversation::Tool>& out);

template <typename Number>
Problem take_number(const std::string& value, std::int64_t least, std::int64_t most, Number& out) {
    std::int64_t number = 0;
    auto problem = find_problem_of_number(value, least, most, number);
    if (!problem) out = Number(number);
    return problem;
}

}  // namespace atlas::server
