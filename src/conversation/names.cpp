#include "atlas/conversation/commands.hpp"
#include "atlas/conversation/turn_record.hpp"

namespace atlas::conversation {

std::string_view name(State state) {
    switch (state) {
        case State::listening:
            return "listening";
        case State::caller_speaking:
            return "user_speaking";
        case State::thinking:
            return "thinking";
        case State::speaking:
            return "speaking";
        case State::paused:
            return "paused";
        case State::ended:
            return "ended";
    }
    return "unknown";
}

std::string_view name(StopReason reason) {
    switch (reason) {
        case StopReason::barge_in:
            return "barge_in";
        case StopReason::cancelled:
            return "cancelled";
        case StopReason::error:
            return "error";
    }
    return "unknown";
}

std::string_view name(TurnStatus status) {
    switch (status) {
        case TurnStatus::completed:
            return "completed";
        case TurnStatus::interrupted:
            return "interrupted";
        case TurnStatus::failed:
            return "failed";
    }
    return "unknown";
}

std::string_view name(TurnReason reason) {
    switch (reason) {
        case TurnReason::user:
            return "user";
        case TurnReason::greeting:
            return "greeting";
        case TurnReason::text:
            return "text";
        case TurnReason::idle:
            return "idle";
        case TurnReason::context:
            return "context";
        case TurnReason::notice:
            return "notice";
    }
    return "unknown";
}

}  // namespace atlas::conversation
