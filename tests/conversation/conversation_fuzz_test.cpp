#include "conversation/chance.hpp"
#include "conversation/fuzz_run.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <variant>

// The same stories as conversation_fuzz tells, with sanitizers, and fewer of them.

namespace atlas::conversation {
namespace {

class ConversationFuzz : public testing::TestWithParam<std::uint64_t> {};

TEST_P(ConversationFuzz, WhateverHappensInWhateverOrderNoRuleIsBroken) {
    constexpr int seeds = 25;
    for (std::uint64_t seed = GetParam() * seeds; seed < (GetParam() + 1) * seeds; ++seed) {
        Chance chance(seed);
        FuzzRun run(chance.settings());
        for (int step = 0; step < 400; ++step) {
            if (!run.play(chance.next(run.world()))) break;
        }
        if (!run.broken()) run.leave_alone();
        ASSERT_FALSE(run.broken()) << run.broken()->rule << ": " << run.broken()->detail
                                   << "\nconversation_fuzz --seed " << seed << " shrinks it";
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ConversationFuzz, testing::Range<std::uint64_t>(1, 21));

TEST(ConversationFuzzer, TheSameSeedTellsTheSameStory) {
    const auto tell = [] {
        Chance chance(7);
        FuzzCase story{chance.settings(), {}};
        FuzzRun run(story.settings);
        for (int step = 0; step < 100; ++step) {
            story.steps.push_back(chance.next(run.world()));
            if (!run.play(story.steps.back())) break;
        }
        return to_code(story);
    };
    EXPECT_GT(tell().size(), 1000U);
    EXPECT_EQ(tell(), tell());
}

// A fuzzer that never gets anywhere finds nothing.
TEST(ConversationFuzzer, TheStoriesReachEveryEventEveryCommandAndEveryEnding) {
    std::set<std::size_t> events, commands;
    std::set<std::string> ends;
    std::set<std::pair<TurnReason, TurnStatus>> turns;
    const auto all_turns = 6U * 3U;  // every cause with every outcome
    for (std::uint64_t seed = 0; seed < 600 || (turns.size() < all_turns && seed < 2000); ++seed) {
        Chance chance(seed);
        FuzzRun run(chance.settings());
        run.listen([&](const Event& event, std::span<const Command> given) {
            events.insert(event.index());
            for (const Command& command : given) {
                commands.insert(command.index());
                if (const auto* end = std::get_if<EndCall>(&command)) ends.insert(end->reason);
                if (const auto* turn = std::get_if<RecordTurn>(&command))
                    turns.emplace(turn->record.cause, turn->record.status);
            }
        });
        for (int step = 0; step < 400; ++step) {
            if (!run.play(chance.next(run.world()))) break;
        }
        run.leave_alone();
    }
    EXPECT_EQ(events.size(), std::variant_size_v<Event> - 1) << "CallStarted came before";
    EXPECT_EQ(commands.size(), std::variant_size_v<Command>);
    EXPECT_EQ(ends, (std::set<std::string>{"agent", "call_too_long", "going_away", "idle",
                                           "recognizer_failed", "user"}));
    EXPECT_EQ(turns.size(), all_turns);
}

}  // namespace
}  // namespace atlas::conversation
