#include "sandbox/speech/audio_cut.hpp"
#include "sandbox/speech/end_of_turn.hpp"
#include "sandbox/speech/pause_trimmer.hpp"
#include "sandbox/speech/rate_converter.hpp"
#include "sandbox/speech/speakable_text.hpp"
#include "sandbox/speech/speech_segmenter.hpp"
#include "sandbox/speech/spoken_numbers.hpp"
#include "sandbox/speech/word_times.hpp"
#include "sandbox/speech/worker_pool.hpp"
#include "support/word_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <latch>
#include <numbers>
#include <stdexcept>
#include <thread>

namespace atlas::test {

namespace {

using namespace sandbox::speech;
using Change = SpeechSegmenter::Change;
using testing::ElementsAre;

std::vector<Change> feed(SpeechSegmenter& segmenter, int frames, float probability) {
    std::vector<Change> changes;
    for (int i = 0; i < frames; ++i) {
        const Change change = segmenter.add(probability);
        if (change != Change::none) changes.push_back(change);
    }
    return changes;
}

TEST(SpeechSegmenter, OpensAtTheSecondVoicedFrameAndDatesItBack) {
    SpeechSegmenter segmenter;
    EXPECT_TRUE(feed(segmenter, 10, 0.1F).empty());
    EXPECT_THAT(feed(segmenter, 2, 0.9F), ElementsAre(Change::opened));
    EXPECT_EQ(segmenter.start_ms(), 320);
    EXPECT_EQ(segmenter.now_ms(), 384);
}

TEST(SpeechSegmenter, TakesOneVoicedFrameForAClick) {
    SpeechSegmenter segmenter;
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(feed(segmenter, 1, 0.9F).empty());
        EXPECT_TRUE(feed(segmenter, 1, 0.1F).empty());
    }
    EXPECT_FALSE(segmenter.is_open());
}

TEST(SpeechSegmenter, ReportsAPauseAt200MsAndEvery100MsAfterwards) {
    SpeechSegmenter segmenter;
    feed(segmenter, 10, 0.9F);
    EXPECT_TRUE(feed(segmenter, 5, 0.1F).empty());
    EXPECT_THAT(feed(segmenter, 1, 0.1F), ElementsAre(Change::paused));
    EXPECT_EQ(segmenter.silence_ms(), 192);
    EXPECT_EQ(segmenter.speech_end_ms(), 320);
    EXPECT_THAT(feed(segmenter, 6, 0.1F), ElementsAre(Change::paused, Change::paused));
    EXPECT_EQ(segmenter.silence_ms(), 384);
}

TEST(SpeechSegmenter, ResumesAfterAPauseButNotForAClick) {
    SpeechSegmenter segmenter;
    feed(segmenter, 10, 0.9F);
    feed(segmenter, 6, 0.1F);
    EXPECT_TRUE(feed(segmenter, 1, 0.9F).empty());
    EXPECT_TRUE(feed(segmenter, 1, 0.1F).empty());
    // The first frame may be a click again: to it the pause still lasts.
    EXPECT_THAT(feed(segmenter, 2, 0.9F), ElementsAre(Change::paused, Change::resumed));
    EXPECT_TRUE(segmenter.is_open());
    EXPECT_EQ(segmenter.silence_ms(), 0);
}

TEST(SpeechSegmenter, AShortGapIsNoPause) {
    SpeechSegmenter segmenter;
    feed(segmenter, 10, 0.9F);
    EXPECT_TRUE(feed(segmenter, 5, 0.1F).empty());
    EXPECT_TRUE(feed(segmenter, 5, 0.4F).empty());  // neither: speech goes on at less than it begins with
    EXPECT_EQ(segmenter.silence_ms(), 0);
}

TEST(SpeechSegmenter, NeedsNewSpeechOnceClosed) {
    SpeechSegmenter segmenter;
    feed(segmenter, 10, 0.9F);
    segmenter.close();
    EXPECT_TRUE(feed(segmenter, 50, 0.1F).empty());
    EXPECT_THAT(feed(segmenter, 2, 0.9F), ElementsAre(Change::opened));
}

TEST(EndOfTurn, HearsWhetherATextIsFinished) {
    EXPECT_EQ(ending_of("That is all."), Ending::complete);
    EXPECT_EQ(ending_of("Is that all?"), Ending::complete);
    EXPECT_EQ(ending_of("He said \"stop!\""), Ending::complete);
    EXPECT_EQ(ending_of("I would like a table,"), Ending::open);
    EXPECT_EQ(ending_of("I would like a table and."), Ending::open);
    EXPECT_EQ(ending_of("Well, um."), Ending::open);
    EXPECT_EQ(ending_of("I was thinking..."), Ending::open);
    EXPECT_EQ(ending_of("a table for two"), Ending::undecided);
    EXPECT_EQ(ending_of(""), Ending::undecided);
}

TEST(EndOfTurn, PassesTheUsualThresholdWhenTheEndingSaysSo) {
    const auto passes = [](double silence, Ending ending, bool settled) {
        return end_of_turn_probability(silence, ending, settled) >= 0.7;
    };
    EXPECT_TRUE(passes(400, Ending::complete, true));
    EXPECT_FALSE(passes(350, Ending::complete, true));
    EXPECT_FALSE(passes(400, Ending::complete, false));
    EXPECT_TRUE(passes(600, Ending::complete, false));
    EXPECT_FALSE(passes(800, Ending::open, true));
    EXPECT_TRUE(passes(900, Ending::open, true));
}

TEST(EndOfTurn, RisesWithTheSilenceToCertainty) {
    for (const Ending ending : {Ending::complete, Ending::undecided, Ending::open}) {
        double last = 0;
        for (int silence = 0; silence <= 3000; silence += 10) {
            const double probability = end_of_turn_probability(silence, ending, true);
            ASSERT_GE(probability, last);
            ASSERT_LE(probability - last, 0.03);
            last = probability;
        }
        EXPECT_DOUBLE_EQ(last, certain_end);
    }
    EXPECT_EQ(end_of_turn_probability(-5, Ending::open, true), 0);
}

TEST(EndOfTurn, AgreesWhenALaterReadingOnlyAddsWords) {
    EXPECT_TRUE(agrees("I would like", "I would like to go."));
    EXPECT_TRUE(agrees("I would lie", "I would like to go."));  // the last word is often taken back
    EXPECT_TRUE(agrees("", "Hello."));
    EXPECT_FALSE(agrees("I wood like to", "I would like to go."));
    EXPECT_FALSE(agrees("I would like to go home", "I would like"));
}

TEST(AudioCut, FallsIntoTheQuietestPlaceOfTheSearchedPart) {
    std::vector<float> samples(16000 * 4, 0.5F);
    std::fill(samples.begin() + 4000, samples.begin() + 8000, 0.0F);  // quieter, but before the searched part
    std::fill(samples.begin() + 40000, samples.begin() + 42000, 0.1F);
    const std::size_t cut = quietest_cut(samples, 16000 * 2);
    EXPECT_GE(cut, 40000U);
    EXPECT_LE(cut, 42000U);
    EXPECT_EQ(quietest_cut(std::span(samples).first(100), 16000), 100U);
    EXPECT_EQ(quietest_cut({}, 16000), 0U);
}

TEST(WordTimes, LeaveThePausesBetweenTheWords) {
    std::vector<float> samples(16000 * 3, 0.0F);
    const auto sound = [&](int from_ms, int to_ms) {
        for (int i = from_ms * 16; i < to_ms * 16; ++i) samples[static_cast<std::size_t>(i)] = 0.3F;
    };
    sound(500, 1000);
    sound(2000, 2500);
    const auto words = spread_words("Hello, world.", samples, 10'000, 0.8);
    ASSERT_EQ(words.size(), 2U);
    EXPECT_EQ(words[0].text, "Hello,");
    EXPECT_NEAR(words[0].start_ms, 10'500, 20);
    EXPECT_NEAR(words[0].end_ms, 11'000, 60);
    EXPECT_NEAR(words[1].start_ms, 12'000, 60);
    EXPECT_NEAR(words[1].end_ms, 12'500, 20);
    EXPECT_EQ(words[1].confidence, 0.8);
}

TEST(WordTimes, StayInsideTheAudioEvenForMoreWordsThanFit) {
    const std::vector<float> samples(800, 0.1F);  // 50 ms
    const auto words = spread_words("a b c d e f g h i j k l m n o p", samples, 0, 1);
    ASSERT_EQ(words.size(), 16U);
    for (const auto& word : words) {
        EXPECT_GE(word.start_ms, 0);
        EXPECT_GT(word.end_ms, word.start_ms);
        EXPECT_LE(word.end_ms, 50);
    }
    EXPECT_TRUE(spread_words("", samples, 0, 1).empty());
    EXPECT_TRUE(spread_words("word", {}, 0, 1).empty());
}

TEST(PauseTrimmer, ShortensSilencesAndKeepsEverySound) {
    const std::vector<std::int16_t> quiet(16000, 5);
    const std::vector<std::int16_t> loud(1600, 9000);
    std::vector<std::int16_t> audio;
    for (const auto* part : {&quiet, &loud, &quiet, &loud, &quiet})
        audio.insert(audio.end(), part->begin(), part->end());
    PauseTrimmer trimmer;
    std::vector<std::int16_t> output;
    for (std::size_t at = 0; at < audio.size(); at += 333) {
        trimmer.add(std::span(audio).subspan(at, std::min<std::size_t>(333, audio.size() - at)), output);
    }
    trimmer.finish(output);
    EXPECT_EQ(std::count(output.begin(), output.end(), 9000), 3200);
    const std::size_t kept =
        PauseTrimmer::longest_lead + PauseTrimmer::longest_pause + PauseTrimmer::longest_tail;
    EXPECT_EQ(output.size(), 3200 + kept);
}

TEST(PauseTrimmer, LeavesShortPausesAlone) {
    std::vector<std::int16_t> audio(1600, 9000);
    audio.resize(audio.size() + 1600, 0);
    audio.resize(audio.size() + 1600, 9000);
    PauseTrimmer trimmer;
    std::vector<std::int16_t> output;
    trimmer.add(audio, output);
    trimmer.finish(output);
    EXPECT_EQ(output, audio);
}

TEST(RateConverter, KeepsATonesLengthAndLoudness) {
    std::vector<std::int16_t> tone(16000);
    for (std::size_t i = 0; i < tone.size(); ++i) {
        tone[i] = static_cast<std::int16_t>(
            8000 * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(i) / 16000));
    }
    RateConverter converter(16000, 24000);
    std::vector<std::int16_t> output;
    for (std::size_t at = 0; at < tone.size(); at += 320) {
        const auto part = converter.convert(std::span(tone).subspan(at, 320));
        output.insert(output.end(), part.begin(), part.end());
    }
    const auto rest = converter.finish();
    output.insert(output.end(), rest.begin(), rest.end());
    EXPECT_NEAR(static_cast<double>(output.size()), 24000, 5);
    double energy = 0;
    for (std::size_t i = 2400; i < 21600; ++i) energy += static_cast<double>(output[i]) * output[i];
    EXPECT_NEAR(std::sqrt(energy / 19200), 8000 / std::numbers::sqrt2, 60);
}

TEST(RateConverter, PassesEqualRatesThroughAndRefusesNonsense) {
    const std::vector<std::int16_t> samples{1, 2, 3};
    RateConverter same(16000, 16000);
    EXPECT_THAT(same.convert(samples), ElementsAre(1, 2, 3));
    EXPECT_TRUE(same.finish().empty());
    EXPECT_THROW(RateConverter(0, 16000), std::runtime_error);
}

TEST(Speakable, MakesPlainTextOfTypographyAndMarkdown) {
    EXPECT_EQ(speakable("It\u2019s \u201cfine\u201d"), "It's \"fine\"");
    EXPECT_EQ(speakable("caf\u00e9"), "cafe");
    EXPECT_EQ(speakable("**bold**"), "  bold  ");
    EXPECT_EQ(speakable("5\u20ac"), "5 euros ");
    EXPECT_EQ(speakable("a\xF0\x9F\x98\x80"), "a ");
    EXPECT_EQ(speakable("bad\xff\xc3"), "bad  ");
}

TEST(Speakable, CutsIntoSentences) {
    EXPECT_THAT(sentences("Hello. How are you? Fine!"), ElementsAre("Hello.", " How are you?", " Fine!"));
    EXPECT_THAT(sentences("Dr. Who paid 3.50 today"), ElementsAre("Dr. Who paid 3.50 today"));
    EXPECT_TRUE(sentences(" ... !").empty());
    std::string endless;
    for (int i = 0; i < 200; ++i) endless += "word ";
    std::string joined;
    for (const auto& piece : sentences(endless)) {
        EXPECT_LE(piece.size(), 200U);
        joined += piece;
    }
    EXPECT_EQ(joined, endless);
    EXPECT_GE(sentences(std::string(5000, 'a')).size(), 25U);
}

TEST(SpokenNumbers, AreSaidInWords) {
    EXPECT_EQ(say_number(0), "zero");
    EXPECT_EQ(say_number(42), "forty two");
    EXPECT_EQ(say_number(105), "one hundred and five");
    EXPECT_EQ(say_number(12'345), "twelve thousand three hundred and forty five");
    EXPECT_EQ(say_number(-3), "minus three");
    EXPECT_EQ(say_ordinal(1), "first");
    EXPECT_EQ(say_ordinal(12), "twelfth");
    EXPECT_EQ(say_ordinal(20), "twentieth");
    EXPECT_EQ(say_ordinal(31), "thirty first");
}

TEST(SpokenNumbers, AreFoundInDigitsAndWords) {
    const auto value = [](std::string_view text) {
        const auto number = find_number(plain_words(text));
        return number ? number->value : -1;
    };
    EXPECT_EQ(value("set it to 25 minutes"), 25);
    EXPECT_EQ(value("twenty five minutes"), 25);
    EXPECT_EQ(value("two hundred and five"), 205);
    EXPECT_EQ(value("three thousand two hundred"), 3200);
    EXPECT_EQ(value("1,500 or so"), 1500);
    EXPECT_EQ(value("two point"), 2);
    EXPECT_EQ(value("3.5 times"), 3.5);
    EXPECT_EQ(value("five and six"), 5);
    EXPECT_EQ(value("four five six"), 4);
    EXPECT_EQ(value("no number"), -1);
}

class Call final : public Task {
public:
    explicit Call(
        std::function<void()> run, std::function<void()> dropped = [] {})
        : run_(std::move(run)), dropped_(std::move(dropped)) {}
    void run() override { run_(); }
    void dropped() override { dropped_(); }

private:
    std::function<void()> run_;
    std::function<void()> dropped_;
};

TEST(WorkerPool, RunsAllThatWasPostedAndDropsTheOldestOffers) {
    constexpr int offers = static_cast<int>(WorkerPool::most_offers) + 5;
    std::atomic<int> posted = 0;
    std::vector<int> dropped;
    std::latch begin(1);
    std::latch end(1 + 100 + static_cast<int>(WorkerPool::most_offers));
    WorkerPool pool(1);
    pool.post(std::make_shared<Call>([&] {
        begin.wait();
        end.count_down();
    }));
    for (int i = 0; i < offers; ++i) {
        pool.offer(std::make_shared<Call>(
            [&] {
                EXPECT_EQ(posted, 100) << "an offer ran before what was posted";
                end.count_down();
            },
            [&dropped, i] { dropped.push_back(i); }));
    }
    for (int i = 0; i < 100; ++i) {
        pool.post(std::make_shared<Call>([&] {
            ++posted;
            end.count_down();
        }));
    }
    begin.count_down();
    end.wait();
    EXPECT_EQ(posted, 100);
    EXPECT_THAT(dropped, ElementsAre(0, 1, 2, 3, 4));
}

TEST(WorkerPool, KeepsOneWorkerFreeOfOffers) {
    std::latch release(1);
    std::latch posted(1);
    WorkerPool pool(2);
    for (int i = 0; i < 4; ++i) pool.offer(std::make_shared<Call>([&] { release.wait(); }));
    pool.post(std::make_shared<Call>([&] { posted.count_down(); }));
    posted.wait();  // for ever, if offers took both workers
    release.count_down();
}

TEST(WorkerPool, EndsWithTheRunningTaskAndForgetsTheWaitingOnes) {
    std::latch running(1);
    std::atomic<int> ran = 0;
    std::atomic<bool> ending = false;
    {
        WorkerPool pool(1);
        pool.post(std::make_shared<Call>([&] {
            running.count_down();
            while (!ending) std::this_thread::yield();
            ++ran;
        }));
        for (int i = 0; i < 10; ++i) pool.offer(std::make_shared<Call>([&] { ++ran; }));
        running.wait();
        ending = true;
    }
    EXPECT_GE(ran, 1);  // the running one was waited for; nothing runs any more
}

TEST(WordError, ComparesWordsAndNotTheirSpelling) {
    EXPECT_THAT(normalized_words("Mr. Ray's 33, isn't it?"),
                ElementsAre("mister", "ray's", "3", "3", "is", "not", "it"));
    EXPECT_EQ(normalized_words("thirty three four six ninety two"), normalized_words("33, 4692."));
    EXPECT_EQ(normalized_words("two hundred five"), normalized_words("205"));
    EXPECT_EQ(normalized_words("one thousand two hundred"), normalized_words("1,200"));
    EXPECT_EQ(normalized_words("ten o'clock"), normalized_words("10 o'clock"));
    EXPECT_EQ(normalized_words("an ill-disposed man"), normalized_words("An ill disposed man."));
}

TEST(WordError, CountsChangedMissingAndAddedWords) {
    EXPECT_EQ(word_errors("go forward ten meters", "Go forward 10 meters.").errors, 0);
    EXPECT_EQ(word_errors("a b c d", "a b c d").errors, 0);
    EXPECT_EQ(word_errors("a b c d", "a x c d").errors, 1);
    EXPECT_EQ(word_errors("a b c d", "a b d").errors, 1);
    EXPECT_EQ(word_errors("a b c d", "a b c c d").errors, 1);
    EXPECT_EQ(word_errors("a b c d", "").rate(), 1);
    EXPECT_EQ(word_errors("", "a").errors, 1);
    WordErrors total = word_errors("a b", "a");
    total += word_errors("c d", "c d");
    EXPECT_DOUBLE_EQ(total.rate(), 0.25);
}

}  // namespace

}  // namespace atlas::test
