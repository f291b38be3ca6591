#include "conversation/shrink.hpp"

#include "conversation/chance.hpp"
#include "conversation/fuzz_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace atlas::conversation {
namespace {

FuzzCase long_story(std::uint64_t seed) {
    Chance chance(seed);
    FuzzCase story{chance.settings(), {}};
    FuzzRun run(story.settings);
    for (int step = 0; step < 300; ++step) story.steps.push_back(chance.next(run.world()));
    return story;
}

// The planted bug: somebody types, and stops a reply later.
bool types_and_stops(const FuzzCase& story) {
    const auto typed = std::find_if(story.steps.begin(), story.steps.end(), [](const Step& step) {
        return std::holds_alternative<CallerTyped>(step.event);
    });
    return std::any_of(typed, story.steps.end(), [](const Step& step) {
        return std::holds_alternative<CallerInterrupted>(step.event);
    });
}

TEST(Shrink, FindsTheTwoEventsThatAPlantedBugNeeds) {
    FuzzCase story = long_story(3);
    story.steps.insert(story.steps.begin() + 40,
                       Step{std::chrono::milliseconds(1234), CallerTyped{"a long text"}});
    story.steps.insert(story.steps.begin() + 200, Step{std::chrono::milliseconds(77), CallerInterrupted{}});
    ASSERT_TRUE(types_and_stops(story));

    const FuzzCase shortest = shrink(story, types_and_stops);

    ASSERT_EQ(shortest.steps.size(), 2U);
    // What the shrinker writes for a longer text, or a text of the story that is shorter still.
    EXPECT_THAT(to_code(shortest.steps[0]),
                testing::AnyOf("talk.pass(0ms); talk.happens(CallerTyped{.text = \"Hello.\"});",
                               "talk.pass(0ms); talk.happens(CallerTyped{.text = \"Hello\"});"));
    EXPECT_EQ(to_code(shortest.steps[1]),
              "talk.pass(0ms); talk.happens(CallerInterrupted{});  // the latest reply");
    EXPECT_EQ(to_code(shortest.settings), "ConversationSettings{}");
}

TEST(Shrink, KeepsTheSettingAndThePauseThatTheFailureNeeds) {
    const auto fails = [](const FuzzCase& story) {
        const auto is_long = [](const Step& step) { return step.after > std::chrono::seconds(3); };
        return story.settings.context_tokens < 16'000 &&
               std::any_of(story.steps.begin(), story.steps.end(), is_long);
    };
    FuzzCase story = long_story(4);
    story.settings.context_tokens = 200;
    story.steps.front().after = std::chrono::milliseconds(3'500);
    ASSERT_TRUE(fails(story));

    const FuzzCase shortest = shrink(story, fails);

    EXPECT_EQ(shortest.steps.size(), 1U);
    EXPECT_EQ(to_code(shortest.settings), "ConversationSettings{.context_tokens = 200}");
}

TEST(Shrink, StopsAfterSoManyAttempts) {
    int asked = 0;
    const auto fails = [&asked](const FuzzCase&) { return ++asked, true; };
    const auto never = [&asked](const FuzzCase&) { return ++asked, false; };
    shrink(long_story(5), never, 50);
    EXPECT_EQ(asked, 50);
    asked = 0;
    EXPECT_TRUE(shrink(long_story(5), fails, 5000).steps.empty());
    EXPECT_LE(asked, 5000);
}

TEST(Shrink, MakesAStoryShortThatIsPlayedToARealConversation) {
    const auto ends_paused = [](const FuzzCase& story) {
        FuzzRun run(story.settings);
        for (const Step& step : story.steps) {
            if (!run.play(step)) break;
        }
        return run.conversation().state() == State::paused;
    };
    FuzzCase story;
    story.settings.lines.greeting = "Hello, this is Atlas. How can I help?";
    const auto happens = [&](Event event) {
        story.steps.push_back({std::chrono::milliseconds(50), std::move(event)});
    };
    happens(CallerLoud{});
    happens(ClipStarted{});
    happens(ReplyAudible{});
    happens(ClipGrew{0, 0, std::chrono::milliseconds(500)});
    happens(ReplyPlayed{0, std::chrono::milliseconds(200)});
    happens(CallerStartedSpeaking{});
    ASSERT_TRUE(ends_paused(story));

    EXPECT_EQ(shrink(story, ends_paused).steps.size(), 2U) << "it is heard, and somebody makes a sound";
}

}  // namespace
}  // namespace atlas::conversation
