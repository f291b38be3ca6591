#include "call/one_call.hpp"

#include <gtest/gtest.h>

namespace atlas::test {
namespace {

void expect_closed(const OneCall& one, const std::string& reason, int code) {
    EXPECT_EQ(one.message("closed")["reason"], reason);
    ASSERT_TRUE(one.peer->client_close.has_value());
    EXPECT_EQ(one.peer->client_close->code, code);
    EXPECT_EQ(one.times_over, 1);
    EXPECT_EQ(one.types().back(), "closed") << "nothing follows it";
}

std::string counters(const OneCall& one) { return one.metrics.text({}); }

// ---- the client ends it

TEST(Ending, ByeIsAnsweredWithTheUsage) {
    OneCall one;
    one.synthesizer.speak_at_once = 1s;
    one.model.answer = "It is noon.";
    one.begin();
    one.speak(400ms);
    one.caller_says("Hello");
    one.pass(3s);
    one.send({{"t", "bye"}, {"reason", "hung up"}});
    expect_closed(one, "user", 1000);
    const auto usage = one.message("closed")["usage"];
    EXPECT_EQ(usage["turns"], 1);
    EXPECT_EQ(usage["audio_in_ms"], 400);
    EXPECT_EQ(usage["audio_out_ms"], 1000);
    EXPECT_EQ(usage["duration_ms"], 3400);
    EXPECT_TRUE(one.recognizers.last().let_go());
}

TEST(Ending, ATurnThatIsCutByHangingUpIsRecorded) {
    OneCall one;
    one.begin();
    one.caller_says("Hello");
    one.model_says("It is noon.");
    one.synthesizer.last().speaks(2s);
    one.run();
    one.pass(1s);
    one.send({{"t", "bye"}});
    EXPECT_EQ(one.message("turn.end")["status"], "interrupted");
    EXPECT_EQ(one.message("turn.end")["reason"], "user");
    expect_closed(one, "user", 1000);
    EXPECT_NE(counters(one).find("atlas_turns_total{reason=\"user\",status=\"interrupted\"} 1"),
              std::string::npos);
}

TEST(Ending, NothingThatWasUnderWayGoesOnAfterBye) {
    OneCall one;
    one.begin();
    one.recognizers.last().ends_turn("What time is it?");
    one.peer->text(R"({"t":"bye"})");
    one.recognizers.last().ends_turn("Hello?");
    one.run();
    expect_closed(one, "user", 1000);
    EXPECT_LE(one.model.asked.size(), 1U);
    for (const auto& asked : one.model.asked) EXPECT_TRUE(asked->let_go());
}

TEST(Ending, AClientThatClosesWithoutByeHungUp) {
    OneCall one;
    one.begin();
    one.peer->close(1000);
    one.run();
    EXPECT_EQ(one.times_over, 1);
    EXPECT_NE(counters(one).find("atlas_calls_ended_total{reason=\"user\"} 1"), std::string::npos);
}

TEST(Ending, ALostClientIsCountedAsSuchAndItsTurnIsRecorded) {
    OneCall one;
    one.begin();
    one.caller_says("Hello");
    one.model_says("It is noon.");
    one.synthesizer.last().speaks(2s);
    one.run();
    one.peer->lose();
    one.run();
    EXPECT_EQ(one.times_over, 1);
    EXPECT_TRUE(one.recognizers.last().let_go());
    EXPECT_NE(counters(one).find("atlas_calls_ended_total{reason=\"connection_lost\"} 1"), std::string::npos);
    EXPECT_NE(counters(one).find("atlas_turns_total{reason=\"connection_lost\",status=\"interrupted\"} 1"),
              std::string::npos);
    EXPECT_EQ(counters(one).find("slow_client"), std::string::npos);
}

TEST(Ending, AClientThatTakesNothingIsLetGoAsSlow) {
    OneCall one;
    net::WebsocketOptions options;
    options.max_queued_bytes = 20'000;
    one.connect(options);
    one.send({{"t", "hello"}, {"proto", "atlas.v1"}});
    one.peer->stall();
    one.caller_says("Hello");
    one.model_says("It is noon.");
    one.synthesizer.last().speaks(20s);
    one.pass(5s);
    ASSERT_TRUE(one.peer->client_close.has_value());
    EXPECT_EQ(one.peer->client_close->code, 1013);
    EXPECT_EQ(one.peer->client_close->reason, "slow_client");
    EXPECT_EQ(one.times_over, 1);
    EXPECT_NE(counters(one).find("atlas_calls_ended_total{reason=\"slow_client\"} 1"), std::string::npos);
}

// ---- we end it

TEST(Ending, ACallInWhichNobodySaysAnythingEnds) {
    OneCall one;
    one.settings.conversation.idle_limit = 60s;
    one.begin();
    one.speak(1s);
    one.pass(60s);
    EXPECT_EQ(one.message("error")["code"], "idle");
    EXPECT_EQ(one.message("error")["fatal"], true);
    EXPECT_EQ(one.message("state")["state"], "ended");
    expect_closed(one, "idle", 1000);
}

TEST(Ending, TheLongestCallEndsWithAGoodbyeThatIsHeard) {
    OneCall one;
    one.settings.conversation.call_limit = 10s;
    const Json ready = one.begin();
    EXPECT_EQ(ready["limits"]["max_call_s"], 10);
    one.pass(9s);
    one.synthesizer.speak_at_once = 5s;
    one.model.answer = "It is noon.";
    one.caller_says("What time is it?");
    one.pass(2s);
    EXPECT_TRUE(one.message("audio.flush").is_null()) << "the sentence is heard to its end";
    EXPECT_TRUE(one.message("closed").is_null());
    one.pass(20s);
    EXPECT_EQ(one.message("turn.end")["status"], "completed");
    EXPECT_EQ(one.message("turn.end")["heard_text"], one.settings.conversation.lines.goodbye);
    EXPECT_EQ(one.message("error")["code"], "call_too_long");
    expect_closed(one, "expired", 1000);
}

TEST(Ending, AServerThatIsGoingAwayTellsTheClientAndLeavesAtAPause) {
    OneCall one;
    one.begin();
    one.synthesizer.speak_at_once = 3s;
    one.model.answer = "It is noon.";
    one.caller_says("What time is it?");
    one.pass(1s);
    one.call->drain(one.loop.now() + 500ms, one.loop.now() + 60s);
    EXPECT_EQ(one.message("going_away")["deadline_ms"], 60'000);
    EXPECT_EQ(one.message("going_away")["reason"], "deploy");
    EXPECT_GE(one.message("going_away")["reconnect_after_ms"], 250);
    EXPECT_LT(one.message("going_away")["reconnect_after_ms"], 3000);
    one.pass(1s);
    EXPECT_FALSE(one.peer->client_close.has_value()) << "the sentence is finished first";
    one.pass(2s);
    EXPECT_EQ(one.message("turn.end")["status"], "completed");
    expect_closed(one, "deploy", 1012);
}

TEST(Ending, ACallThatIsStillConnectingWhenTheServerGoesAwayIsToldAfterReady) {
    OneCall one;
    one.connect();
    one.call->drain(one.loop.now() + 5s, one.loop.now() + 60s);
    EXPECT_TRUE(one.types().empty()) << "ready comes first";
    one.send({{"t", "hello"}, {"proto", "atlas.v1"}});
    EXPECT_EQ(one.types(), (std::vector<std::string>{"ready", "going_away"}));
    one.pass(6s);
    expect_closed(one, "deploy", 1012);
}

TEST(Ending, ACallerWhoNeverStopsTalkingLeavesAtTheDeadline) {
    OneCall one;
    one.begin();
    one.call->drain(one.loop.now(), one.loop.now() + 20s);
    for (int i = 0; i < 30 && one.times_over == 0; ++i) {
        one.recognizers.last().hears("and then " + std::to_string(i));
        one.pass(1s);
    }
    EXPECT_EQ(one.times_over, 1);
}

TEST(Ending, AClientThatDoesNotAnswerTheCloseIsNotWaitedForLong) {
    OneCall one;
    one.begin();
    one.peer->answers_close = false;
    one.send({{"t", "bye"}});
    EXPECT_EQ(one.times_over, 0);
    one.pass(2s);
    EXPECT_EQ(one.times_over, 1);
}

// ---- ending is destroying

// A call in which much happens; `until` counts the steps that are taken.
class Story {
public:
    explicit Story(OneCall& one) : one_(one) {}

    // False when the story is over.
    bool step() {
        static constexpr int steps = 26;
        if (next_ >= steps) return false;
        take(next_++);
        return true;
    }

private:
    void take(int step) {
        auto& peer = *one_.peer;
        switch (step) {
            case 0:
                return peer.text(R"({"t":"hello","proto":"atlas.v1","config":{"greeting":"Hello there."}})");
            case 2:
                return one_.synthesizer.last().speaks(800ms);
            case 5:
                return one_.recognizers.last().hears_start();
            case 6:
                return one_.recognizers.last().hears("What time");
            case 7:
                return one_.recognizers.last().ends_turn("What time is it?");
            case 9:
                return one_.model.last().writes("It is noon in Vienna. But it is six in the morning in ");
            case 10:
                return one_.synthesizer.last().sounds(voice(700ms));
            case 11:
                return one_.model.last().writes("New York, where you are.");
            case 12:
                return one_.model.last().completes();
            case 13:
                return one_.synthesizer.request(1).completes();
            case 15:
                return peer.text(R"({"t":"playback","turn":2,"played_ms":300})");
            case 17:
                return one_.recognizers.last().hears("Thank you");
            case 18:
                return peer.text(R"({"t":"input.text","text":"And in Tokyo?"})");
            case 20:
                return one_.model.last().fails(providers::FailureReason::overloaded);
            case 21:
                return one_.synthesizer.last().fails(providers::FailureReason::unreachable);
            case 22:
                return one_.recognizers.last().fails(providers::FailureReason::disconnected);
            case 23:
                return one_.call ? one_.call->drain(one_.loop.now(), one_.loop.now() + 5s) : void();
            case 24:
                return peer.text(R"({"t":"bye"})");
            default:
                return one_.pass(300ms);
        }
    }

    OneCall& one_;
    int next_ = 0;
};

TEST(EndingIsDestroying, TheStoryItselfIsTold) {
    OneCall one;
    one.connect();
    Story story(one);
    while (story.step()) one.run();
    EXPECT_EQ(one.times_over, 1);
    EXPECT_GE(one.messages("turn.start").size(), 3U);
    EXPECT_EQ(one.model.asked.size(), 2U);
}

// Destroyed after every step, with what the step set off still waiting in the loop, or already done.
TEST(EndingIsDestroying, ACallMayGoAtAnyMoment) {
    for (const bool with_work_waiting : {false, true}) {
        for (int last = 0; last <= 26; ++last) {
            OneCall one;
            one.connect();
            Story story(one);
            for (int i = 0; i < last && story.step(); ++i) one.run();
            story.step();
            if (!with_work_waiting) one.run();
            const int over = one.times_over;
            one.call.reset();
            const auto sent = one.peer->sent.size();
            one.pass(1h);
            EXPECT_EQ(one.times_over, over) << "step " << last;
            EXPECT_EQ(one.peer->sent.size(), sent) << "step " << last;
            EXPECT_TRUE(one.peer->let_go);
            EXPECT_FALSE(one.loop.has_deadline()) << "step " << last;
            for (const auto& asked : one.model.asked) EXPECT_TRUE(asked->let_go());
            for (const auto& asked : one.synthesizer.asked) EXPECT_TRUE(asked->let_go());
            for (const auto& asked : one.recognizers.started) EXPECT_TRUE(asked->let_go());
        }
    }
}

TEST(EndingIsDestroying, NobodyIsToldThatACallIsOverWhichTheyLetGo) {
    OneCall one;
    one.begin();
    one.peer->on_message = nullptr;
    one.peer->lose();
    one.peer->text("never read");
    bool let_go = false;
    // Runs between the end of the call and its report.
    one.loop.post([&] {
        one.loop.post([&] { let_go = true; });
        one.call.reset();
    });
    one.run();
    EXPECT_TRUE(let_go);
    EXPECT_EQ(one.times_over, 0);
}

}  // namespace
}  // namespace atlas::test
