#pragma once

#include "atlas/conversation/events.hpp"
#include "tools/timed_voice.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::test {

// A clip as the gateway would have it, and when its words were really spoken.
struct SpokenClip {
    std::string text;
    TimedSpeech speech;
    std::vector<conversation::SpeechSpan> spans;  // found in the audio by audio::SpeechSpans
};
using SpokenReply = std::vector<SpokenClip>;

// Cut into clips as the gateway does, or all of it one clip; each clip synthesised by itself.
SpokenReply speak_reply(std::string_view text, TimedVoice voice, double stretch, bool one_clip);

struct Disturbance {
    bool leading_silence = false;  // 0 to 800 ms before each clip
    bool pauses = false;           // 300 ms more behind every fourth word, whatever the text says there
    double noise_dbfs = -100;      // white
};
SpokenReply disturbed(SpokenReply reply, const Disturbance& how, std::uint32_t seed);

enum class Method {
    bytes,         // the share of the clip's length, in bytes of its text
    voiced_bytes,  // the share of the clip's speech, in bytes
    no_pauses,     // the ledger, without being told where the speech is
    ledger,
    ledger_growing,             // the ledger, while the clip is still being synthesised
    ledger_growing_known_pace,  // … and the pace is known from the replies before
};
std::string_view name(Method method);

// Words heard by the method's estimate less words truly heard, at `cuts` random places of each reply. A word
// is truly heard when more than half of it was played. The replies are of one voice.
std::vector<int> errors(std::span<const SpokenReply> replies, Method method, int cuts, std::uint32_t seed);

struct Summary {
    double mean = 0;  // of the sizes, as all below
    double bias = 0;  // the mean of the errors themselves
    int median = 0;
    int p95 = 0;
    int most = 0;
    double within_one = 0;  // share
};
Summary summary(std::vector<int> errors);

}  // namespace atlas::test
