#include "sandbox/speech/flite_voice.hpp"
#include "sandbox/speech/repertoire.hpp"
#include "tools/speech_support.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace atlas::test {

namespace {

using namespace sandbox;
using speech::FliteVoice;

struct Spoken {
    std::vector<std::size_t> chunks;  // their sizes
    std::vector<std::string> done;    // errors

    SpeechHandlers handlers() {
        return {[this](std::span<const std::int16_t> chunk) { chunks.push_back(chunk.size()); },
                [this](std::string error) { done.push_back(std::move(error)); }};
    }
};

SpeechRequest request(std::string text) {
    SpeechRequest made;
    made.text = std::move(text);
    return made;
}

std::size_t first_sound(const Samples& samples) {
    const auto loud =
        std::find_if(samples.begin(), samples.end(), [](int sample) { return std::abs(sample) >= 100; });
    return static_cast<std::size_t>(loud - samples.begin());
}

TEST(FliteVoice, DeliversSmallChunksLongBeforeTheTextIsSpoken) {
    PostQueue loop;
    FliteVoice voice(loop.post());
    Spoken spoken;
    const auto speaking = voice.start(request(std::string(speech::story())), spoken.handlers());
    ASSERT_TRUE(loop.wait_for_work());
    loop.run_posted();
    ASSERT_FALSE(spoken.chunks.empty());
    EXPECT_TRUE(spoken.done.empty());  // two minutes of speech are not ready
    EXPECT_GE(spoken.chunks[0], 24000U / 50);
    EXPECT_LE(spoken.chunks[0], 24000U / 10);
}

TEST(FliteVoice, StopsWhenTheSpeakingIsDestroyed) {
    PostQueue loop;
    FliteVoice voice(loop.post());
    Spoken interrupted;
    auto speaking = voice.start(request(std::string(speech::story())), interrupted.handlers());
    ASSERT_TRUE(loop.run_until([&] { return !interrupted.chunks.empty(); }));
    const std::size_t chunks = interrupted.chunks.size();
    speaking.reset();
    // The one worker would have to finish the story first, had it not stopped.
    EXPECT_FALSE(speak(voice, loop, "Something else.").empty());
    EXPECT_EQ(interrupted.chunks.size(), chunks);
    EXPECT_TRUE(interrupted.done.empty());
}

TEST(FliteVoice, AHandlerMayDestroyItsSpeaking) {
    PostQueue loop;
    FliteVoice voice(loop.post());
    std::unique_ptr<Speaking> speaking;
    int chunks = 0;
    SpeechHandlers handlers;
    handlers.on_chunk = [&](std::span<const std::int16_t>) {
        ++chunks;
        speaking.reset();
    };
    handlers.on_done = [&](const std::string&) { ADD_FAILURE() << "done after its end"; };
    speaking = voice.start(request("One, two, three, four, five."), std::move(handlers));
    ASSERT_TRUE(loop.run_until([&] { return chunks > 0; }));
    speak(voice, loop, "Next.");
    EXPECT_EQ(chunks, 1);
}

TEST(FliteVoice, SpeaksInTheSampleRateThatIsAskedFor) {
    PostQueue loop;
    FliteVoice voice(loop.post());
    const std::string text = "This is how long it takes to say a sentence.";
    const auto slow = static_cast<double>(speak(voice, loop, text, 8000).size());
    const auto plain = static_cast<double>(speak(voice, loop, text, 16000).size());
    const auto fast = static_cast<double>(speak(voice, loop, text, 24000).size());
    EXPECT_GT(plain, 16000 * 1.5);
    EXPECT_NEAR(fast / plain, 1.5, 0.15);  // flite never says it quite the same
    EXPECT_NEAR(slow / plain, 0.5, 0.05);
}

TEST(FliteVoice, SpeaksFasterWhenAsked) {
    PostQueue loop;
    FliteVoice voice(loop.post());
    Spoken spoken;
    SpeechRequest fast = request("This is how long it takes to say a sentence.");
    fast.speed = 2;
    const auto speaking = voice.start(fast, spoken.handlers());
    ASSERT_TRUE(loop.run_until([&] { return !spoken.done.empty(); }));
    std::size_t total = 0;
    for (const std::size_t chunk : spoken.chunks) total += chunk;
    const std::size_t normal = speak(voice, loop, fast.text, 24000).size();
    EXPECT_LT(total, normal * 2 / 3);
    EXPECT_GT(total, normal / 3);
}

TEST(FliteVoice, BeginsWithTheFirstSound) {
    PostQueue loop;
    FliteVoice voice(loop.post());
    const Samples spoken = speak(voice, loop, "Banana bread, please.");
    ASSERT_GT(spoken.size(), 8000U);
    EXPECT_LT(first_sound(spoken), std::size_t{16 * 60});
    const Samples backwards(spoken.rbegin(), spoken.rend());
    EXPECT_LT(first_sound(backwards), std::size_t{16 * 120});
}

TEST(FliteVoice, AShortTextDoesNotWaitForALongOne) {
    PostQueue loop;
    FliteVoice voice(loop.post());
    Spoken story;
    const auto speaking = voice.start(request(std::string(speech::story())), story.handlers());
    EXPECT_FALSE(speak(voice, loop, "Yes.").empty());
    EXPECT_TRUE(story.done.empty());
}

TEST(FliteVoice, TextWithoutSoundIsDoneAtOnce) {
    PostQueue loop;
    FliteVoice voice(loop.post());
    EXPECT_TRUE(speak(voice, loop, "... \xF0\x9F\x98\x80 --").empty());
}

TEST(FliteVoice, RefusesMoreTextsThanItCanSpeakAtOnce) {
    PostQueue loop;
    FliteVoice voice(loop.post());
    Spoken accepted;
    Spoken refused;
    std::vector<std::unique_ptr<Speaking>> speaking;
    for (int i = 0; i < FliteVoice::most_at_once; ++i) {
        speaking.push_back(voice.start(request(std::string(speech::story())), accepted.handlers()));
    }
    speaking.push_back(voice.start(request("One more."), refused.handlers()));
    ASSERT_TRUE(loop.run_until([&] { return !refused.done.empty(); }));
    EXPECT_THAT(refused.done[0], testing::HasSubstr("too many"));
    EXPECT_TRUE(accepted.done.empty());
}

TEST(FliteVoice, SaysWhichValueOfTheRequestIsWrong) {
    PostQueue loop;
    FliteVoice voice(loop.post());
    const auto error_of = [&](const SpeechRequest& wrong) -> std::string {
        try {
            voice.start(wrong, {});
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "";
    };
    SpeechRequest wrong = request("Hello.");
    wrong.sample_rate = 1000;
    EXPECT_THAT(error_of(wrong), testing::HasSubstr("sample_rate"));
    wrong = request("Hello.");
    wrong.speed = 9;
    EXPECT_THAT(error_of(wrong), testing::HasSubstr("speed"));
    EXPECT_THAT(error_of(request("")), testing::HasSubstr("text"));
}

}  // namespace

}  // namespace atlas::test
