#include "atlas/conversation/commands.hpp"
#include "atlas/conversation/turn_record.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <set>
#include <string>

// What the log, the metrics and the client call things: these words are a promise.

namespace atlas::conversation {
namespace {

template <typename Enum>
std::set<std::string> names(std::initializer_list<Enum> all) {
    std::set<std::string> found;
    for (const Enum value : all) found.emplace(name(value));
    return found;
}

TEST(Names, OfStatesAndReasonsAreWhatTheDocumentsSay) {
    EXPECT_EQ(
        names({State::listening, State::caller_speaking, State::thinking, State::speaking, State::paused,
               State::ended}),
        (std::set<std::string>{"listening", "user_speaking", "thinking", "speaking", "paused", "ended"}));
    EXPECT_EQ(names({StopReason::barge_in, StopReason::cancelled, StopReason::error}),
              (std::set<std::string>{"barge_in", "cancelled", "error"}));
    EXPECT_EQ(names({TurnStatus::completed, TurnStatus::interrupted, TurnStatus::failed}),
              (std::set<std::string>{"completed", "interrupted", "failed"}));
    EXPECT_EQ(names({TurnReason::user, TurnReason::greeting, TurnReason::text, TurnReason::idle,
                     TurnReason::context, TurnReason::notice}),
              (std::set<std::string>{"user", "greeting", "text", "idle", "context", "notice"}));
}

}  // namespace
}  // namespace atlas::conversation
