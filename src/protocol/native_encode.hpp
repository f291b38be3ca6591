#pragma once

#include "atlas/protocol/server_messages.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace atlas::protocol {

using OrderedJson = nlohmann::ordered_json;  // members in the order in which a person wants to read them

// A text of a message, cut. Keeps every message below 64 KiB, also the one with three texts: mobile clients
// want small ones (client_protocols.md §4.1).
std::string sent_text(const std::string& text);

// Members of `turn.end`, and of `closed.usage`.
void add_turn_end(OrderedJson& json, const TurnEnd& message);
void add_tokens(OrderedJson& json, const TokenUsage& tokens);  // nothing when there are none
void add_cost(OrderedJson& json, double usd);                  // nothing when there is none

}  // namespace atlas::protocol
