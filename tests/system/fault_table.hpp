#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace atlas::test {

// A service that can fail, by the wire the gateway speaks to it.
enum class Wire { flux, nova, claude, realtime, speech };

// Everything that can go wrong on a wire.
enum class FaultKind {
    refused,
    nobody_listens,
    unauthorized,
    come_later_soon,
    come_later_late,
    too_many,
    server_error,
    overloaded,
    hang,
    withhold,
    stall,
    truncated,
    closed,
    reset,
    garbage,
    wrong_type,
    slow_drip,
    failed_response,
    unanswered,
};

enum class Times { once, always };

// What one call with one fault in it was like, in words that do not depend on milliseconds.
struct CallOutcome {
    std::string heard;    // in the order of hearing, until the second question
    std::string silence;  // between the caller's last word and the reply, and within the reply; over 1.5 s
                          // with its reason
    std::string turn;     // status of the turn, and its reason
    std::string call;     // goes on, or ends and how
    std::string told;     // warnings and errors the app got, by code
    std::string next;     // the second question, asked when the fault is over: "works", or what went wrong
    bool operator==(const CallOutcome&) const = default;
};

struct FaultRow {
    Wire wire;
    FaultKind fault;
    Times times;
    CallOutcome expected;
};

// One row for each wire, fault and number of times.
const std::vector<FaultRow>& fault_table();

std::string_view title(Wire wire);
std::string words(const FaultRow& row);  // of the fault
// The entry of the sandbox's `faults`; null when the fault is made by the gateway's environment.
nlohmann::json fault_of(const FaultRow& row);
std::vector<std::string> environment_of(const FaultRow& row);
// The fault is one of connecting, on a wire whose connections outlive a call.
bool needs_new_connection(const FaultRow& row);

// docs/failures.md, with what was measured: one outcome for each row of the table.
std::string failures_page(const std::vector<CallOutcome>& measured);

}  // namespace atlas::test
