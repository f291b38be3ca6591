#pragma once

#include "atlas/net/loop.hpp"
#include "call/server_message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace atlas::caller {

// One turn as the caller knows it.
struct TurnResult {
    std::uint32_t turn = 0;
    std::string cause;   // turn.start's reason
    std::string user;    // what was said
    std::string agent;   // what the reply was to be
    std::string heard;   // what of it was heard
    std::string status;  // of turn.end; empty: it did not end
    std::string reason;  // why it was not completed
    Stages stages_ms;
    std::optional<std::int64_t> response_ms;  // measured here: our last word to the first sound of the reply
    std::optional<std::int64_t> stop_ms;      // measured here: we began to interrupt, until the sound stopped
    std::int64_t played_ms = 0;
    std::uint64_t underruns = 0;
    bool to_be_interrupted = false;  // we spoke into it on purpose
    bool flushed = false;
};

// How a call ended for the person who placed it; the value is the program's exit code. 2 is a bad command
// line.
enum class Verdict { good = 0, turn_failed = 1, no_call = 3, timed_out = 4 };

// What became of a call. A value, filled while the call goes on.
struct CallResult {
    std::optional<Ready> ready;
    std::vector<TurnResult> turns;  // in order; at most 10 000
    std::size_t utterances = 0;     // that were to be said
    std::size_t said = 0;
    bool everything_answered = false;
    bool missed_interruption = false;
    bool timed_out = false;

    // Why there was no connection, when there was none.
    int http_status = 0;  // of the refusal; 0: nothing answered
    std::string http_body;
    std::string connect_error;

    std::uint16_t close_code = 0;
    std::string close_reason;
    std::string close_error;  // of a lost connection
    std::string usage;        // JSON of the server's `closed`

    std::int64_t sent_ms = 0;
    std::int64_t received_ms = 0;
    std::int64_t heard_ms = 0;
    std::uint64_t underruns = 0;
    std::vector<std::string> problems;  // what was not as it should be, in words; at most 100

    TurnResult& turn(std::uint32_t number);  // begins it when there is none of this number
    TurnResult* find_turn(std::uint32_t number);
    void note_problem(std::string problem);
};

Verdict judge(const CallResult& result);
// Why it is not good, in words; empty when it is.
std::string explain(const CallResult& result);

// One line of JSON.
std::string to_json(const CallResult& result);

}  // namespace atlas::caller
