#include "call/call_script.hpp"

#include <gtest/gtest.h>

namespace atlas::caller {
namespace {

using namespace std::chrono_literals;
using Kind = Step::Kind;

// A conversation in which every fact takes no time; the test says how much passes in between.
class CallScriptTest : public testing::Test {
protected:
    static std::vector<Utterance> texts(std::size_t count, bool interrupting = false) {
        std::vector<Utterance> utterances(count);
        for (std::size_t i = 0; i < count; ++i) utterances[i] = {nullptr, "text", interrupting && i > 0};
        return utterances;
    }
    void begin(std::vector<Utterance> utterances) {
        ScriptTimes times;
        times.interrupt_after = 1000ms;
        script.emplace(std::move(utterances), times);
        script->call_ready(now);
    }
    Step next() { return script->next(now); }
    // The step that comes after exactly this time, and nothing before.
    Step next_after(net::Duration time) {
        EXPECT_EQ(script->deadline(), now + time);
        EXPECT_EQ(script->next(now + time - 1ms).kind, Kind::wait);
        now += time;
        return next();
    }
    void greeting(std::uint32_t turn) {
        script->turn_started(turn, "greeting", now);
        script->turn_audible(turn, now);
        script->playing_changed(true, now);
        now += 2s;
        script->playing_changed(false, now);
        script->turn_ended(turn, now);
    }
    void reply_begins(std::uint32_t turn, std::string_view reason = "user") {
        script->state_changed("thinking", now);
        script->turn_started(turn, reason, now);
        script->turn_audible(turn, now);
        script->playing_changed(true, now);
        script->state_changed("speaking", now);
    }
    void reply_ends(std::uint32_t turn) {
        script->playing_changed(false, now);
        script->turn_ended(turn, now);
        script->state_changed("listening", now);
    }

    net::TimePoint now{1h};
    std::optional<CallScript> script;
};

TEST_F(CallScriptTest, WaitsForAGreetingBeforeItSpeaks) {
    begin(texts(1));
    EXPECT_EQ(next_after(700ms).kind, Kind::say);
}

TEST_F(CallScriptTest, HearsTheGreetingToItsEndAndPauses) {
    begin(texts(1));
    now += 600ms;
    greeting(1);
    const Step step = next_after(300ms);
    EXPECT_EQ(step.kind, Kind::say);
    EXPECT_EQ(step.utterance, 0u);
    EXPECT_FALSE(step.interrupts);
}

TEST_F(CallScriptTest, TheTurnMustHaveEndedAndItsSoundMustHaveBeenHeard) {
    begin(texts(2));
    next_after(700ms);
    reply_begins(1);
    now += 5s;
    script->turn_ended(1, now);
    script->state_changed("listening", now);
    EXPECT_FALSE(script->deadline()) << "the sound still plays";
    now += 200ms;
    script->playing_changed(false, now);
    EXPECT_EQ(next_after(300ms).utterance, 1u);
}

TEST_F(CallScriptTest, SoundThatWasHeardBeforeTurnEndIsNotTheEnd) {
    begin(texts(2));
    next_after(700ms);
    reply_begins(1);
    script->playing_changed(false, now);
    EXPECT_FALSE(script->deadline());
    script->turn_ended(1, now);
    script->state_changed("listening", now);
    EXPECT_EQ(next_after(300ms).kind, Kind::say);
}

TEST_F(CallScriptTest, HangsUpAfterTheLastReplyOnce) {
    begin(texts(1));
    next_after(700ms);
    EXPECT_FALSE(script->everything_answered());
    reply_begins(1);
    reply_ends(1);
    EXPECT_TRUE(script->everything_answered());
    EXPECT_EQ(next_after(300ms).kind, Kind::hang_up);
    now += 1h;
    EXPECT_EQ(next().kind, Kind::wait);
    EXPECT_FALSE(script->deadline());
}

TEST_F(CallScriptTest, WaitsWhileItStillSpeaksItself) {
    begin(texts(2));
    next_after(700ms);
    script->speaking_changed(true, now);
    reply_begins(1);  // to the first half of a recording with a pause in it
    reply_ends(1);
    EXPECT_FALSE(script->deadline());
    script->speaking_changed(false, now);
    EXPECT_EQ(next_after(300ms).utterance, 1u);
}

TEST_F(CallScriptTest, WaitsForTheReplyToTheSecondHalfOfARecording) {
    begin(texts(1));
    next_after(700ms);
    reply_begins(1);
    reply_ends(1);
    now += 100ms;
    script->state_changed("user_speaking", now);
    EXPECT_FALSE(script->deadline());
    reply_begins(2);
    reply_ends(2);
    EXPECT_EQ(next_after(300ms).kind, Kind::hang_up);
}

TEST_F(CallScriptTest, ANoticeIsHeardButIsNoAnswer) {
    begin(texts(1));
    next_after(700ms);
    reply_begins(1, "notice");
    reply_ends(1);
    EXPECT_FALSE(script->deadline());
    reply_begins(2);
    reply_ends(2);
    EXPECT_EQ(next_after(300ms).kind, Kind::hang_up);
}

TEST_F(CallScriptTest, InterruptsTheReplyTheWantedTimeAfterItBecameAudible) {
    begin(texts(2, true));
    next_after(700ms);
    reply_begins(1);
    const Step step = next_after(1000ms);
    EXPECT_EQ(step.kind, Kind::say);
    EXPECT_EQ(step.utterance, 1u);
    EXPECT_EQ(step.interrupts, 1u);
}

TEST_F(CallScriptTest, TheInterruptedTurnIsNotTheAnswerToTheInterruption) {
    begin(texts(2, true));
    next_after(700ms);
    reply_begins(1);
    next_after(1000ms);
    script->turn_flushed(1, now);
    reply_ends(1);
    EXPECT_FALSE(script->deadline());
    reply_begins(2);
    reply_ends(2);
    EXPECT_EQ(next_after(300ms).kind, Kind::hang_up);
}

TEST_F(CallScriptTest, DoesNotInterruptTheGreeting) {
    begin(texts(2, true));
    script->turn_started(1, "greeting", now);
    script->turn_audible(1, now);
    script->playing_changed(true, now);
    EXPECT_FALSE(script->deadline());
}

TEST_F(CallScriptTest, AReplyThatIsOverTooSoonIsNotInterrupted) {
    begin(texts(2, true));
    next_after(700ms);
    reply_begins(1);
    now += 500ms;
    reply_ends(1);
    const Step step = next_after(300ms);
    EXPECT_EQ(step.utterance, 1u);
    EXPECT_FALSE(step.interrupts);
}

TEST_F(CallScriptTest, DoesNotInterruptWhileItStillSpeaks) {
    begin(texts(2, true));
    next_after(700ms);
    script->speaking_changed(true, now);
    reply_begins(1);
    now += 1500ms;
    EXPECT_EQ(next().kind, Kind::wait);
    script->speaking_changed(false, now);
    EXPECT_EQ(next().interrupts, 1u);
}

TEST_F(CallScriptTest, SaysNothingBeforeReady) {
    script.emplace(texts(1), ScriptTimes{});
    script->state_changed("listening", now);
    EXPECT_FALSE(script->deadline());
    EXPECT_EQ(script->next(now + 1h).kind, Kind::wait);
}

}  // namespace
}  // namespace atlas::caller
