#include "sandbox/speech/reflection.hpp"
#include "sandbox/speech/rule_responder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace atlas::test {

namespace {

using namespace sandbox;
using speech::RuleResponder;
using testing::ContainsRegex;
using testing::HasSubstr;

std::tm at(int hour, int minute) {
    std::tm time{};
    time.tm_year = 126;
    time.tm_mon = 10;
    time.tm_mday = 23;
    time.tm_wday = 1;
    time.tm_hour = hour;
    time.tm_min = minute;
    return time;
}

// A conversation: what the caller says one after the other, with the answers in between.
class Talk {
public:
    explicit Talk(std::uint64_t seed = 1, std::tm now = at(15, 10))
        : responder_(seed, [now] { return now; }) {}

    std::string say(const std::string& text) {
        messages_.push_back({true, text});
        std::string reply;
        for (const std::string& piece : responder_.reply(system, messages_)) {
            EXPECT_FALSE(piece.empty());
            reply += piece;
        }
        messages_.push_back({false, reply});
        return reply;
    }

    std::string system;

private:
    RuleResponder responder_;
    std::vector<ChatMessage> messages_;
};

struct Intent {
    const char* name;
    const char* said;
    const char* answer;  // a part of it, as a regular expression
};

void PrintTo(const Intent& intent, std::ostream* out) { *out << intent.said; }

class ResponderIntent : public testing::TestWithParam<Intent> {};

TEST_P(ResponderIntent, IsUnderstood) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        EXPECT_THAT(Talk(seed).say(GetParam().said), ContainsRegex(GetParam().answer)) << "seed " << seed;
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, ResponderIntent,
    testing::Values(
        Intent{"Greeting", "Hello there.", "^Hello, this is Atlas"},
        Intent{"Nothing", "", "^Hello, this is Atlas"}, Intent{"Name", "My name is Ada.", "Ada"},
        Intent{"NameShort", "Hi, I'm Grace.", "Grace"},
        Intent{"UnknownName", "What's my name?", "not told me"},
        Intent{"OwnName", "What is your name?", "My name is Atlas"},
        Intent{"Time", "What time is it?", "^It is three ten in the afternoon\\.$"},
        Intent{"Date", "What's the date today?", "Monday, the twenty third of November"},
        Intent{"Timer", "Set a timer for five minutes, please.", "five minutes, starting now"},
        Intent{"TimerDigits", "Set a timer for 1 hour.", "one hour, starting"},
        Intent{"TimerOpen", "Set a timer.", "how long"},
        Intent{"Spell", "Can you spell the word harbor?", "H, A, R, B, O, R\\."},
        Intent{"Count", "Count to five.", "^One, two, three, four, five\\.$"},
        Intent{"CountDigits", "Count from 8 to 11.", "^Eight, nine, ten, eleven\\.$"},
        Intent{"CountDown", "Count down from three.", "^Three, two, one, zero\\.$"},
        Intent{"CountFar", "Count to one million.", "too long"}, Intent{"Joke", "Tell me a joke.", "[a-z]"},
        Intent{"Story", "Please tell me a story!", "^Once upon a time"},
        Intent{"Weather", "Will it rain tomorrow?", "window|umbrella"},
        Intent{"Help", "What can you do?", "interrupt me"}, Intent{"Goodbye", "Okay, goodbye.", "^Goodbye"},
        Intent{"Plus", "What is two plus three?", "^Two plus three is five\\.$"},
        Intent{"Times", "What's 12 times 7?", "is eighty four"}, Intent{"Signs", "12 * 7", "is eighty four"},
        Intent{"Chain", "Ten minus four plus one.", "is seven"},
        Intent{"Fraction", "Five divided by two?", "is two point five"},
        Intent{"Zero", "Five divided by zero?", "divide by zero"},
        Intent{"Squared", "What is nine squared?", "is eighty one"},
        Intent{"Large", "One hundred and five times two thousand.", "two hundred and ten thousand"},
        Intent{"Between", "It is between two and three.", "^[^0-9]+$"},
        Intent{"Thanks", "Thank you very much.", "welcome|pleasure"},
        Intent{"WellBeing", "How are you?", "fine"},
        Intent{"Hearing", "Can you hear me?", "^Yes, I can hear you"},
        Intent{"Coin", "Flip a coin.", "^(Heads|Tails)\\.$"}, Intent{"Stop", "Stop.", "listening|ready"},
        Intent{"UnknownQuestion", "Who won the cup?", "know|knew"},
        Intent{"Feeling", "I feel lonely.", "feel lonely"}, Intent{"Need", "I need my keys.", "your keys"}),
    [](const testing::TestParamInfo<Intent>& intent) { return intent.param.name; });

TEST(Responder, RemembersTheCallersName) {
    Talk talk;
    talk.say("Hi, my name is Ada.");
    talk.say("Tell me a joke.");
    EXPECT_THAT(talk.say("What's my name?"), HasSubstr("Ada"));
    EXPECT_THAT(talk.say("Spell my name."), HasSubstr("A, D, A"));
    EXPECT_THAT(talk.say("Goodbye!"), HasSubstr("Ada"));
}

TEST(Responder, TakesTheLatestNameAndNoAdjectives) {
    Talk talk;
    talk.say("My name is Ada.");
    talk.say("No, call me Grace.");
    talk.say("I'm tired.");
    EXPECT_THAT(talk.say("Who am I?"), HasSubstr("Grace"));
}

TEST(Responder, RepeatsWhatItSaid) {
    Talk talk;
    EXPECT_THAT(talk.say("Say that again."), HasSubstr("not said anything"));
    const std::string fact = talk.say("Tell me a fun fact.");
    EXPECT_EQ(talk.say("Could you repeat that?"), "I said: " + fact);
}

TEST(Responder, IsCalledWhatTheSystemPromptSays) {
    Talk talk;
    talk.system = "You are Nova, a helpful assistant. You are brief.";
    EXPECT_THAT(talk.say("Who are you?"), HasSubstr("My name is Nova."));
}

TEST(Responder, DoesNotTellTheSameJokeTwiceInARow) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Talk talk(seed);
        const std::string first = talk.say("Tell me a joke.");
        const std::string second = talk.say("Tell me a joke.");
        EXPECT_NE(first, second) << "seed " << seed;
        EXPECT_NE(second, talk.say("Another one!")) << "seed " << seed;
    }
}

TEST(Responder, GivesTheSameAnswersForTheSameSeedAndOthersForOthers) {
    std::set<std::string> jokes;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const std::string joke = Talk(seed).say("Tell me a joke.");
        EXPECT_EQ(Talk(seed).say("Tell me a joke."), joke);
        jokes.insert(joke);
    }
    EXPECT_GT(jokes.size(), 2U);
}

TEST(Responder, TellsAStoryLongEnoughToBeInterrupted) {
    EXPECT_GT(Talk().say("Tell me a story.").size(), 1200U);
}

TEST(Responder, SaysTheTimeAsPeopleDo) {
    EXPECT_EQ(Talk(1, at(12, 0)).say("What time is it?"), "It is noon.");
    EXPECT_EQ(Talk(1, at(0, 0)).say("What time is it?"), "It is midnight.");
    EXPECT_EQ(Talk(1, at(9, 0)).say("What time is it?"), "It is nine o'clock in the morning.");
    EXPECT_EQ(Talk(1, at(0, 5)).say("What time is it?"), "It is twelve oh five at night.");
    EXPECT_EQ(Talk(1, at(20, 45)).say("What time is it?"), "It is eight forty five in the evening.");
}

TEST(Responder, AnswersAnythingWithSomethingToSay) {
    for (const char* text : {"?", "the", "Uh, um.", "\xF0\x9F\x98\x80", "1 2 3", "count", "spell",
                             "add two and", "divided by", "twenty hundred thousand plus", "I am", "my"}) {
        EXPECT_THAT(Talk().say(text), ContainsRegex("[a-z]")) << text;
    }
    RuleResponder responder(1, [] { return at(1, 1); });
    EXPECT_FALSE(responder.reply("", {}).empty());
    EXPECT_FALSE(responder.reply("", {{false, "Hello, this is me."}}).empty());
}

TEST(Responder, TurnsThePersonAround) {
    EXPECT_EQ(speech::turn_around("I lost my keys and you laughed at me"),
              "you lost your keys and I laughed at you");
}

TEST(TokenPieces, JoinToTheTextAndAreSmall) {
    const std::string text = "It's an extraordinarily long word, caf\xC3\xA9 included. Yes!";
    std::string joined;
    for (const std::string& piece : speech::token_pieces(text)) {
        EXPECT_LE(piece.size(), 9U) << piece;
        EXPECT_NE(static_cast<unsigned char>(piece[0]) & 0xc0, 0x80) << "a piece begins inside a character";
        joined += piece;
    }
    EXPECT_EQ(joined, text);
    EXPECT_EQ(speech::token_pieces("It is noon."), (std::vector<std::string>{"It", " is", " noon", "."}));
}

}  // namespace

}  // namespace atlas::test
