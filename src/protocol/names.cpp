#include "atlas/protocol/server_messages.hpp"

namespace atlas::protocol {

std::string_view name(CallState state) {
    switch (state) {
        case CallState::listening:
            return "listening";
        case CallState::user_speaking:
            return "user_speaking";
        case CallState::thinking:
            return "thinking";
        case CallState::speaking:
            return "speaking";
        case CallState::paused:
            return "paused";
        case CallState::ended:
            return "ended";
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
        case TurnReason::notice:
            return "notice";
        case TurnReason::idle:
            return "idle";
        case TurnReason::inject:
            return "inject";
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

std::string_view name(FlushReason reason) {
    switch (reason) {
        case FlushReason::barge_in:
            return "barge_in";
        case FlushReason::cancelled:
            return "cancelled";
        case FlushReason::error:
            return "error";
    }
    return "unknown";
}

std::string_view name(GoingAwayReason reason) {
    switch (reason) {
        case GoingAwayReason::deploy:
            return "deploy";
        case GoingAwayReason::limit:
            return "limit";
        case GoingAwayReason::rebalance:
            return "rebalance";
    }
    return "unknown";
}

std::string_view name(CloseReason reason) {
    switch (reason) {
        case CloseReason::user:
            return "user";
        case CloseReason::agent:
            return "agent";
        case CloseReason::idle:
            return "idle";
        case CloseReason::expired:
            return "expired";
        case CloseReason::policy:
            return "policy";
        case CloseReason::overload:
            return "overload";
        case CloseReason::deploy:
            return "deploy";
        case CloseReason::failed:
            return "failed";
    }
    return "unknown";
}

}  // namespace atlas::protocol
