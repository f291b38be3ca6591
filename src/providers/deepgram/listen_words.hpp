#pragma once

#include "atlas/providers/deepgram/stream_clock.hpp"
#include "json_fields.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace atlas::providers::deepgram {

struct HeardWord {
    std::string text;
    SamplePosition begin = 0;
    SamplePosition end = 0;
    bool timed = false;  // older Flux deployments send no word times
    double confidence = 0;
};

std::vector<HeardWord> read_words(const Json& words, const StreamClock& clock);
std::string joined(const std::vector<HeardWord>& words);
void append_words(std::string& text, std::string_view words);  // with a space between
double mean_confidence(const std::vector<HeardWord>& words);   // 0 without words

}  // namespace atlas::providers::deepgram
