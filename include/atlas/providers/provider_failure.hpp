#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace atlas::providers {

// Why a provider could not do what was asked, in words that logs, metrics and clients share.
enum class FailureReason {
    unreachable,    // no connection: name, TCP, TLS, timeout while connecting
    unauthorized,   // 401, 403: our key
    quota,          // 402, 429 without retry-after: no money or no quota; waiting does not help
    rate_limited,   // 429 with retry-after
    overloaded,     // 5xx, 529, overloaded_error
    bad_request,    // other 4xx: our mistake
    model_retired,  // the model does not exist (any more)
    timed_out,      // connected, but no first byte in time
    stalled,        // stopped in the middle
    truncated,      // ended before its end mark
    protocol,       // sent something we cannot understand
    refused,        // the model refused to answer
    disconnected,   // an open connection was lost
};

std::string_view name(FailureReason reason);  // the enumerator's spelling

// One failed attempt, after the client's own retries.
struct ProviderFailure {
    FailureReason reason = FailureReason::protocol;
    std::string message;     // one line, for the log; never holds a secret or a caller's words
    int http_status = 0;     // 0 when there was none
    std::string request_id;  // the provider's, when known: what its support asks for
    int attempts = 1;
    std::optional<std::chrono::milliseconds> retry_after;
};

}  // namespace atlas::providers
