#pragma once

#include "atlas/conversation/events.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atlas::conversation {

enum class TurnStatus { completed, interrupted, failed };
// Why a reply was made. notice: the server's own words; idle: "are you still there?"; context: the app wanted
// an answer to what it told.
enum class TurnReason { user, greeting, text, notice, idle, context };

std::string_view name(TurnStatus status);
std::string_view name(TurnReason reason);

// What became of the replies that were begun before the caller's turn was surely over.
struct SpeculationRecord {
    int tries = 0;
    bool hit = false;                   // one of them was used
    std::chrono::milliseconds saved{};  // the head start it had
    std::int64_t wasted_tokens = 0;     // of those that were not used, estimated
};

struct SilenceRecord {      // longer than silence_worth_a_reason
    bool in_reply = false;  // else before it
    std::chrono::milliseconds length{};
    std::string reason;  // what was waited for: the name of a stage, or language_model, speech, tool
};
constexpr std::chrono::milliseconds silence_worth_a_reason{1500};

struct ToolRecord {
    std::string name;
    std::chrono::milliseconds took{};
    std::string outcome;  // ok, error, timeout, cancelled, running
};

// Everything worth knowing about a turn once it is over: for the client's turn.end, the log and metrics.
struct TurnRecord {
    TurnId turn = 0;
    TurnReason cause = TurnReason::user;
    TurnStatus status = TurnStatus::completed;
    std::string reason{};     // machine-readable: barge_in, cancelled, language_model_…; empty if completed
    std::string user_text{};  // what the caller said, empty for a greeting
    std::string full_text{};  // what the reply would have said, as far as it was written
    std::string heard_text{};  // what the caller heard of it
    std::vector<std::pair<std::string, std::chrono::milliseconds>>
        stages{};  // they sum up to the whole, ±1 ms
    std::chrono::milliseconds
        response{};                      // from the caller's last word to the first sound, part of the stages
    std::chrono::milliseconds paused{};  // held because the caller might have been speaking
    std::vector<std::string> ignored{};  // what was heard meanwhile and did not interrupt
    std::vector<SilenceRecord> silences{};
    std::vector<ToolRecord> tools{};
    SpeculationRecord speculation{};
    Effort effort{};
    std::int64_t speech_chars = 0;       // asked of the synthesiser
    std::int64_t cost_microdollars = 0;  // estimated by the settings' prices
};

}  // namespace atlas::conversation
