#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

// The same conversation in other languages and scripts.

namespace atlas::sim {
namespace {

struct Talk {
    const char* language;
    const char* question;
    const char* story;
    const char* in_the_middle;  // a word of the story
    const char* listener;       // what a listener says who wants to hear more
    const char* objection;
};
void PrintTo(const Talk& talk, std::ostream* out) { *out << talk.language; }

class Language : public testing::TestWithParam<Talk> {
protected:
    Language() {
        s.app.config = {{"language", talk.language}};
        s.model.says(talk.story);
        s.model.says(talk.question);
    }
    Scenario s;
    const Talk& talk = GetParam();
};

TEST_P(Language, IsSpokenAndRememberedWholly) {
    s.caller.asks(talk.question).asks(talk.question);
    s.run();
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_EQ(s.turn(1).heard(), plain(talk.story));
    EXPECT_EQ(s.turn(1).told.end["heard_text"], talk.story);
    EXPECT_THAT(s.history(), testing::HasSubstr(talk.story));
}

TEST_P(Language, HasItsOwnListenersWords) {
    s.caller.says(talk.question).until_hears(talk.in_the_middle).says(talk.listener).listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(talk.story));
    EXPECT_EQ(s.turn(1).ignored().size(), 1U);
}

TEST_P(Language, IsInterruptedByWordsAndCutWhereItWasHeard) {
    s.caller.says(talk.question).until_hears(talk.in_the_middle).says(talk.objection).listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_FALSE(s.turn(1).words.empty());
    EXPECT_LT(s.turn(1).heard().size(), plain(talk.story).size());
    EXPECT_TRUE(s.turn(2).completed());
}

INSTANTIATE_TEST_SUITE_P(
    Simulated, Language,
    testing::Values(
        Talk{"de", "Erzählst du mir etwas?",
             "Es war einmal ein Schiff. Der Kapitän kannte jeden Stern. Eines Nachts drehte der Wind.",
             "Schiff", "Ja genau.", "Ich möchte etwas anderes hören."},
        Talk{"fr", "Tu me racontes une histoire ?",
             "Il était une fois un bateau. Le capitaine connaissait les étoiles. Une nuit le vent a tourné.",
             "bateau", "Je vois.", "Je voudrais une autre histoire."},
        Talk{"es", "¿Me cuentas una historia?",
             "Había una vez un barco. El capitán conocía las estrellas. Una noche cambió el viento.", "barco",
             "De acuerdo.", "Quiero escuchar otra historia."},
        Talk{"it", "Mi racconti una storia?",
             "Una volta esisteva una nave. Il capitano conosceva le stelle. Una notte cambiò il vento.",
             "nave", "Va bene.", "Vorrei sentire un'altra storia."},
        Talk{"pt", "Conta uma história?",
             "Era uma vez um navio. O capitão conhecia as estrelas. Certa noite mudou o vento.", "navio",
             "Hum hum.", "Quero ouvir outra história."},
        Talk{"nl", "Vertel je een verhaal?",
             "Er was eens een schip. De kapitein kende alle sterren. Op een nacht draaide de wind.", "schip",
             "Ja.", "Ik wil graag iets anders horen."},
        Talk{"ru", "Расскажешь мне историю?",
             "Жил был один корабль. Капитан знал все звёзды. Однажды ночью переменился ветер.", "корабль",
             "Ага угу.", "Хочу услышать другую историю."},
        Talk{"ar", "احك لي قصة؟", "كانت هناك سفينة. كان القبطان يعرف النجوم. وفي ليلة تغيرت الريح.", "سفينة.",
             "همم.", "أريد أن أسمع قصة أخرى."},
        Talk{"zh", "给我讲个故事吧。", "从前有一条大船。船长认识天上的星星。有一天夜里风变了。", "船", "嗯。",
             "我想听另外一个故事。"},
        Talk{"ja", "お話をしてください。",
             "昔々大きな船がありました。船長は星を知っていました。ある夜風が変わりました。", "船", "ん。",
             "別の話が聞きたいです。"}));

}  // namespace
}  // namespace atlas::sim
