#pragma once

#include "atlas/conversation/events.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace atlas::conversation {

// The moments of a turn that are worth a mark, in the order of cause and effect. The name of the stage that
// ends there follows.
enum class Mark {
    last_word,         // the caller's
    turn_ended,        // end_of_turn: the recogniser is sure
    asked,             // asked: the question went to the model
    accepted,          // accepted: the model's service begins to answer
    first_text,        // first_text
    first_clip_made,   // first_chunk: enough text for a clause
    first_clip_asked,  // speech_asked
    first_audio,       // first_audio: of the synthesiser
    audible,           // audible: the first frame was sent
    heard,             // heard: the client plays it (reported or estimated)
    text_ended,        // rest_of_text: the model is done, in so far as the caller was kept waiting by then
    speech_ended,      // rest_of_speech: the last clip is synthesised
    played_out,        // rest_of_playing
    cut                // cut: the turn was interrupted or given up, in the middle of whatever came next
};

// The marks of one turn and the delays between them. A mark is set once. One that passed before its
// predecessor (a speculation that was right, text that ended before the first sound) makes a stage of zero
// length, so that the stages always sum up to the whole. Value-like; reads no clock.
class TurnTimings {
public:
    static constexpr std::size_t count = static_cast<std::size_t>(Mark::cut) + 1;

    void mark(Mark mark, TimePoint when);
    bool has(Mark mark) const { return at(mark).has_value(); }
    TimePoint when(Mark mark) const { return at(mark).value_or(TimePoint{}); }

    // One for every mark that passed but the first.
    std::vector<std::pair<std::string, std::chrono::milliseconds>> stages() const;
    // From the first mark to the first sound; zero when there was none.
    std::chrono::milliseconds response() const;
    // The same, and of a turn without any sound all of it.
    std::chrono::milliseconds waited() const;
    // The longest stage of that: what the caller waited for.
    std::string slowest_stage() const;

private:
    const std::optional<TimePoint>& at(Mark mark) const { return marks_[static_cast<std::size_t>(mark)]; }
    bool counts(Mark mark) const;
    std::vector<std::pair<Mark, std::chrono::milliseconds>> measured() const;

    std::array<std::optional<TimePoint>, count> marks_;
};

}  // namespace atlas::conversation
