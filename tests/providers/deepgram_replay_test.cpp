#include "deepgram_caller.hpp"
#include "deepgram_hearing_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

// Words said = words heard, each once and in order, wherever and however a connection breaks.
namespace atlas::providers::deepgram {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

enum class Break { closed, lost, error, stalled, restarted, rotated, lost_twice };

std::string name_of(Break kind) {
    static const std::map<Break, std::string> names = {
        {Break::closed, "Closed"},       {Break::lost, "Lost"},           {Break::error, "Error"},
        {Break::stalled, "Stalled"},     {Break::restarted, "Restarted"}, {Break::rotated, "Rotated"},
        {Break::lost_twice, "LostTwice"}};
    return names.at(kind);
}

struct Said {
    int words = 0;
    std::map<int, milliseconds> end;  // of each, in the caller's audio
};

class DeepgramWords : public test::DeepgramCaller {
protected:
    void listen(bool flux) {
        settings_.model = flux ? "flux-general-en" : "nova-3";
        settings_.stale_after_loud = 4s;
        connector_.connect_delay = 300ms;
        service_ear_ = std::make_unique<test::HearingService>(loop_, connector_, flux);
        service_ear_->mutes = mutes_;
        on_event_ = [this](const RecognizerEvent& event) {
            if (const auto* ended = std::get_if<TurnEnded>(&event)) ended_.push_back(*ended);
            if (std::get_if<TurnEnded>(&event)) ended_at_.push_back(loop_.now());
            if (std::get_if<CallerStartedSpeaking>(&event)) ++started_;
        };
        start();
    }

    void frames(milliseconds length, int value) {
        const test::Samples frame(320, static_cast<std::int16_t>(value));
        for (milliseconds done{}; done < length; done += 20ms) {
            if (at_ == break_at_) break_now_();
            recognizer_->send_audio(frame);
            at_ += 20ms;
            loop_.advance(20ms);
        }
    }
    void silence(milliseconds length) { frames(length, 0); }
    void say(int words) {
        for (int word = 0; word < words; ++word) {
            ++said_words_.words;
            frames(test::word_length, test::first_word_value + said_words_.words);
            said_words_.end[said_words_.words] = at_;
            last_word_ended_ = loop_.now();
            frames(test::word_gap, 0);
        }
    }

    void expect_every_word_once(const std::string& where) {
        std::string expected;
        for (int word = 1; word <= said_words_.words; ++word)
            expected += (word == 1 ? "w" : " w") + std::to_string(word);
        std::string heard;
        for (const TurnEnded& ended : ended_) {
            if (ended.text.empty()) continue;
            heard += (heard.empty() ? "" : " ") + ended.text;
            const auto last = ended.text.rfind('w');
            if (last == std::string::npos) continue;
            const milliseconds end = said_words_.end[std::stoi(ended.text.substr(last + 1))];
            EXPECT_NEAR(static_cast<double>(ended.at.count()), static_cast<double>(end.count()), 20)
                << where << ": '" << ended.text << "' must end on the call's clock";
        }
        EXPECT_EQ(heard, expected) << where << "\n" << testing::PrintToString(events_);
        EXPECT_EQ(started_, ended_.size()) << where << ": every turn that starts ends, once";
        EXPECT_EQ(service_->counters().audio.dropped_samples, 0u) << where;
    }
    void expect_no_sustained_haste(const std::string& where, double speed) {
        for (std::size_t index = 0; index < connector_.attempts.size(); ++index) {
            const auto& sent = connector_.attempts[index]->sent;
            std::size_t samples = 0;
            for (const auto& message : sent) {
                if (!message.binary) continue;
                samples += message.bytes.size() / 2;
                const std::chrono::duration<double> open = message.at - connector_.attempt_times[index];
                ASSERT_LE(static_cast<double>(samples), 16000 * (1 + speed * open.count())) << where;
            }
        }
    }

    test::Mutes mutes_;
    std::unique_ptr<test::HearingService> service_ear_;
    milliseconds at_{};
    milliseconds break_at_{-1};
    std::function<void()> break_now_;
    Said said_words_;
    std::vector<TurnEnded> ended_;
    std::vector<net::TimePoint> ended_at_;
    std::size_t started_ = 0;
    net::TimePoint last_word_ended_{};
};

struct BreakCase {
    bool flux;
    Break kind;
};

class DeepgramBreaks : public DeepgramWords, public testing::WithParamInterface<BreakCase> {
protected:
    void break_connection() {
        test::FakePeer& peer = connector_.last();
        switch (GetParam().kind) {
            case Break::closed:
                return peer.close(1011, "See https://dpgr.am/net0000");
            case Break::lost:
                return peer.lose();
            case Break::error:
                // /v1 has no fatal message; it closes with 1000 over what it cannot decode (§1.6).
                if (!GetParam().flux) return peer.close(1000);
                return peer.text(R"({"type":"Error","code":"INTERNAL_SERVER_ERROR","description":"x"})");
            case Break::stalled:
                service_ear_->last().stalled = true;
                return;
            case Break::restarted:
                return recognizer_->restart("no words for a loud caller");
            case Break::lost_twice:
                peer.lose();
                break_at_ = at_ + 960ms;  // while the next one still replays
                break_now_ = [this] { connector_.last().lose(); };
                return;
            case Break::rotated:
                return;  // by its age
        }
    }

    // A short turn, a long one that breaks `position` after its start, and one more.
    void call_with_break_at(milliseconds position) {
        const milliseconds long_turn = 5s;
        const bool rotates = GetParam().kind == Break::rotated;
        settings_.rotate_after = rotates ? 10s : 1h;
        settings_.rotate_grace = 0s;  // whatever the caller does
        break_at_ = long_turn + position;
        break_now_ = [this] { break_connection(); };
        listen(GetParam().flux);
        if (rotates) silence(10300ms - break_at_);
        const milliseconds before = at_;
        if (rotates) break_at_ = -1ms;
        silence(1s);
        say(2);
        silence(long_turn - (at_ - before));
        say(12);
        silence(4s);
        say(2);
        silence(10s);
    }

    void reset() {
        recognizer_.reset();
        events_.clear();
        ended_.clear();
        ended_at_.clear();
        started_ = 0;
        said_words_ = {};
        at_ = {};
        connector_.attempts.clear();
        connector_.attempt_times.clear();
    }
};

TEST_P(DeepgramBreaks, LoseAndRepeatNoWordAtAnyPositionInATurn) {
    for (milliseconds position = 0ms; position <= 12 * 320ms + 1200ms; position += 80ms) {
        reset();
        call_with_break_at(position);
        const std::string where = "break at " + std::to_string(position.count()) + " ms";
        ASSERT_GE(connector_.attempts.size(), 2u) << where << ": nothing broke";
        expect_every_word_once(where);
        expect_no_sustained_haste(where, GetParam().flux ? 4 : 1.25);
        if (HasFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(Everywhere, DeepgramBreaks, testing::ValuesIn([] {
                             std::vector<BreakCase> cases;
                             for (const bool flux : {false, true})
                                 for (const Break kind :
                                      {Break::closed, Break::lost, Break::error, Break::stalled,
                                       Break::restarted, Break::rotated, Break::lost_twice})
                                     cases.push_back({flux, kind});
                             return cases;
                         }()),
                         [](const auto& broken) {
                             return (broken.param.flux ? "Flux" : "Nova") + name_of(broken.param.kind);
                         });

// The signs of Nova's end of turn, each present or missing; the order of bits is that of Mutes.
class NovaSigns : public DeepgramWords, public testing::WithParamInterface<int> {
protected:
    // After the last word: the message that tells it, the timer with its patience for text that is not final,
    // and the wait for Finalize.
    net::Duration bound() const {
        return 1300ms + milliseconds(settings_.turn_timer_ms) + 1500ms +
               milliseconds(settings_.finalize_wait_ms);
    }
};

TEST_P(NovaSigns, WhateverIsMissingATurnEndsOnceWithAllItsWordsInTime) {
    mutes_.speech_final = GetParam() & 1;
    mutes_.utterance_end = GetParam() & 2;
    mutes_.finalize_answer = GetParam() & 4;
    mutes_.late_interims = GetParam() & 8;
    listen(false);
    for (const int words : {1, 3, 8, 14}) {
        silence(1s);
        const std::size_t before = ended_.size();
        say(words);
        silence(8s);
        ASSERT_EQ(ended_.size(), before + 1) << words << " words\n" << testing::PrintToString(events_);
        EXPECT_LE(ended_at_.back() - last_word_ended_, bound()) << words << " words";
    }
    expect_every_word_once("signs " + std::to_string(GetParam()));
}

class NovaInterims : public NovaSigns {};

TEST_P(NovaInterims, AreEnoughWhenNothingIsEverFinal) {
    mutes_.finals = true;
    mutes_.speech_final = GetParam() & 1;
    mutes_.utterance_end = GetParam() & 2;
    mutes_.finalize_answer = GetParam() & 4;
    listen(false);
    silence(1s);
    say(6);
    silence(8s);
    ASSERT_EQ(ended_.size(), 1u);
    EXPECT_LE(ended_at_.back() - last_word_ended_, bound());
    expect_every_word_once("interim text alone");
}

INSTANTIATE_TEST_SUITE_P(EverySubset, NovaSigns, testing::Range(0, 16));
INSTANTIATE_TEST_SUITE_P(EverySubset, NovaInterims, testing::Range(0, 8));

// The first connection falls silent and is found out seconds later. Nova takes what was said meanwhile
// at 1.25 times real time: uncut, the caller's next turns would be heard late for long.
TEST_F(DeepgramWords, TheTurnAfterAReplayIsToldInTime) {
    for (const bool flux : {false, true}) {
        SCOPED_TRACE(flux ? "flux" : "nova");
        listen(flux);
        silence(1s);
        say(2);
        service_ear_->last().stalled = true;
        say(4);
        silence(7s);
        ASSERT_EQ(ended_.back().text, "w1 w2 w3 w4 w5 w6") << testing::PrintToString(events_);
        say(5);
        silence(3s);
        ASSERT_EQ(ended_.back().text, "w7 w8 w9 w10 w11") << testing::PrintToString(events_);
        EXPECT_LE(ended_at_.back() - last_word_ended_, 1s);
        expect_every_word_once("after a stall");
        expect_no_sustained_haste("after a stall", flux ? 4 : 1.25);
        EXPECT_EQ(service_->counters().audio.cut_samples > 0, !flux);
        recognizer_.reset();
        ended_.clear();
        events_.clear();
        started_ = 0;
        said_words_ = {};
        at_ = {};
        connector_.attempts.clear();
        connector_.attempt_times.clear();
    }
}

// Pauses of any length in what is replayed: whatever is cut of them, each word is heard once and at its time.
class NovaPauses : public DeepgramWords, public testing::WithParamInterface<int> {};

TEST_P(NovaPauses, ThatAreCutCostNoWord) {
    listen(false);
    silence(1s);
    say(1);
    service_ear_->last().stalled = true;
    for (int words = 0; words < 4; ++words) {
        say(1);
        silence(milliseconds(GetParam()));
    }
    silence(10s);
    say(3);
    silence(5s);
    expect_every_word_once("pauses of " + std::to_string(GetParam()) + " ms");
    expect_no_sustained_haste("pauses", 1.25);
}
INSTANTIATE_TEST_SUITE_P(OfAnyLength, NovaPauses,
                         testing::Values(60, 300, 740, 1000, 1200, 1280, 1500, 1720, 2000));

TEST_F(DeepgramWords, AMonologueLongerThanAnyReplayKeepsItsTimedWordsOverABreak) {
    for (const bool flux : {false, true}) {
        SCOPED_TRACE(flux ? "flux" : "nova");
        // Nova's final pieces are missing: nothing is settled for the whole of it.
        mutes_.finals = !flux;
        listen(flux);
        silence(1s);
        break_at_ = 26s;
        break_now_ = [this] { connector_.last().lose(); };
        say(85);
        silence(10s);
        std::string expected;
        for (int word = 1; word <= said_words_.words; ++word)
            expected += (word == 1 ? "w" : " w") + std::to_string(word);
        std::string heard;
        for (const TurnEnded& ended : ended_) heard += (heard.empty() ? "" : " ") + ended.text;
        EXPECT_EQ(heard, expected);
        recognizer_.reset();
        ended_.clear();
        said_words_ = {};
        at_ = {};
    }
}

}  // namespace
}  // namespace atlas::providers::deepgram
