#pragma once

#include "system/fault_table.hpp"

#include <string>

namespace atlas::test {

// What was said and scripted in every call of the table.
struct FaultCallWords {
    std::string first_question = "What is the first thing?";
    std::string first_reply = "It is the library. It opens at nine in the morning.";
    std::string second_question = "And the second thing?";
    std::string second_reply = "That is the bakery.";
    std::string continuation = "And it closes at six.";
};

struct FaultCallResult {
    CallOutcome outcome;
    std::string story;  // for a test that fails: every figure, and the gateway's log
};

// One call through a sandbox and a gateway of its own. Blocks; may run on any thread. Throws when a program
// does not start.
FaultCallResult call_with(const FaultRow& row);

}  // namespace atlas::test
