#include "resilience_listener.hpp"

#include <gmock/gmock.h>

#include <array>

namespace atlas::providers {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// The usual answer comes after 500 ms, so a hedge is made then, and a request is late at 1.5 s.
class ResilientModelTest : public testing::Test {
protected:
    ResilientModelTest() { use(false); }

    void use(bool with_fallback) {
        std::vector<ResilientModel::Provider> providers{{"claude", claude, settings}};
        if (with_fallback) providers.push_back({"other", other, settings});
        model = std::make_unique<ResilientModel>(std::move(providers), loop, reported.sink());
        for (int i = 0; i < 20; ++i) answer_after(500ms);
        claude.asked.clear();
        reported = {};
    }
    void answer_after(net::Duration latency) {
        // Set before the request's own timers, so that an answer in the usual time is not too late.
        const auto answers = loop.make_timer([this] {
            claude.last().writes("Yes.");
            claude.last().completes();
        });
        answers->expire_after(latency);
        HeardModel usual;
        usual.ask(*model);
        loop.advance(latency);
        ASSERT_TRUE(usual.completed);
    }
    void ask(HeardModel& hearing) {
        ModelRequest request;
        request.system = "Be brief.";
        hearing.ask(*model, std::move(request));
    }
    // Four requests hang until they count as late, and one after the other opens the breaker.
    void open_breaker() {
        for (int i = 0; i < 4; ++i) {
            HeardModel failing;
            ask(failing);
            claude.last().fails(FailureReason::overloaded);
            loop.run_ready();
            ASSERT_TRUE(failing.failed);
        }
        ASSERT_EQ(model->breaker(), BreakerState::open);
        claude.asked.clear();
        reported = {};
    }
    test::FakeGeneration& request(std::size_t index) { return *claude.asked.at(index); }
    void run() { loop.run_ready(); }

    test::ManualLoop loop;
    test::FakeModel claude{loop};
    test::FakeModel other{loop};
    ResilienceSettings settings;
    Reported reported;
    std::unique_ptr<ResilientModel> model;
    HeardModel heard;
};

TEST_F(ResilientModelTest, PassesOnWhatOneQuickRequestSays) {
    ask(heard);
    loop.advance(300ms);
    request(0).starts();
    request(0).writes("It is ");
    request(0).writes("noon.");
    request(0).calls_tool("1", "look");
    request(0).completes("tool_use", {.input = 7});
    run();
    EXPECT_EQ(heard.started, 1);
    EXPECT_EQ(heard.text, "It is noon.");
    EXPECT_THAT(heard.calls, ElementsAre("look"));
    ASSERT_TRUE(heard.completed);
    EXPECT_EQ(heard.completed->stop_reason, "tool_use");
    EXPECT_EQ(heard.completed->usage.input, 7);
    EXPECT_EQ(heard.completed->story.attempts, 1);
    EXPECT_EQ(heard.completed->story.hedges, 0);
    EXPECT_EQ(claude.asked.size(), 1u);
    EXPECT_FALSE(request(0).request.hedge);
    EXPECT_EQ(request(0).request.system, "Be brief.");
}

TEST_F(ResilientModelTest, LeavesNoTimerBehind) {
    ask(heard);
    request(0).writes("Yes.");
    run();
    EXPECT_FALSE(loop.has_deadline());
}

TEST_F(ResilientModelTest, AsksASecondTimeWhenTheFirstIsSlowerThanNearlyAll) {
    ask(heard);
    loop.advance(499ms);
    EXPECT_EQ(claude.asked.size(), 1u);
    loop.advance(1ms);
    ASSERT_EQ(claude.asked.size(), 2u);
    EXPECT_TRUE(request(1).request.hedge);
    EXPECT_EQ(request(1).request.system, "Be brief.");
    EXPECT_FALSE(request(0).let_go());
}

TEST_F(ResilientModelTest, TakesTheHedgeThatAnswersFirstAndDestroysTheOther) {
    ask(heard);
    loop.advance(800ms);
    request(1).writes("From the hedge.");
    run();
    EXPECT_TRUE(request(0).let_go());
    request(0).writes("Too late.");
    request(0).fails(FailureReason::stalled);
    request(1).completes();
    run();
    EXPECT_EQ(heard.text, "From the hedge.");
    ASSERT_TRUE(heard.completed);
    EXPECT_EQ(heard.completed->story.attempts, 2);
    EXPECT_EQ(heard.completed->story.hedges, 1);
    EXPECT_TRUE(heard.completed->story.hedge_won);
    EXPECT_EQ(heard.completed->story.hedged_after, 500ms);
    EXPECT_EQ(reported.last().kind, ProviderOutcome::Kind::answered);
    EXPECT_EQ(reported.last().time_to_first, 800ms);
    EXPECT_TRUE(reported.last().story.hedge_won);
}

TEST_F(ResilientModelTest, TakesTheFirstRequestWhenItAnswersAfterAll) {
    ask(heard);
    loop.advance(600ms);
    request(0).writes("Slow.");
    run();
    EXPECT_TRUE(request(1).let_go());
    request(1).writes("Never heard.");
    request(0).completes();
    run();
    EXPECT_EQ(heard.text, "Slow.");
    EXPECT_FALSE(heard.completed->story.hedge_won);
    EXPECT_EQ(heard.completed->story.hedges, 1);
}

TEST_F(ResilientModelTest, HearsNothingOfALoserWhoseEventIsUnderWay) {
    ask(heard);
    loop.advance(500ms);
    request(0).writes("First.");
    request(1).writes("Second.");
    request(1).completes();
    request(0).completes();
    run();
    EXPECT_EQ(heard.text, "First.");
    EXPECT_TRUE(heard.completed);
}

TEST_F(ResilientModelTest, TakesACallOfAToolForAnAnswer) {
    ask(heard);
    loop.advance(500ms);
    request(1).calls_tool("1", "look");
    run();
    EXPECT_TRUE(request(0).let_go());
    EXPECT_THAT(heard.calls, ElementsAre("look"));
}

TEST_F(ResilientModelTest, DoesNotTakeAnAcceptedRequestForAnAnswer) {
    ask(heard);
    request(0).starts();
    loop.advance(500ms);
    ASSERT_EQ(claude.asked.size(), 2u);
    request(1).starts();
    run();
    EXPECT_EQ(heard.started, 1);
    EXPECT_FALSE(request(0).let_go());
}

TEST_F(ResilientModelTest, NeverHedgesAfterTheFirstText) {
    ask(heard);
    request(0).writes("It is");
    loop.advance(20s);
    EXPECT_EQ(claude.asked.size(), 1u);
    request(0).fails(FailureReason::stalled);
    run();
    ASSERT_TRUE(heard.failed);
    EXPECT_EQ(heard.failed->failure.reason, FailureReason::stalled);
}

TEST_F(ResilientModelTest, TakesAnEmptyReplyForAnAnswer) {
    ask(heard);
    request(0).completes();
    run();
    EXPECT_TRUE(heard.completed);
    EXPECT_EQ(reported.last().kind, ProviderOutcome::Kind::answered);
}

TEST_F(ResilientModelTest, FailsWithItsRequestWhenThatFailsQuickly) {
    ask(heard);
    loop.advance(100ms);
    request(0).fails(FailureReason::overloaded);
    run();
    ASSERT_TRUE(heard.failed);
    EXPECT_EQ(heard.failed->failure.reason, FailureReason::overloaded);
    loop.advance(20s);
    EXPECT_EQ(claude.asked.size(), 1u);
    EXPECT_EQ(reported.last().kind, ProviderOutcome::Kind::failed);
    EXPECT_EQ(reported.last().reason, FailureReason::overloaded);
}

TEST_F(ResilientModelTest, WaitsForTheHedgeWhenTheFirstFails) {
    ask(heard);
    loop.advance(600ms);
    request(0).fails(FailureReason::disconnected);
    run();
    EXPECT_FALSE(heard.ended());
    request(1).writes("Still here.");
    request(1).completes();
    run();
    EXPECT_EQ(heard.text, "Still here.");
    EXPECT_TRUE(heard.completed);
}

TEST_F(ResilientModelTest, WaitsForTheFirstWhenTheHedgeFails) {
    ask(heard);
    loop.advance(600ms);
    request(1).fails(FailureReason::rate_limited);
    run();
    EXPECT_FALSE(heard.ended());
    request(0).writes("Slow, but here.");
    run();
    EXPECT_EQ(heard.text, "Slow, but here.");
}

TEST_F(ResilientModelTest, FailsOnceWhenBothFail) {
    ask(heard);
    loop.advance(600ms);
    request(0).reports(ModelFailed{[] {
                                       ProviderFailure failure = test::failure(FailureReason::timed_out);
                                       failure.attempts = 2;
                                       return failure;
                                   }(),
                                   {},
                                   {}});
    run();
    request(1).fails(FailureReason::overloaded);
    run();
    ASSERT_TRUE(heard.failed);
    EXPECT_EQ(heard.failed->failure.reason, FailureReason::overloaded);
    EXPECT_THAT(heard.failed->failure.message, HasSubstr("timed_out"));
    EXPECT_EQ(heard.failed->failure.attempts, 3);
    EXPECT_EQ(heard.failed->story.attempts, 3);
    EXPECT_EQ(claude.asked.size(), 2u);
}

TEST_F(ResilientModelTest, GivesUpFiveSecondsAfterTheBeginningWhenTheHedgeHangsToo) {
    ask(heard);
    loop.advance(4999ms);
    EXPECT_FALSE(heard.ended());
    loop.advance(1ms);
    ASSERT_TRUE(heard.failed);
    EXPECT_EQ(heard.failed->failure.reason, FailureReason::timed_out);
    EXPECT_TRUE(request(0).let_go());
    EXPECT_TRUE(request(1).let_go());
    EXPECT_EQ(claude.asked.size(), 2u);
    EXPECT_FALSE(loop.has_deadline());
}

TEST_F(ResilientModelTest, LeavesTheClientItsOwnLimitsWhenThereWasNoHedge) {
    settings.budget = {.share = 0, .burst = 0};
    use(false);
    ask(heard);
    loop.advance(8s);
    EXPECT_FALSE(heard.ended());
    loop.advance(1s);
    EXPECT_TRUE(heard.failed) << "a client that has none";
    EXPECT_EQ(claude.asked.size(), 1u);
}

TEST_F(ResilientModelTest, HedgesNoMoreThanTheBudgetAllows) {
    std::array<HeardModel, 6> all;
    for (HeardModel& one : all) ask(one);
    loop.advance(600ms);
    EXPECT_EQ(claude.asked.size(), 6u + 3u);
    EXPECT_EQ(model->budget().extra(), 3);
}

TEST_F(ResilientModelTest, HedgesLaterWhenTheBudgetComesBack) {
    std::array<HeardModel, 4> hanging;
    for (HeardModel& one : hanging) ask(one);
    loop.advance(600ms);
    ASSERT_EQ(claude.asked.size(), 7u);
    for (int i = 0; i < 20; ++i) {
        HeardModel quick;
        ask(quick);
        claude.last().completes();
        run();
    }
    loop.advance(100ms);
    EXPECT_EQ(model->budget().extra(), 4);
}

TEST_F(ResilientModelTest, WaitsLongerForAProviderThatHasBecomeSlower) {
    for (int i = 0; i < 128; ++i) answer_after(800ms);
    EXPECT_EQ(model->hedges_after(), 800ms);
    claude.asked.clear();
    ask(heard);
    loop.advance(799ms);
    EXPECT_EQ(claude.asked.size(), 1u);
}

TEST_F(ResilientModelTest, HedgesWithinBoundsHoweverQuickOrSlowTheProviderIs) {
    for (int i = 0; i < 128; ++i) answer_after(5ms);
    EXPECT_EQ(model->hedges_after(), settings.hedge_after_at_least);
    for (int i = 0; i < 128; ++i) answer_after(3400ms);
    EXPECT_EQ(model->hedges_after(), settings.hedge_after_at_most);
}

TEST_F(ResilientModelTest, OpensTheBreakerWithinASecondOfTheHedgeWhenEverythingHangs) {
    std::array<HeardModel, 4> hanging;
    for (HeardModel& one : hanging) ask(one);
    loop.advance(1499ms);
    EXPECT_EQ(model->breaker(), BreakerState::closed);
    loop.advance(1ms);
    EXPECT_EQ(model->breaker(), BreakerState::open);
    EXPECT_THAT(reported.breakers, ElementsAre("claude open"));
    EXPECT_EQ(reported.cause, FailureReason::timed_out);
}

TEST_F(ResilientModelTest, TellsThoseWhoWaitInAnOutageWithinASecondOfTheirHedge) {
    std::array<HeardModel, 4> hanging;
    for (HeardModel& one : hanging) ask(one);
    loop.advance(1499ms);
    for (const HeardModel& one : hanging) EXPECT_FALSE(one.ended());
    loop.advance(101ms);
    for (const HeardModel& one : hanging) {
        ASSERT_TRUE(one.failed);
        EXPECT_EQ(one.failed->failure.reason, FailureReason::timed_out);
    }
}

TEST_F(ResilientModelTest, AnswersAtOnceAndFromTheLoopWhileTheBreakerIsOpen) {
    open_breaker();
    ask(heard);
    EXPECT_FALSE(heard.ended());
    loop.advance(0s);
    ASSERT_TRUE(heard.failed);
    EXPECT_EQ(heard.failed->failure.reason, FailureReason::overloaded);
    EXPECT_THAT(heard.failed->failure.message, HasSubstr("breaker of claude is open (overloaded)"));
    EXPECT_EQ(heard.failed->failure.attempts, 0);
    EXPECT_EQ(heard.failed->failure.retry_after, 5000ms);
    EXPECT_EQ(heard.failed->story.attempts, 0);
    EXPECT_TRUE(claude.asked.empty());
    EXPECT_EQ(reported.last().kind, ProviderOutcome::Kind::rejected);
}

TEST_F(ResilientModelTest, LetsOneRequestTryAndClosesWithItsFirstText) {
    open_breaker();
    loop.advance(5s);
    ask(heard);
    HeardModel refused;
    ask(refused);
    loop.advance(0s);
    EXPECT_TRUE(refused.failed);
    ASSERT_EQ(claude.asked.size(), 1u);
    request(0).writes("Back.");
    run();
    EXPECT_EQ(model->breaker(), BreakerState::closed);
    EXPECT_THAT(reported.breakers, ElementsAre("claude half_open", "claude closed"));
}

TEST_F(ResilientModelTest, NeverHedgesAProbe) {
    open_breaker();
    loop.advance(5s);
    ask(heard);
    loop.advance(3s);
    EXPECT_EQ(claude.asked.size(), 1u);
    EXPECT_EQ(model->breaker(), BreakerState::open) << "a late probe is a failed one";
    EXPECT_FALSE(heard.ended()) << "but it is given its time";
    request(0).writes("Slow, but well.");
    run();
    EXPECT_EQ(model->breaker(), BreakerState::closed);
}

TEST_F(ResilientModelTest, TriesAgainWhenTheCallerOfTheProbeHasLeft) {
    open_breaker();
    loop.advance(5s);
    ask(heard);
    heard.generation.reset();
    HeardModel next;
    ask(next);
    loop.advance(0s);
    EXPECT_FALSE(next.ended());
    EXPECT_EQ(claude.asked.size(), 2u);
}

TEST_F(ResilientModelTest, DoesNotHoldABadRequestAgainstTheProvider) {
    for (int i = 0; i < 20; ++i) {
        HeardModel bad;
        ask(bad);
        claude.last().fails(FailureReason::bad_request);
        run();
        EXPECT_TRUE(bad.failed);
    }
    EXPECT_EQ(model->breaker(), BreakerState::closed);
}

TEST_F(ResilientModelTest, AsksTheNextModelWhenTheFirstFails) {
    use(true);
    ask(heard);
    request(0).fails(FailureReason::unauthorized);
    run();
    EXPECT_FALSE(heard.ended());
    ASSERT_EQ(other.asked.size(), 1u);
    EXPECT_TRUE(other.last().request.hedge) << "tried once only";
    other.last().writes("From the other.");
    other.last().completes();
    run();
    EXPECT_EQ(heard.text, "From the other.");
    EXPECT_EQ(heard.completed->story.attempts, 2);
    EXPECT_EQ(heard.completed->story.hedges, 0);
    EXPECT_FALSE(heard.completed->story.hedge_won);
    EXPECT_EQ(reported.outcomes.back().provider, "other");
}

TEST_F(ResilientModelTest, AsksTheNextModelAtOnceWhileTheFirstOnesBreakerIsOpen) {
    use(true);
    for (int i = 0; i < 4; ++i) {
        HeardModel failing;
        ask(failing);
        claude.last().fails(FailureReason::overloaded);
        run();
    }
    other.asked.clear();
    claude.asked.clear();
    ask(heard);
    EXPECT_TRUE(claude.asked.empty());
    ASSERT_EQ(other.asked.size(), 1u);
    EXPECT_FALSE(other.last().request.hedge);
}

TEST_F(ResilientModelTest, AsksTheNextModelWhenRequestAndHedgeHang) {
    use(true);
    ask(heard);
    loop.advance(5s);
    EXPECT_FALSE(heard.ended());
    EXPECT_TRUE(request(0).let_go());
    EXPECT_TRUE(request(1).let_go());
    ASSERT_EQ(other.asked.size(), 1u);
    loop.advance(4999ms);
    EXPECT_FALSE(heard.ended());
    loop.advance(1ms);
    ASSERT_TRUE(heard.failed);
    EXPECT_EQ(heard.failed->failure.reason, FailureReason::timed_out);
    EXPECT_EQ(heard.failed->story.attempts, 3);
}

TEST_F(ResilientModelTest, AsksTheNextModelBesideASlowProbe) {
    use(true);
    for (int i = 0; i < 4; ++i) {
        HeardModel failing;
        ask(failing);
        claude.last().fails(FailureReason::overloaded);
        run();
    }
    other.asked.clear();
    claude.asked.clear();
    loop.advance(5s);
    ask(heard);
    ASSERT_EQ(claude.asked.size(), 1u);
    loop.advance(500ms);
    ASSERT_EQ(other.asked.size(), 1u);
    other.last().writes("Quick.");
    run();
    EXPECT_EQ(heard.text, "Quick.");
    EXPECT_TRUE(request(0).let_go());
}

TEST_F(ResilientModelTest, DoesNotAskAnotherModelWhatTheFirstRefusesToAnswer) {
    use(true);
    ask(heard);
    request(0).fails(FailureReason::refused);
    run();
    EXPECT_TRUE(heard.failed);
    EXPECT_TRUE(other.asked.empty());
}

TEST_F(ResilientModelTest, FailsOnceWhenNoModelAnswers) {
    use(true);
    ask(heard);
    request(0).fails(FailureReason::overloaded);
    run();
    other.last().fails(FailureReason::quota);
    run();
    ASSERT_TRUE(heard.failed);
    EXPECT_EQ(heard.failed->failure.reason, FailureReason::quota);
    EXPECT_THAT(heard.failed->failure.message, HasSubstr("overloaded"));
    EXPECT_FALSE(loop.has_deadline());
}

TEST_F(ResilientModelTest, CancelsEverythingWhenItIsDestroyed) {
    ask(heard);
    loop.advance(600ms);
    ASSERT_EQ(claude.asked.size(), 2u);
    heard.generation.reset();
    EXPECT_TRUE(request(0).let_go());
    EXPECT_TRUE(request(1).let_go());
    EXPECT_FALSE(loop.has_deadline());
    EXPECT_EQ(reported.last().kind, ProviderOutcome::Kind::abandoned);
    EXPECT_FALSE(reported.last().time_to_first);
    EXPECT_EQ(reported.outcomes.size(), 1u);
}

TEST_F(ResilientModelTest, ReportsEveryRequestOnce) {
    ask(heard);
    request(0).writes("Yes");
    run();
    heard.generation.reset();
    ASSERT_EQ(reported.outcomes.size(), 1u);
    EXPECT_EQ(reported.last().kind, ProviderOutcome::Kind::abandoned);
    EXPECT_EQ(reported.last().time_to_first, 0ms);
    answer_after(1ms);
    EXPECT_EQ(reported.outcomes.size(), 2u);
}

TEST_F(ResilientModelTest, IsNotDisturbedByRequestsWhoseCallersLeaveEarly) {
    for (int i = 0; i < 200; ++i) {
        HeardModel brief;
        ask(brief);
        loop.advance(10ms);
        brief.generation.reset();
    }
    EXPECT_EQ(model->breaker(), BreakerState::closed);
    EXPECT_GE(model->hedges_after(), 500ms);
}

TEST_F(ResilientModelTest, MayBeDestroyedByAnyOfItsEvents) {
    using Act = std::function<void(test::FakeGeneration&)>;
    const std::array<Act, 5> acts = {
        [](test::FakeGeneration& stream) { stream.starts(); },
        [](test::FakeGeneration& stream) { stream.writes("Yes."); },
        [](test::FakeGeneration& stream) { stream.calls_tool("1", "look"); },
        [](test::FakeGeneration& stream) { stream.completes(); },
        [](test::FakeGeneration& stream) { stream.fails(FailureReason::overloaded); }};
    for (const bool hedged : {false, true}) {
        for (const Act& act : acts) {
            use(false);
            HeardModel one;
            one.on_hear = [&one] { one.generation.reset(); };
            ask(one);
            if (hedged) loop.advance(500ms);
            for (const auto& stream : std::vector(claude.asked)) {
                act(*stream);
                stream->writes("more");
                stream->completes();
            }
            run();
            loop.advance(20s);
            EXPECT_EQ(one.generation, nullptr);
            for (const auto& stream : claude.asked) EXPECT_TRUE(stream->let_go());
            EXPECT_FALSE(loop.has_deadline());
        }
    }
}

TEST_F(ResilientModelTest, MayBeDestroyedWhenItGivesUpOrIsRejected) {
    heard.on_hear = [this] { heard.generation.reset(); };
    ask(heard);
    loop.advance(10s);
    EXPECT_TRUE(heard.failed);
    EXPECT_EQ(heard.generation, nullptr);
    use(false);
    open_breaker();
    HeardModel rejected;
    rejected.on_hear = [&rejected] { rejected.generation.reset(); };
    ask(rejected);
    loop.advance(0s);
    EXPECT_TRUE(rejected.failed);
    EXPECT_EQ(rejected.generation, nullptr);
}

TEST_F(ResilientModelTest, CannotStandBehindNothing) {
    EXPECT_THROW(ResilientModel({}, loop, {}), std::invalid_argument);
}

}  // namespace
}  // namespace atlas::providers
