#pragma once

#include "atlas/net/http_client.hpp"
#include "atlas/net/http_message.hpp"
#include "atlas/providers/provider_failure.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the HTTP clients of all providers share: reading what a service says when it refuses, and saying
// it in one line that may be logged.
namespace atlas::providers {

inline constexpr std::size_t max_error_body_bytes = 64 * 1024;

// An error as the service words it; fields it did not give are empty.
struct ServiceError {
    std::string type;
    std::string code;
    std::string message;
    std::string request_id;
};

// Reads {"error":{"type","code","message"}} in the shapes of Anthropic (whose code is in
// error.details.error_code), of OpenAI and of its compatible servers ({"error":"…"}, {"detail":"…"}).
// Anything else, HTML of a proxy for example, gives an empty ServiceError.
ServiceError read_service_error(std::string_view body);

// Words that must not reach a log: keys, and what was said in a call.
using HiddenWords = std::vector<std::string_view>;

// `text` on one line: control characters become spaces, hidden words and anything that looks like a secret
// key become "[hidden]", and what is longer than `max_bytes` is cut at a character.
std::string one_line(std::string_view text, const HiddenWords& hidden, std::size_t max_bytes = 240);

// "HTTP 529, overloaded_error: Overloaded"
std::string describe_refusal(int status, const net::HttpHeaders& headers, const ServiceError& error,
                             const HiddenWords& hidden);

// retry-after-ms, else retry-after in seconds or as a date (compared with the answer's own Date, so that
// clocks need not agree). Empty when there is none or it cannot be read; never negative.
std::optional<std::chrono::milliseconds> read_retry_after(const net::HttpHeaders& headers);

// By status alone. 429 without retry-after asks for money, not for patience (both sheets' error tables).
FailureReason reason_of_status(int status, const net::HttpHeaders& headers);

// A transfer that ended before the answer's own end mark.
ProviderFailure failure_of_transfer(const net::TransferResult& result, std::string_view missing);

// Whether one more try, before anything was given to the caller, may help: server trouble, silence, lost
// connections and nonsense; never a refusal that would be repeated. A longer retry-after than `patience` is
// not worth it within a turn.
bool worth_retrying(const ProviderFailure& failure, std::chrono::milliseconds patience);

}  // namespace atlas::providers
