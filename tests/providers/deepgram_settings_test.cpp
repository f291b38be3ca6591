#include "atlas/providers/deepgram/deepgram_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::providers::deepgram {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

DeepgramSettings with_key() {
    DeepgramSettings settings;
    settings.api_key = "0123456789abcdef";
    return settings;
}

TEST(DeepgramSettings, TheDefaultsNeedOnlyAKey) {
    EXPECT_THAT(validate(with_key()), IsEmpty());
    EXPECT_THAT(validate(DeepgramSettings{}), ElementsAre("deepgram.api_key is missing"));
}

TEST(DeepgramSettings, TheModelsNameChoosesTheProtocol) {
    DeepgramSettings settings = with_key();
    EXPECT_TRUE(uses_flux(settings));
    settings.model = "nova-3";
    EXPECT_FALSE(uses_flux(settings));
    EXPECT_THAT(validate(settings), IsEmpty());
    settings.model = "flux";
    EXPECT_THAT(validate(settings),
                ElementsAre("deepgram.model must name a Flux model, flux-general-en for example, got flux"));
}

TEST(DeepgramSettings, NamesEachSettingTheRuleAndWhatWasReceived) {
    DeepgramSettings settings = with_key();
    settings.eot_threshold = 1.4;
    settings.eot_timeout_ms = 100;
    settings.chunk_ms = 5;
    EXPECT_THAT(validate(settings),
                ElementsAre("deepgram.eot_threshold must be between 0.5 and 1, got 1.4",
                            "deepgram.eot_timeout_ms must be between 500 and 60000, got 100",
                            "deepgram.chunk_ms must be between 20 and 160, got 5"));
}

TEST(DeepgramSettings, AnEagerThresholdMayNotExceedTheOther) {
    DeepgramSettings settings = with_key();
    settings.eot_threshold = 0.6;
    settings.eager_eot_threshold = 0.7;
    EXPECT_THAT(validate(settings),
                ElementsAre("deepgram.eager_eot_threshold must not exceed eot_threshold 0.6, got 0.7"));
    settings.eager_eot_threshold = 0.6;
    EXPECT_THAT(validate(settings), IsEmpty());
}

TEST(DeepgramSettings, NovasRulesCountOnlyForNova) {
    DeepgramSettings settings = with_key();
    settings.utterance_end_ms = 500;
    EXPECT_THAT(validate(settings), IsEmpty());
    settings.model = "nova-3";
    settings.eot_threshold = 9;
    EXPECT_THAT(validate(settings),
                ElementsAre("deepgram.utterance_end_ms must be between 1000 and 10000, got 500"));
}

TEST(DeepgramSettings, RefusesKeytermsThatWouldFailTheHandshake) {
    DeepgramSettings settings = with_key();
    settings.keyterms = {"good", " ", std::string(101, 'x')};
    EXPECT_THAT(validate(settings), ElementsAre("deepgram.keyterms must not have an empty term",
                                                "deepgram.keyterms must be at most 100 bytes long, got " +
                                                    std::string(40, 'x') + "…"));
    settings.keyterms.assign(101, "term");
    EXPECT_THAT(validate(settings), ElementsAre("deepgram.keyterms must be at most 100 terms, got 101"));
    settings.keyterms = {"term"};
    settings.model = "nova-2";
    EXPECT_THAT(validate(settings),
                ElementsAre("deepgram.keyterms work with nova-3 and flux models only, got nova-2"));
}

TEST(DeepgramSettings, RefusesAUrlAndAKeyThatCannotBe) {
    DeepgramSettings settings = with_key();
    settings.base_url = "api.deepgram.com";
    settings.api_key = "two words";
    const auto problems = validate(settings);
    ASSERT_EQ(problems.size(), 2u);
    EXPECT_THAT(problems[0], testing::StartsWith("deepgram.base_url must be a URL: "));
    EXPECT_EQ(problems[1], "deepgram.api_key must not have spaces or control characters")
        << "and the key itself is not shown";
}

TEST(DeepgramSettings, TheKeptAudioCoversTheBacklog) {
    DeepgramSettings settings = with_key();
    settings.kept_audio_ms = 10'000;
    EXPECT_THAT(validate(settings),
                ElementsAre("deepgram.kept_audio_ms must not be less than max_backlog_ms, got 10000"));
}

TEST(DeepgramSettings, AConnectionsLifeHasItsBounds) {
    DeepgramSettings settings = with_key();
    settings.stale_after_loud = std::chrono::milliseconds(1500);
    settings.loud_level = 0;
    settings.rotate_after = std::chrono::seconds(9);
    settings.rotate_grace = std::chrono::hours(25);
    EXPECT_THAT(validate(settings),
                ElementsAre("deepgram.stale_after_loud must be between 2 and 3600, got 1.5",
                            "deepgram.loud_level must be between 1 and 32767, got 0",
                            "deepgram.rotate_after must be between 10 and 86400, got 9",
                            "deepgram.rotate_grace must be between 0 and 86400, got 90000"));
}

}  // namespace
}  // namespace atlas::providers::deepgram
