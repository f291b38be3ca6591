#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::test {

using Micros = std::chrono::microseconds;

// One word of a written text and where it lies in the speech; `end` is where the word ends in the text, in
// bytes. What is not read (a bullet, an emoji) is no word.
struct TimedWord {
    std::size_t end = 0;
    Micros from{};
    Micros to{};
};

struct TimedSpeech {
    std::vector<std::int16_t> samples;  // 24 kHz
    std::vector<TimedWord> words;

    Micros length() const;
    void insert_silence(Micros at, Micros length);  // words behind `at` move
};

enum class TimedVoice { slt, awb, kal };

// Speech of which the truth is known: flite reads `text` and says when it said which word. `stretch` above
// 1 is slower. Throws std::runtime_error when flite cannot, or when its words are not those of the text.
TimedSpeech speak_timed(TimedVoice voice, double stretch, std::string_view text);

}  // namespace atlas::test
