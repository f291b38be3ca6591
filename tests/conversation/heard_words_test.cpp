#include "atlas/conversation/heard_words.hpp"

#include "atlas/conversation/backchannels.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::conversation {

void PrintTo(Hearing hearing, std::ostream* out) {
    constexpr const char* names[] = {"nothing", "backchannel", "echo", "words"};
    *out << names[static_cast<int>(hearing)];
}

namespace {

using enum Hearing;

struct Case {
    std::string_view text;
    Hearing hearing;
};

void expect(const std::vector<Case>& cases, const HearingContext& context) {
    for (const auto& [text, hearing] : cases)
        EXPECT_EQ(judge(text, context), hearing) << context.language << ": " << text;
}

std::vector<std::string_view> items(std::string_view list) {
    std::vector<std::string_view> all;
    while (!list.empty()) {
        all.push_back(list.substr(0, list.find(',')));
        list.remove_prefix(std::min(all.back().size() + 1, list.size()));
    }
    return all;
}

// ---- nothing, backchannels, words

TEST(HeardWords, WithoutALetterItIsNothing) {
    for (const char* text :
         {"", " ", "...", "?!", "[noise]", "(laughs)", "<unk> [music]", "—", "😀", "\xF0\x9F"})
        EXPECT_EQ(judge(text, {.language = "en"}), nothing) << text;
}

TEST(HeardWords, AListenerWhoAgreesInEnglishIsNotInterrupting) {
    expect({{"Mhm.", backchannel},
            {"mm-hmm", backchannel},
            {"Uh-huh.", backchannel},
            {"uh huh uh huh", backchannel},
            {"Yeah.", backchannel},
            {"Yeah, yeah.", backchannel},
            {"yeah yeah yeah", backchannel},
            {"Mhm, okay.", backchannel},
            {"OK", backchannel},
            {"Okay, got it, thanks.", backchannel},
            {"I see.", backchannel},
            {"Oh, I see. Right.", backchannel},
            {"That's right.", backchannel},
            {"that’s true", backchannel},
            {"Makes sense.", backchannel},
            {"Hmmmm...", backchannel},
            {"Yeahhh", backchannel},
            {"Ooooh, wow!", backchannel},
            {"Really?", backchannel},
            {"Oh, really?", backchannel},
            {"[laughter] Sure.", backchannel},
            {"SURE", backchannel}},
           {.language = "en-GB"});
}

TEST(HeardWords, WhatGoesOnAfterABackchannelIsWords) {
    expect({{"Yeah, but no.", words},
            {"Mhm, what about Tuesday?", words},
            {"Okay, stop.", words},
            {"yeah no", words},
            {"Right, and the price?", words},
            {"I see a problem.", words},
            {"I see you", words},
            {"Okay then I want two", words},
            {"yeah yeah yeah yeah", words},
            {"Sure thing is I never", words},
            {"Thanks, bye.", words},
            {"Okay?", words},
            {"Hm?", words},
            {"Huh?", words},
            {"Good morning", words},
            {"Tuesday", words},
            {"actually", words},
            {"okayish", words},
            {"yes please", words}},
           {.language = "en"});
}

TEST(HeardWords, TheFirstWordOfABackchannelDecidesNothingWhileTheTextGrows) {
    expect({{"I", nothing},
            {"Got", nothing},
            {"That makes", nothing},
            {"I see", backchannel},
            {"I want", words}},
           {.language = "en", .growing = true});
    expect({{"I", words}, {"Got", words}}, {.language = "en"});
    expect({{"I", words}}, {.language = "en", .after_question = true, .growing = true});
    expect({{"ich", nothing}, {"ich will", words}}, {.language = "de", .growing = true});
}

TEST(HeardWords, BackchannelsAreKnownInManyLanguages) {
    struct Row {
        std::string_view language;
        std::string_view backchannel;
        std::string_view words;
    };
    for (const auto& row : std::vector<Row>{
             {"de", "Ja, genau.", "Ja, aber wann?"},
             {"de-CH", "Ach so, verstehe.", "Nein, warte."},
             {"de", "Hm, ja, okay.", "Alles klar, und morgen?"},
             {"de", "Echt?", "Echt jetzt, warum das?"},
             {"fr-CA", "D'accord.", "D'accord, mais quand ?"},
             {"fr", "Oui, je vois.", "Attends."},
             {"fr", "Ah bon ?", "Non."},
             {"es-MX", "Sí, claro.", "Sí, pero no."},
             {"es", "Vale, vale.", "Espera."},
             {"es", "¿De verdad?", "¿De qué?"},
             {"it", "Va bene, ho capito.", "Aspetta, va bene."},
             {"it", "Sì sì.", "Sì, domani."},
             {"pt-BR", "Tá bom, entendi.", "Tá bom, mas quanto?"},
             {"pt", "Pois é.", "Espera."},
             {"nl", "Ja, dat klopt.", "Ja, wacht even."},
             {"nl-BE", "Inderdaad, ja.", "Nee."},
             {"ja", "はい、そうですね。", "はい、でも明日は？"},
             {"ja", "うん うん", "ちょっと待って"},
             {"ja", "なるほど なるほど", "いいえ"},
             {"zh-CN", "嗯，好的。", "好的，我要取消"},
             {"zh-TW", "對對對", "等一下"},
             {"ko", "네, 알겠습니다.", "잠깐만요"},
             {"hi", "हाँ, ठीक है।", "ठीक है, लेकिन कब?"},
             {"hi", "जी हाँ", "रुको"},
             {"th", "ครับ ครับ", "หยุดก่อน"},
             {"th", "โอเคค่ะ", "โอเค พรุ่งนี้ล่ะ"},
             {"ar", "نعم، تمام.", "نعم ولكن متى؟"},
             {"ar-EG", "أيوه", "انتظر"},
             {"ar", "حسنًا", "لا"},
             {"ru", "Да, понятно.", "Да, а завтра?"},
             {"ru", "Правда?", "Подожди"},
         }) {
        const HearingContext context{.language = row.language};
        EXPECT_EQ(judge(row.backchannel, context), backchannel) << row.language << ": " << row.backchannel;
        EXPECT_EQ(judge(row.words, context), words) << row.language << ": " << row.words;
    }
}

TEST(HeardWords, AnUnknownLanguageIsEnglishAndSoundsAreEverywhere) {
    for (const auto* language : {"", "xx", "sw-KE", "en-AU"}) {
        expect({{"Yeah, right.", backchannel}, {"Mhm.", backchannel}, {"genau", words}},
               {.language = language});
    }
    for (const auto* language : {"de", "ja", "ar", "pt-BR", "xx"})
        expect({{"Mhm.", backchannel}, {"okay", backchannel}}, {.language = language});
    expect({{"yeah", words}}, {.language = "fr"});
}

TEST(HeardWords, ACallInManyLanguagesKnowsAllTheirBackchannels) {
    expect({{"genau", backchannel},
            {"yeah", backchannel},
            {"d'accord", backchannel},
            {"はい", backchannel},
            {"warte", words},
            {"stop", words}},
           {.language = "multi"});
}

// ---- after a question, few words

TEST(HeardWords, AfterAQuestionYesIsAnAnswer) {
    expect({{"Yes.", words},
            {"Yeah", words},
            {"mhm", words},
            {"uh-huh", words},
            {"Okay, sure.", words},
            {"No.", words},
            {"Hm, yes.", words},
            {"Really?", words},
            {"Hmm", backchannel},
            {"Uh...", backchannel},
            {"ah, oh", backchannel},
            {"...", nothing}},
           {.language = "en", .after_question = true});
    expect({{"Ja, genau.", words}, {"ähm", backchannel}}, {.language = "de", .after_question = true});
    expect({{"はい", words}, {"えっと", backchannel}}, {.language = "ja", .after_question = true});
}

TEST(HeardWords, FewerWordsThanAskedForAreNothing) {
    expect({{"Tuesday", nothing},
            {"Tuesday please", words},
            {"okay", backchannel},
            {"okay?", nothing},
            {"", nothing}},
           {.language = "en", .min_words = 2});
    expect({{"Tuesday please", nothing}, {"on Tuesday please", words}}, {.language = "en", .min_words = 3});
    expect({{"明日", nothing}, {"明日十時", words}}, {.language = "ja", .min_words = 2});
}

TEST(HeardWords, StopWordsAndAnswersAreWordsHoweverFew) {
    expect({{"Stop!", words},
            {"wait", words},
            {"No.", words},
            {"Hold on", words},
            {"hello?", words},
            {"okay stop", words}},
           {.language = "en", .min_words = 4});
    expect({{"Halt", words}, {"Moment mal", words}}, {.language = "de", .min_words = 4});
    expect({{"Attends !", words}}, {.language = "fr", .min_words = 3});
    expect({{"停", words}, {"等等", words}}, {.language = "zh", .min_words = 3});
    expect({{"Tuesday", words}}, {.language = "en", .after_question = true, .min_words = 2});
}

TEST(HeardWords, AStopWordInsideAnotherWordIsNone) {
    expect({{"notable", nothing}, {"stopper", nothing}}, {.language = "en", .min_words = 2});
}

// ---- echo

constexpr std::string_view playing =
    "The next train to Boston leaves at **10:30** from platform two, and it takes about three hours. You can "
    "wait in the [waiting room](https://example.com).";

TEST(HeardWords, TheAssistantsOwnWordsAreAnEcho) {
    expect({{"the next train to Boston", echo},
            {"THE NEXT TRAIN", echo},
            {"platform two", echo},
            {"leaves at 10:30 from platform two and it takes", echo},
            {"from platform too and it takes about", echo},  // one word misheard of seven
            {"the next trains to bosten leaves at", echo},   // letters misheard
            {"it takes about hours", words},                 // of four words none may be missing
            {"and it takes three hours you can", echo},      // one left out of seven
            {"platform", echo},                              // one long word
            {"in the waiting room", echo},                   // a link is read by its words
            {"from plat", words},                            // half a word is none
            {"hours you can wait in the waiting", echo},
            {"hours you can weight in the waiting", echo},
            {"ours you can wait in the waiting", echo}},  // a stop word in an exact echo
           {.language = "en", .playing = playing});
}

TEST(HeardWords, WhatTheCallerSaysAboutItIsNoEcho) {
    expect({{"the next train to Chicago", echo},  // four of five words: this much is given for being sure
            {"what about the next bus", words},
            {"a train to New York", words},
            {"the train at 11:30", words},
            {"leaves at 11:30", words},
            {"train", words},          // one short word
            {"two platform", words},   // the other way round
            {"platform two?", words},  // asks what the reply does not
            {"wait", words},
            {"you can wait", echo},  // three words, exactly
            {"you could wait", words},
            {"can wait", words},  // two words with a stop word
            {"the next train stop stop", words},
            {"no the next train to Boston leaves at", words},
            {"example", words}},  // of an address only the name of the link is read
           {.language = "en", .playing = playing});
}

TEST(HeardWords, ACorrectionOfOneWordInAShortPhraseIsNoEcho) {
    expect({{"on Thursday at three", words}, {"on Tuesday at four", words}, {"on tuesday at three", echo}},
           {.language = "en", .playing = "Your appointment is on Tuesday at three."});
}

TEST(HeardWords, AfterAQuestionItsWordsMayBeTheAnswer) {
    const HearingContext context{.language = "en",
                                 .playing = "Would you prefer the morning or the afternoon?",
                                 .after_question = true};
    expect({{"the afternoon", words},
            {"afternoon", words},
            {"the morning", words},
            {"prefer the morning", words},
            {"would you prefer the morning or the afternoon?", echo},
            {"the morning or the afternoon", echo}},
           context);
}

TEST(HeardWords, AnEchoIsHeardInOtherScripts) {
    expect({{"明日は雨が降る", echo}, {"雨が", words}, {"明日は雪が降る", echo}, {"明日は来ません", words}},
           {.language = "ja", .playing = "明日は雨が降るかもしれません。"});
    expect({{"ВАШ ЗАКАЗ БУДЕТ", echo}, {"ваш заказ готов", words}},
           {.language = "ru", .playing = "Ваш заказ будет готов завтра."});
    expect({{"ΤΟ ΡΑΝΤΕΒΟΎ ΕΊΝΑΙ", echo}}, {.language = "el", .playing = "Το ραντεβού είναι αύριο."});
    expect({{"مواعيد متاحة يوم", echo}, {"يوم الاربعاء", words}},
           {.language = "ar", .playing = "لدينا مواعيدُ متاحةٌ يومَ الثلاثاء"});
    expect({{"คุณต้องการนัดหมาย", echo}}, {.language = "th", .playing = "คุณต้องการนัดหมายวันไหน"});
    expect({{"größe ist verfügbar", echo}},
           {.language = "de", .playing = "Die GRÖSSE oder Größe ist verfügbar."});
}

TEST(HeardWords, WithNothingPlayingThereIsNoEcho) {
    expect({{"the next train", words}, {"platform two", words}}, {.language = "en"});
}

TEST(HeardWords, AnyBytesCanBeJudged) {
    std::mt19937 random(3);
    for (int round = 0; round < 2000; ++round) {
        std::string text;
        for (std::size_t i = 0, size = random() % 60; i < size; ++i) text += static_cast<char>(random());
        const Hearing hearing = judge(text, {.language = "en", .playing = text});
        EXPECT_TRUE(hearing == nothing || hearing == echo || hearing == words || hearing == backchannel);
        EXPECT_TRUE(same_words(text, text));
        ends_with_question(text);
    }
}

// ---- the lists

TEST(Backchannels, EveryListedWordIsFoundAndAllOfItIs) {
    for (const auto& list : listener_words()) {
        for (const auto words_of : {list.sounds, list.assents, list.wonders}) {
            for (const auto item : items(words_of)) {
                const FoundWord found = listener_word(item, list.language);
                EXPECT_EQ(found.length, item.size()) << list.language << ": " << item;
                EXPECT_EQ(judge(item, {.language = list.language}), backchannel)
                    << list.language << ": " << item;
            }
        }
    }
}

TEST(Backchannels, EveryStopWordIsWordsAndNoBackchannelHoldsOne) {
    for (const auto& list : listener_words()) {
        for (const auto item : items(list.stops))
            EXPECT_EQ(judge(item, {.language = list.language, .min_words = 9}), words)
                << list.language << item;
        for (const auto words_of : {list.sounds, list.assents, list.wonders}) {
            for (const auto item : items(words_of))
                EXPECT_FALSE(holds_stop_word(item, list.language)) << list.language << ": " << item;
        }
    }
}

TEST(Backchannels, NothingIsListedTwiceInOneList) {
    for (const auto& list : listener_words()) {
        for (const auto words_of : {list.sounds, list.assents, list.wonders, list.stops}) {
            std::set<std::string_view> seen;
            for (const auto item : items(words_of)) {
                EXPECT_FALSE(item.empty()) << list.language;
                EXPECT_TRUE(seen.insert(item).second) << list.language << ": " << item;
            }
        }
    }
}

// ---- questions, equal words

TEST(HeardWords, AQuestionEndsWithItsMark) {
    for (const char* text :
         {"How can I help?", "Really?!", "Is it \"this\"?  \n", "She asked: \"Why?\"", "(Or not?)",
          "**Shall we?**", "How can I help? 😊", "お元気ですか？", "よろしいでしょうか。", "好吗？", "好吗",
          "كيف حالك؟", "«Vraiment ?»", "¿Qué tal?"}) {
        EXPECT_TRUE(ends_with_question(text)) << text;
    }
    for (const char* text :
         {"", "  ", "?  Yes.", "How can I help? I can", "No!", "Why? Because.", "はい。", "😊", "\"\""})
        EXPECT_FALSE(ends_with_question(text)) << text;
}

TEST(HeardWords, EqualWordsDifferInCaseBlanksAndPunctuationOnly) {
    struct Pair {
        std::string_view a;
        std::string_view b;
        bool same;
    };
    for (const auto& [a, b, same] : std::vector<Pair>{
             {"I'd like to go, please.", "id like to go please", true},
             {"Hello there", "  hello   THERE! ", true},
             {"Well-known", "well known", true},
             {"ÄRGER und ŁÓDŹ", "ärger, und łódź", true},
             {"ПРИВЕТ", "привет", true},
             {"はい、そうです。", "はい そうです", true},
             {"", "...", true},
             {"Is it Tuesday?", "is it tuesday?", true},
             {"Is it Tuesday?", "Is it Tuesday", false},
             {"really?!", "really??", true},
             {"Yes? No", "Yes No?", false},
             {"本当？", "本当?", true},
             {"two", "too", false},
             {"I want it", "I want", false},
             {"it costs 1.5", "it costs 15", false},
             {"at 10:30", "at 1030", false},
             {"room 20 5", "room 205", false},
             {"$5", "5", false},
             {"-5 degrees", "5 degrees", false},
             {"50%", "50", false},
             {"call 5.", "call 5", true},
             {"C++", "C", false},
         }) {
        EXPECT_EQ(same_words(a, b), same) << a << " | " << b;
        EXPECT_EQ(same_words(b, a), same) << b << " | " << a;
    }
}

}  // namespace
}  // namespace atlas::conversation
