#pragma once

#include "atlas/conversation/events.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atlas::conversation {

enum class TurnStatus { completed, interrupted, failed };
enum class TurnReason { user, greeting, text, notice };  // why a reply was made

std::string_view name(TurnStatus status);
std::string_view name(TurnReason reason);

// Everything worth knowing about a turn once it is over: for the client's turn.end, the log and metrics.
struct TurnRecord {
    TurnId turn = 0;
    TurnReason cause = TurnReason::user;
    TurnStatus status = TurnStatus::completed;
    std::string
        reason;  // machine-readable: barge_in, cancelled, language_model_…, speech_…; empty if completed
    std::string user_text;   // what the caller said, empty for a greeting
    std::string full_text;   // what the reply would have said, as far as it was written
    std::string heard_text;  // what the caller heard of it
    std::vector<std::pair<std::string, std::chrono::milliseconds>> stages;  // in order of time
};

}  // namespace atlas::conversation
