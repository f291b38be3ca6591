#pragma once

#include "listen_words.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::providers::deepgram {

// A TurnInfo of /v2/listen (Deepgram §2.3). Text and words are the whole of the service's turn.
struct TurnInfo {
    std::string event;
    std::string text;
    std::string trigger;
    std::int64_t index = 0;
    double window_end = 0;  // seconds on the connection
    double end_confidence = 0;
    std::vector<HeardWord> words;
};

TurnInfo read_turn_info(const Json& message, const StreamClock& clock);

std::size_t count_words(std::string_view text);
std::string_view after_words(std::string_view text, std::size_t words);  // without the first ones

}  // namespace atlas::providers::deepgram
