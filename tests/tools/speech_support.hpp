#pragma once

#include "sandbox/speech/engine.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace atlas::test {

using Samples = std::vector<std::int16_t>;

// The wires' thread of a test: engines post to it from their workers, the test runs what was posted while
// it waits for something.
class PostQueue {
public:
    sandbox::Post post();
    // Runs posted work until `done` holds; false when the budget is used up first.
    bool run_until(const std::function<bool()>& done, std::chrono::seconds budget = std::chrono::seconds(60));
    // Waits until something was posted, without running it.
    bool wait_for_work(std::chrono::seconds budget = std::chrono::seconds(60));
    void run_posted();

private:
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> work_;
};

// What a recogniser said, in order.
struct Heard {
    std::vector<sandbox::RecognizerEvent> events;
    int flushed = 0;

    template <class Event>
    std::vector<Event> all() const {
        std::vector<Event> found;
        for (const auto& event : events) {
            if (const auto* one = std::get_if<Event>(&event)) found.push_back(*one);
        }
        return found;
    }
    std::string text() const;  // of all ended segments
};

// A recogniser's whole answer to some audio, pushed in 20 ms frames as fast as it goes, and flushed.
Heard listen(sandbox::RecognizerEngine& engine, PostQueue& loop, std::span<const std::int16_t> audio,
             int sample_rate = 16000);

// A voice's whole answer; fails the test when it reports an error.
Samples speak(sandbox::VoiceEngine& voice, PostQueue& loop, const std::string& text, int sample_rate = 16000);

Samples silence(int ms, int sample_rate = 16000);
Samples noise(int ms, int amplitude, unsigned seed);  // white, 16 kHz
Samples operator+(Samples first, const Samples& second);
Samples in_rate(std::span<const std::int16_t> audio, int from, int to);

struct Recording {
    Samples samples;  // 16 kHz
    std::string said;
};
// Read by people: Debian's pocketsphinx-testdata.
std::vector<Recording> human_recordings();

// Tests that need the models: skipped only where these were never fetched, and never when
// ATLAS_REQUIRE_MODELS is set.
std::filesystem::path models_folder();
bool models_are_there();

class WithModels : public testing::Test {
protected:
    void SetUp() override;
};

}  // namespace atlas::test
