#include "tools/speech_support.hpp"

#include "sandbox/speech/rate_converter.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <utility>

namespace atlas::test {

namespace {

Samples read_samples(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    const std::size_t header = file.extension() == ".wav" ? 44 : 0;
    if (bytes.size() <= header)
        throw std::runtime_error("cannot read " + file.string() + " (pocketsphinx-testdata)");
    Samples samples;
    for (std::size_t i = header; i + 1 < bytes.size(); i += 2) {
        const auto low = static_cast<unsigned char>(bytes[i]);
        const auto high = static_cast<unsigned char>(bytes[i + 1]);
        samples.push_back(static_cast<std::int16_t>(low | high << 8));
    }
    return samples;
}

}  // namespace

sandbox::Post PostQueue::post() {
    return [this](std::function<void()> work) {
        const std::lock_guard lock(mutex_);
        work_.push_back(std::move(work));
        wake_.notify_one();
    };
}

void PostQueue::run_posted() {
    std::deque<std::function<void()>> work;
    {
        const std::lock_guard lock(mutex_);
        std::swap(work, work_);
    }
    for (auto& one : work) one();
}

bool PostQueue::wait_for_work(std::chrono::seconds budget) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, budget, [this] { return !work_.empty(); });
}

bool PostQueue::run_until(const std::function<bool()>& done, std::chrono::seconds budget) {
    const auto end = std::chrono::steady_clock::now() + budget;
    while (!done()) {
        const auto left = std::chrono::ceil<std::chrono::seconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0 || !wait_for_work(left)) return done();
        run_posted();
    }
    return true;
}

std::string Heard::text() const {
    std::string text;
    for (const auto& ended : all<sandbox::SegmentEnd>()) {
        if (ended.segment.text.empty()) continue;
        if (!text.empty()) text += ' ';
        text += ended.segment.text;
    }
    return text;
}

Heard listen(sandbox::RecognizerEngine& engine, PostQueue& loop, std::span<const std::int16_t> audio,
             int sample_rate) {
    Heard heard;
    sandbox::RecognizerRequest request;
    request.sample_rate = sample_rate;
    const auto session = engine.start(
        request, [&](sandbox::RecognizerEvent event) { heard.events.push_back(std::move(event)); });
    const auto frame = static_cast<std::size_t>(sample_rate) / 50;
    for (std::size_t at = 0; at < audio.size(); at += frame) {
        session->push(audio.subspan(at, std::min(frame, audio.size() - at)));
    }
    session->flush([&] { ++heard.flushed; });
    EXPECT_TRUE(loop.run_until([&] { return heard.flushed > 0; })) << "the recogniser did not answer flush()";
    return heard;
}

Samples speak(sandbox::VoiceEngine& voice, PostQueue& loop, const std::string& text, int sample_rate) {
    Samples spoken;
    bool done = false;
    sandbox::SpeechHandlers handlers;
    handlers.on_chunk = [&](std::span<const std::int16_t> chunk) {
        spoken.insert(spoken.end(), chunk.begin(), chunk.end());
    };
    handlers.on_done = [&](const std::string& error) {
        EXPECT_EQ(error, "");
        done = true;
    };
    sandbox::SpeechRequest request;
    request.text = text;
    request.sample_rate = sample_rate;
    const auto speaking = voice.start(request, std::move(handlers));
    EXPECT_TRUE(loop.run_until([&] { return done; })) << "the voice did not finish: " << text;
    return spoken;
}

Samples silence(int ms, int sample_rate) {
    return Samples(static_cast<std::size_t>(ms) * static_cast<std::size_t>(sample_rate) / 1000);
}

Samples noise(int ms, int amplitude, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> sample(-amplitude, amplitude);
    Samples samples = silence(ms);
    for (auto& one : samples) one = static_cast<std::int16_t>(sample(random));
    return samples;
}

Samples operator+(Samples first, const Samples& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

Samples in_rate(std::span<const std::int16_t> audio, int from, int to) {
    sandbox::speech::RateConverter converter(from, to);
    const auto converted = converter.convert(audio);
    return {converted.begin(), converted.end()};
}

std::vector<Recording> human_recordings() {
    const std::filesystem::path folder = "/usr/share/pocketsphinx/test/data";
    static const std::vector<std::pair<std::string, std::string>> texts{
        {"goforward.raw", "go forward ten meters"},
        {"something.raw", "go somewhere and do something"},
        {"numbers.raw", "thirty three four six ninety two"},
        {"tidigits/dhd.2934z.raw", "two nine three four zero"},
        {"cards/001.wav", "ten of clubs"},
        {"cards/002.wav", "four queen of clubs"},
        {"cards/003.wav", "seven of clubs"},
        {"cards/004.wav", "five five"},
        {"cards/005.wav", "eight of spades four of clubs seven of hearts"},
        {"librivox/sense_and_sensibility_01_austen_64kb-0870.wav",
         "and mister john dashwood had then leisure to consider how much there might be prudently in his "
         "power to do "
         "for them"},
        {"librivox/sense_and_sensibility_01_austen_64kb-0880.wav", "he was not an ill disposed young man"},
        {"librivox/sense_and_sensibility_01_austen_64kb-0890.wav",
         "unless to be rather cold hearted and rather selfish is to be ill disposed"},
        {"librivox/sense_and_sensibility_01_austen_64kb-0920.wav",
         "had he married a more amiable woman he might have been made still more respectable than he was"},
        {"librivox/sense_and_sensibility_01_austen_64kb-0930.wav",
         "he might even have been made amiable himself"}};
    std::vector<Recording> recordings;
    for (const auto& [file, said] : texts) recordings.push_back({read_samples(folder / file), said});
    return recordings;
}

std::filesystem::path models_folder() {
    const char* folder = std::getenv("ATLAS_MODELS");
    return folder != nullptr && *folder != '\0' ? folder : ATLAS_DEFAULT_MODELS;
}

bool models_are_there() {
    return std::filesystem::exists(models_folder()) || std::getenv("ATLAS_REQUIRE_MODELS") != nullptr;
}

void WithModels::SetUp() {
    if (!models_are_there()) {
        GTEST_SKIP() << "the speech models are not there (" << models_folder().string()
                     << "): call script/models";
    }
}

}  // namespace atlas::test
