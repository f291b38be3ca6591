#include "resilience_listener.hpp"

#include <gmock/gmock.h>

#include <array>

namespace atlas::providers {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// The usual first audio comes after 400 ms.
class ResilientSynthesizerTest : public testing::Test {
protected:
    ResilientSynthesizerTest() { use(false); }

    void use(bool with_fallback) {
        std::vector<ResilientSynthesizer::Provider> providers{{"openai", openai}};
        if (with_fallback) providers.push_back({"other", other});
        synthesizer = std::make_unique<ResilientSynthesizer>(std::move(providers), loop, reported.sink());
        for (int i = 0; i < 20; ++i) {
            // Set before the request's own timers, so that an answer in the usual time is not too late.
            const auto answers = loop.make_timer([this] { openai.last().speaks(20ms); });
            answers->expire_after(400ms);
            HeardSpeech usual;
            usual.say(*synthesizer);
            loop.advance(400ms);
            ASSERT_TRUE(usual.completed);
        }
        openai.asked.clear();
        reported = {};
    }
    test::FakeSynthesis& request(std::size_t index) { return *openai.asked.at(index); }
    void run() { loop.run_ready(); }

    test::ManualLoop loop;
    test::FakeSynthesizer openai{loop};
    test::FakeSynthesizer other{loop};
    Reported reported;
    std::unique_ptr<ResilientSynthesizer> synthesizer;
    HeardSpeech heard;
};

TEST_F(ResilientSynthesizerTest, PassesOnTheSoundAndTheEndOfOneQuickRequest) {
    heard.say(*synthesizer);
    request(0).sounds(test::voice(10ms));
    request(0).sounds(test::voice(10ms));
    request(0).reports(SynthesisCompleted{"Hello", false, {}});
    run();
    EXPECT_EQ(heard.samples, 480u);
    ASSERT_TRUE(heard.completed);
    EXPECT_EQ(heard.completed->spoken_text, "Hello");
    EXPECT_FALSE(heard.completed->word_for_word);
    EXPECT_EQ(heard.completed->story.attempts, 1);
    EXPECT_EQ(reported.last().stage, ProviderStage::speech);
    EXPECT_FALSE(loop.has_deadline());
}

TEST_F(ResilientSynthesizerTest, HedgesTheFirstAudioAndPlaysTheWinnerOnly) {
    heard.say(*synthesizer);
    loop.advance(400ms);
    ASSERT_EQ(openai.asked.size(), 2u);
    EXPECT_TRUE(request(1).request.hedge);
    request(1).sounds(test::voice(10ms));
    request(0).sounds(test::voice(100ms));
    request(0).completes();
    request(1).completes();
    run();
    EXPECT_EQ(heard.samples, 240u);
    EXPECT_TRUE(request(0).let_go());
    ASSERT_TRUE(heard.completed);
    EXPECT_TRUE(heard.completed->story.hedge_won);
    EXPECT_EQ(heard.completed->story.hedged_after, 400ms);
}

TEST_F(ResilientSynthesizerTest, HedgesTwiceAsLateWhenEarlierClipsStillPlay) {
    heard.say(*synthesizer, {.call_id = "c", .text = "Hello.", .urgent = false});
    loop.advance(799ms);
    EXPECT_EQ(openai.asked.size(), 1u);
    loop.advance(1ms);
    EXPECT_EQ(openai.asked.size(), 2u);
}

TEST_F(ResilientSynthesizerTest, NeverHedgesAfterTheFirstAudio) {
    heard.say(*synthesizer);
    request(0).sounds(test::voice(10ms));
    loop.advance(20s);
    EXPECT_EQ(openai.asked.size(), 1u);
    request(0).fails(FailureReason::stalled);
    run();
    ASSERT_TRUE(heard.failed);
    EXPECT_EQ(heard.failed->failure.reason, FailureReason::stalled);
    EXPECT_EQ(heard.samples, 240u);
}

TEST_F(ResilientSynthesizerTest, CallsAnEndWithoutAnyAudioAFailure) {
    heard.say(*synthesizer);
    request(0).completes();
    run();
    ASSERT_TRUE(heard.failed);
    EXPECT_EQ(heard.failed->failure.reason, FailureReason::protocol);
    EXPECT_THAT(heard.failed->failure.message, HasSubstr("without audio"));
    EXPECT_EQ(reported.last().kind, ProviderOutcome::Kind::failed);
}

TEST_F(ResilientSynthesizerTest, LetsTheHedgeSpeakWhenTheFirstEndsWithoutAudio) {
    heard.say(*synthesizer);
    loop.advance(400ms);
    request(0).completes();
    run();
    EXPECT_FALSE(heard.ended());
    request(1).speaks(10ms);
    run();
    EXPECT_TRUE(heard.completed);
}

TEST_F(ResilientSynthesizerTest, OpensTheBreakerWhenStreamsStallOneAfterAnother) {
    for (int i = 0; i < 4; ++i) {
        HeardSpeech stalling;
        stalling.say(*synthesizer);
        openai.last().sounds(test::voice(10ms));
        openai.last().fails(FailureReason::stalled);
        run();
    }
    EXPECT_EQ(synthesizer->breaker(), BreakerState::open);
    heard.say(*synthesizer);
    EXPECT_FALSE(heard.ended());
    loop.advance(0s);
    ASSERT_TRUE(heard.failed);
    EXPECT_THAT(heard.failed->failure.message, HasSubstr("breaker of openai"));
}

TEST_F(ResilientSynthesizerTest, UsesAnotherVoiceOnlyWhenTheFirstCannotSpeak) {
    use(true);
    heard.say(*synthesizer);
    loop.advance(1s);
    EXPECT_EQ(openai.asked.size(), 2u);
    EXPECT_TRUE(other.asked.empty());
    request(0).fails(FailureReason::overloaded);
    request(1).fails(FailureReason::overloaded);
    run();
    ASSERT_EQ(other.asked.size(), 1u);
    other.last().speaks(10ms);
    run();
    EXPECT_TRUE(heard.completed);
    EXPECT_EQ(reported.outcomes.back().provider, "other");
}

TEST_F(ResilientSynthesizerTest, MayBeDestroyedByAnyOfItsEvents) {
    using Act = std::function<void(test::FakeSynthesis&)>;
    const std::array<Act, 3> acts = {
        [](test::FakeSynthesis& stream) { stream.sounds(test::voice(10ms)); },
        [](test::FakeSynthesis& stream) { stream.completes(); },
        [](test::FakeSynthesis& stream) { stream.fails(FailureReason::overloaded); }};
    for (const bool hedged : {false, true}) {
        for (const Act& act : acts) {
            use(false);
            HeardSpeech one;
            one.on_hear = [&one] { one.synthesis.reset(); };
            one.say(*synthesizer);
            if (hedged) loop.advance(400ms);
            for (const auto& stream : std::vector(openai.asked)) {
                act(*stream);
                stream->speaks(10ms);
            }
            run();
            loop.advance(20s);
            EXPECT_EQ(one.synthesis, nullptr);
            for (const auto& stream : openai.asked) EXPECT_TRUE(stream->let_go());
            EXPECT_FALSE(loop.has_deadline());
        }
    }
}

TEST_F(ResilientSynthesizerTest, CannotStandBehindNothing) {
    EXPECT_THROW(ResilientSynthesizer({}, loop, {}), std::invalid_argument);
}

}  // namespace
}  // namespace atlas::providers
