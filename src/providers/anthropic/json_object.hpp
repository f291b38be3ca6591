#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace atlas::providers::anthropic {

using OrderedJson = nlohmann::ordered_json;  // keeps the order of its keys

// A JSON object that somebody else wrote: the arguments of a call (the model) or their schema (the
// application). Empty when it is not one, is longer than `max_bytes`, or is nested so deep that writing it
// again would eat the stack.
std::optional<OrderedJson> read_object(std::string_view text, std::size_t max_bytes);

// On one line; broken UTF-8 is replaced.
std::string compact(const OrderedJson& json);

}  // namespace atlas::providers::anthropic
