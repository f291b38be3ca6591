#pragma once

#include "listen_words.hpp"

#include <string>
#include <vector>

namespace atlas::providers::deepgram {

// A Results message of /v1/listen (Deepgram §1.5): one piece of text, and what it is the end of.
struct ListenResults {
    bool final = false;
    bool speech_final = false;
    bool from_finalize = false;
    int channel = 0;
    SamplePosition begin = 0;
    SamplePosition end = 0;
    std::string text;
    double confidence = 0;
    std::vector<HeardWord> words;
};

ListenResults read_results(const Json& message, const StreamClock& clock);

}  // namespace atlas::providers::deepgram
