#include "sandbox/speech/flite_voice.hpp"
#include "sandbox/speech/live_recognizer.hpp"
#include "support/word_error.hpp"
#include "tools/speech_support.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <stdexcept>

namespace atlas::test {

namespace {

using namespace sandbox;
using speech::FliteVoice;
using speech::LiveRecognizer;

// The models are loaded once for all tests: under the sanitizers that takes seconds.
class LiveRecognizerTest : public WithModels {
protected:
    static void SetUpTestSuite() {
        if (!models_are_there()) return;
        engine_ = std::make_unique<LiveRecognizer>(models_folder(), "moonshine-tiny", 2, loop_.post());
        voice_ = std::make_unique<FliteVoice>(loop_.post());
    }
    static void TearDownTestSuite() {
        engine_.reset();
        voice_.reset();
    }
    static Heard hear(const Samples& audio, int sample_rate = 16000) {
        return listen(*engine_, loop_, audio, sample_rate);
    }
    static Samples say(const std::string& text) { return speak(*voice_, loop_, text); }

    static inline PostQueue loop_;
    static inline std::unique_ptr<LiveRecognizer> engine_;
    static inline std::unique_ptr<FliteVoice> voice_;
};

std::string joined(const std::vector<RecognizedWord>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : " ") + word.text;
    return text;
}

TEST_F(LiveRecognizerTest, UnderstandsPeopleWithAtMost15PercentWordErrors) {
    WordErrors total;
    std::string transcript;
    for (const Recording& recording : human_recordings()) {
        const std::string text = hear(silence(300) + recording.samples + silence(1100)).text();
        total += word_errors(recording.said, text);
        transcript += recording.said + " -> " + text + '\n';
    }
    EXPECT_GT(total.words, 100);
    EXPECT_LE(total.rate(), 0.15) << transcript;
    RecordProperty("word_error_percent", static_cast<int>(100 * total.rate()));
}

TEST_F(LiveRecognizerTest, UnderstandsTheSandboxsOwnVoiceWithAtMost20PercentWordErrors) {
    WordErrors total;
    std::string transcript;
    for (const char* text :
         {"Hello, how can I help you today?", "Your appointment is on Monday at three in the afternoon.",
          "The weather will be sunny with a light breeze from the west.",
          "Please tell me your name and your telephone number.",
          "I am sorry, I did not catch that. Could you say it again?"}) {
        const std::string heard = hear(silence(300) + say(text) + silence(1500)).text();
        total += word_errors(text, heard);
        transcript += std::string(text) + " -> " + heard + '\n';
    }
    EXPECT_GT(total.words, 40);
    EXPECT_LE(total.rate(), 0.20) << transcript;
}

TEST_F(LiveRecognizerTest, UnderstandsShortWordsThatStandAlone) {
    WordErrors total;
    std::string transcript;
    for (const char* text : {"Hello.", "Yes.", "No.", "Stop.", "Goodbye.", "Thank you.", "Wait, stop."}) {
        const std::string heard = hear(silence(300) + say(text) + silence(1100)).text();
        total += word_errors(text, heard);
        transcript += std::string(text) + " -> " + heard + '\n';
    }
    EXPECT_LE(total.errors, 2) << transcript;  // of 9: "Good-bye" counts for two
}

TEST_F(LiveRecognizerTest, TellsATurnInOrder) {
    const Samples audio =
        silence(500) + say("Good morning, I would like to speak with the doctor.") + silence(1500);
    const Heard heard = hear(audio);
    ASSERT_FALSE(heard.events.empty());
    EXPECT_TRUE(std::holds_alternative<SpeechStarted>(heard.events.front()));
    EXPECT_TRUE(std::holds_alternative<SegmentEnd>(heard.events.back()));

    const auto ended = heard.all<SegmentEnd>();
    ASSERT_EQ(ended.size(), 1U) << heard.text();
    const Segment& segment = ended[0].segment;
    EXPECT_EQ(segment.number, 0);
    EXPECT_NEAR(static_cast<double>(segment.start_ms), 530, 100);
    EXPECT_NEAR(static_cast<double>(segment.end_ms), static_cast<double>(audio.size()) / 16 - 1500, 200);
    EXPECT_EQ(joined(segment.words), segment.text);
    for (std::size_t i = 1; i < segment.words.size(); ++i) {
        EXPECT_GE(segment.words[i].start_ms, segment.words[i - 1].start_ms);
        EXPECT_GT(segment.words[i].end_ms, segment.words[i].start_ms);
    }

    const auto pauses = heard.all<Pause>();
    ASSERT_GE(pauses.size(), 4U);
    EXPECT_LT(pauses.front().end_of_turn, 0.7);
    EXPECT_GE(pauses.back().end_of_turn, 0.95);
    const auto last_run =
        std::find_if(pauses.rbegin(), pauses.rend() - 1, [](const Pause& p) { return p.silence_ms < 200; });
    for (auto pause = last_run; pause != pauses.rbegin(); --pause) {
        EXPECT_GE(std::prev(pause)->end_of_turn, pause->end_of_turn);
        EXPECT_NEAR(static_cast<double>(std::prev(pause)->silence_ms - pause->silence_ms), 100, 10);
    }
}

TEST_F(LiveRecognizerTest, GivesTheSameTextAtAnySpeed) {
    const Samples audio = silence(300) + human_recordings()[13].samples + silence(1500);
    const Heard in_frames = hear(audio);
    Heard at_once;
    const auto session =
        engine_->start({}, [&](RecognizerEvent event) { at_once.events.push_back(std::move(event)); });
    session->push(audio);
    ASSERT_TRUE(loop_.run_until([&] { return !at_once.all<SegmentEnd>().empty(); }));
    EXPECT_FALSE(in_frames.text().empty());
    EXPECT_EQ(at_once.text(), in_frames.text());
}

TEST_F(LiveRecognizerTest, TellsWordsWhileTheCallerStillSpeaks) {
    Heard heard;
    const auto session =
        engine_->start({}, [&](RecognizerEvent event) { heard.events.push_back(std::move(event)); });
    session->push(silence(300));
    // The speech alone, without its end: whatever words come now come from partials.
    const Samples speech = human_recordings()[9].samples;
    const std::size_t second = 16000;
    for (std::size_t at = 0; at + second <= speech.size() && heard.all<Partial>().empty(); at += second / 2) {
        session->push(std::span(speech).subspan(at, second / 2));
        const std::size_t before = heard.events.size();
        loop_.run_until([&] { return heard.events.size() > before; }, std::chrono::seconds(5));
    }
    ASSERT_FALSE(heard.all<Partial>().empty());
    EXPECT_TRUE(heard.all<SegmentEnd>().empty());
    const Segment partial = heard.all<Partial>().front().segment;
    EXPECT_FALSE(partial.text.empty());
    EXPECT_EQ(joined(partial.words), partial.text);
}

TEST_F(LiveRecognizerTest, HearsNothingInSilence) {
    EXPECT_TRUE(hear(silence(5000)).events.empty());
    EXPECT_TRUE(hear(noise(5000, 30, 7)).events.empty());
}

TEST_F(LiveRecognizerTest, HearsNoWordsInBurstsOfNoise) {
    Samples audio = silence(500);
    for (unsigned burst = 0; burst < 6; ++burst) {
        audio = std::move(audio) + noise(40 + 60 * static_cast<int>(burst), 12000, burst) + silence(900);
    }
    const Heard heard = hear(audio);
    EXPECT_EQ(heard.text(), "");
    EXPECT_TRUE(heard.all<Partial>().empty());
    EXPECT_TRUE(heard.all<Pause>().empty());
}

TEST_F(LiveRecognizerTest, GoesOnWithTheSegmentAfterAShortPause) {
    const Samples audio = silence(300) + say("I would like to book a table,") + silence(350) +
                          say("for four people on Friday evening.") + silence(2500);
    const Heard heard = hear(audio);
    EXPECT_EQ(heard.all<SegmentEnd>().size(), 1U) << heard.text();
    ASSERT_EQ(heard.all<SpeechResumed>().size(), 1U) << heard.text();
    EXPECT_GE(heard.all<SpeechResumed>()[0].at_ms, heard.all<Pause>()[0].segment.end_ms);
    EXPECT_LE(
        word_errors("I would like to book a table for four people on Friday evening", heard.text()).rate(),
        0.2)
        << heard.text();
}

TEST_F(LiveRecognizerTest, ReadsSpeechLongerThanTheModelCanTakeAtOnce) {
    std::string said;
    Samples audio = silence(300);
    for (const Recording& recording : human_recordings()) {
        if (recording.samples.size() < 16000 * 3) continue;
        said += recording.said + ' ';
        audio = std::move(audio) + recording.samples;
    }
    ASSERT_GT(audio.size(), std::size_t{16000 * 20});
    const Heard heard = hear(audio + silence(2500));
    EXPECT_LE(word_errors(said, heard.text()).rate(), 0.15) << heard.text();
}

TEST_F(LiveRecognizerTest, UnderstandsTelephoneAndStudioSampleRates) {
    const Recording recording = human_recordings()[0];
    const Samples audio = silence(300) + recording.samples + silence(1100);
    const auto start_ms = [](const Heard& heard) { return heard.all<SpeechStarted>().at(0).at_ms; };
    const std::int64_t expected_ms = start_ms(hear(audio));
    for (const int rate : {8000, 24000, 44100, 48000}) {
        const Heard heard = hear(in_rate(audio, 16000, rate), rate);
        EXPECT_LE(word_errors(recording.said, heard.text()).rate(), 0.2) << rate << " Hz: " << heard.text();
        EXPECT_NEAR(static_cast<double>(start_ms(heard)), static_cast<double>(expected_ms), 70) << rate;
    }
}

TEST_F(LiveRecognizerTest, RefusesSampleRatesItCannotHear) {
    RecognizerRequest request;
    request.sample_rate = 4000;
    EXPECT_THROW(engine_->start(request, [](RecognizerEvent) {}), std::invalid_argument);
}

TEST_F(LiveRecognizerTest, FlushEndsTheSegmentInTheMiddleOfSpeechAndNumbersTheNext) {
    const Samples first = silence(300) + human_recordings()[0].samples;
    const Samples second = human_recordings()[1].samples + silence(1500);
    Heard heard;
    const auto session =
        engine_->start({}, [&](RecognizerEvent event) { heard.events.push_back(std::move(event)); });
    std::vector<std::size_t> ended_at_flush;
    const auto on_flushed = [&] { ended_at_flush.push_back(heard.all<SegmentEnd>().size()); };
    session->push(first);
    session->flush(on_flushed);
    session->push(second);
    session->flush(on_flushed);
    ASSERT_TRUE(loop_.run_until([&] { return ended_at_flush.size() == 2; }));
    EXPECT_EQ(ended_at_flush[0], 1U);
    const auto ended = heard.all<SegmentEnd>();
    ASSERT_GE(ended.size(), 2U);
    EXPECT_EQ(ended[1].segment.number, 1);
    EXPECT_GT(ended[1].segment.start_ms, ended[0].segment.end_ms);
    EXPECT_THAT(ended[0].segment.text, testing::HasSubstr("meters"));
    EXPECT_THAT(ended[1].segment.text, testing::HasSubstr("something"));
}

TEST_F(LiveRecognizerTest, FlushWithoutSpeechIsAnsweredToo) {
    const Heard heard = hear(silence(100));
    EXPECT_EQ(heard.flushed, 1);
    EXPECT_TRUE(heard.events.empty());
}

TEST_F(LiveRecognizerTest, TwoCallersAtOnceAreHeardApart) {
    const std::vector<Recording> recordings = human_recordings();
    Heard first;
    Heard second;
    const auto one =
        engine_->start({}, [&](RecognizerEvent event) { first.events.push_back(std::move(event)); });
    const auto two =
        engine_->start({}, [&](RecognizerEvent event) { second.events.push_back(std::move(event)); });
    const Samples a = silence(200) + recordings[12].samples + silence(1500);
    const Samples b = silence(200) + recordings[9].samples + silence(1500);
    for (std::size_t at = 0; at < std::max(a.size(), b.size()); at += 320) {
        if (at < a.size()) one->push(std::span(a).subspan(at, std::min<std::size_t>(320, a.size() - at)));
        if (at < b.size()) two->push(std::span(b).subspan(at, std::min<std::size_t>(320, b.size() - at)));
    }
    one->flush([&] { ++first.flushed; });
    two->flush([&] { ++second.flushed; });
    ASSERT_TRUE(loop_.run_until([&] { return first.flushed == 1 && second.flushed == 1; }));
    EXPECT_LE(word_errors(recordings[12].said, first.text()).rate(), 0.15) << first.text();
    EXPECT_LE(word_errors(recordings[9].said, second.text()).rate(), 0.15) << second.text();
}

TEST_F(LiveRecognizerTest, ADestroyedSessionIsNeverHeardAgain) {
    int events = 0;
    auto session = engine_->start({}, [&](RecognizerEvent) { ++events; });
    session->push(silence(300) + human_recordings()[0].samples);
    session->flush([&] { ++events; });
    ASSERT_TRUE(loop_.wait_for_work());  // an event was posted and is not delivered yet
    session.reset();
    hear(silence(300) + human_recordings()[1].samples);  // what was under way is over by then
    EXPECT_EQ(events, 0);
}

TEST_F(LiveRecognizerTest, AHandlerMayDestroyItsSession) {
    std::unique_ptr<RecognizerSession> session;
    int events = 0;
    session = engine_->start({}, [&](RecognizerEvent) {
        ++events;
        session.reset();
    });
    session->push(silence(300) + human_recordings()[0].samples + silence(1500));
    ASSERT_TRUE(loop_.run_until([&] { return events > 0; }));
    hear(silence(300));
    EXPECT_EQ(events, 1);
}

TEST(OnnxRuntime, SaysWhichLibraryItCannotOpenOrUse) {
    const auto error_of = [](const char* library) -> std::string {
        try {
            speech::OnnxRuntime runtime(library);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_THAT(error_of("/nonexistent/libonnxruntime.so"),
                testing::HasSubstr("/nonexistent/libonnxruntime.so"));
    EXPECT_THAT(error_of("libdl.so.2"), testing::HasSubstr("is not ONNX Runtime"));
}

TEST(LiveEngines, SayWhichModelIsMissingAndHowToGetIt) {
    LiveSettings settings;
    settings.models_directory = "/nonexistent";
    PostQueue loop;
    try {
        make_live_engines(settings, loop.post());
        FAIL() << "engines without models";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("/nonexistent/libonnxruntime.so"));
        EXPECT_THAT(error.what(), testing::HasSubstr("script/models"));
    }
}

TEST_F(WithModels, LiveEnginesRecogniseSpeakAndAnswer) {
    PostQueue loop;
    LiveSettings settings;
    settings.models_directory = models_folder().string();
    const Engines engines = make_live_engines(settings, loop.post());
    const auto tokens = engines.responder->reply("", {{true, "Hello."}});
    std::string reply;
    for (const auto& token : tokens) reply += token;
    const Samples spoken = speak(*engines.voice, loop, reply);
    const Heard heard = listen(*engines.recognizer, loop, silence(300) + spoken + silence(1500));
    EXPECT_LE(word_errors(reply, heard.text()).rate(), 0.3) << reply << " -> " << heard.text();
}

}  // namespace

}  // namespace atlas::test
