#include "atlas/providers/provider_failure.hpp"

namespace atlas::providers {

std::string_view name(FailureReason reason) {
    switch (reason) {
        case FailureReason::unreachable:
            return "unreachable";
        case FailureReason::unauthorized:
            return "unauthorized";
        case FailureReason::quota:
            return "quota";
        case FailureReason::rate_limited:
            return "rate_limited";
        case FailureReason::overloaded:
            return "overloaded";
        case FailureReason::bad_request:
            return "bad_request";
        case FailureReason::model_retired:
            return "model_retired";
        case FailureReason::timed_out:
            return "timed_out";
        case FailureReason::stalled:
            return "stalled";
        case FailureReason::truncated:
            return "truncated";
        case FailureReason::protocol:
            return "protocol";
        case FailureReason::refused:
            return "refused";
        case FailureReason::disconnected:
            return "disconnected";
    }
    return "unknown";
}

}  // namespace atlas::providers
