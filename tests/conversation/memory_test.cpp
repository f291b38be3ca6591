#include "conversation/talk.hpp"
#include "support/live_bytes.hpp"

#include <algorithm>
#include <string>

namespace atlas::conversation {
namespace {

// A turn as it usually goes; every third is interrupted, every fifth calls a tool.
void take_a_turn(Talk& talk, int number) {
    const auto reply = talk.caller_says("Tell me of subject " + std::to_string(number));
    if (number % 5 == 0) {
        const std::string call = "call_" + std::to_string(number);
        talk.happens(ReplyCalledTool{reply, {call, "look_up", "{}"}});
        talk.happens(ReplyTextEnded{reply, "tool_use"});
        talk.happens(ToolAnswered{call, "Nothing was found."});
    }
    talk.model_writes(reply, "That is what I know of it, and I could go on.");
    talk.clip_arrives(reply, 0, 2s);
    talk.pass(1s);
    talk.happens(ReplyPlayed{reply, 1s});
    if (number % 3 == 0) {
        talk.happens(CallerInterrupted{reply});
    } else {
        for (ClipId clip = 1; clip < 4; ++clip) talk.happens(ClipSynthesized{reply, clip, 1s});
        talk.happens(ReplyPlayedOut{reply});
    }
    if (talk.issued<Summarize>()) talk.happens(SummaryMade{"They spoke of many subjects."});
    talk.pass(3s);
    talk.forget();
}

// Complaint 14: what a call keeps has a budget. Measured, not counted: the same number of bytes after 2,000
// turns as after 200, but for where in its budget the history just stands.
TEST(Memory, AConversationOfTwoThousandTurnsIsNoLargerThanOneOfTwoHundred) {
    ConversationSettings settings;
    settings.context_tokens = 1'000;
    settings.call_limit = 24h;
    settings.tools = {{.name = "look_up", .effect = false}};
    Talk talk(settings);
    const auto largest_of = [&talk](int from, int to) {
        std::size_t largest = 0;
        for (int turn = from; turn < to; ++turn) {
            take_a_turn(talk, turn);
            largest = std::max(largest, test::live_bytes());
        }
        return largest;
    };
    largest_of(1, 100);
    const auto early = largest_of(100, 300);
    const auto late = largest_of(1800, 2000);
    ASSERT_EQ(talk.conversation.state(), State::listening) << "it goes on";
    EXPECT_LE(late, early + 2'000) << "a turn leaves nothing behind";
}

}  // namespace
}  // namespace atlas::conversation
