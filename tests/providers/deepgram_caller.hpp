#pragma once

#include "atlas/providers/deepgram/deepgram_recognizer.hpp"
#include "deepgram_words.hpp"
#include "support/fake_websocket.hpp"
#include "support/manual_loop.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace atlas::test {

using Samples = std::vector<std::int16_t>;

// Never zero, so that silence put in by the client can be told from the caller's voice.
inline Samples voice(std::size_t first, std::size_t count) {
    Samples samples(count);
    for (std::size_t index = 0; index < count; ++index)
        samples[index] = static_cast<std::int16_t>((first + index) % 32000 + 1);
    return samples;
}

inline Samples without_silence(Samples samples) {
    std::erase(samples, std::int16_t{0});
    return samples;
}

// A recogniser in virtual time, with a caller who speaks without end in frames of 20 ms.
class DeepgramCaller : public testing::Test {
protected:
    DeepgramCaller() {
        settings_.api_key = "secret-key-123456";
        settings_.stale_after_loud = std::chrono::minutes(10);  // this caller is loud and seldom answered
        connector_.accepting_headers.add("dg-request-id", "request-7");
    }

    void start() {
        recognizer_.reset();
        service_ = std::make_unique<providers::deepgram::DeepgramRecognizerService>(
            settings_, connector_, loop_, [] { return 1.0; });
        recognizer_ = service_->start({}, [this](providers::RecognizerEvent event) {
            events_.push_back(std::visit(InWords(), event));
            if (const auto* again = std::get_if<providers::RecognizerReconnecting>(&event))
                failure_ = again->failure;
            if (const auto* failed = std::get_if<providers::RecognizerFailed>(&event))
                failure_ = failed->failure;
            if (on_event_) on_event_(event);
        });
    }
    // A Flux connection that is ready.
    void start_flux() {
        start();
        loop_.run_ready();
        connect_flux();
    }
    void connect_flux() { receive(R"({"type":"Connected","request_id":"flux-1","sequence_id":0})"); }
    void start_nova() {
        settings_.model = "nova-3";
        start();
        loop_.run_ready();
    }

    void receive(const std::string& json) {
        peer().text(json);
        loop_.run_ready();
    }
    void receive(const V2Message& message) { receive(message.json()); }
    void receive(const V1Results& results) { receive(results.json()); }

    void speak(net::Duration time) {
        for (net::Duration spoken{}; spoken < time; spoken += std::chrono::milliseconds(20)) {
            if (recognizer_) recognizer_->send_audio(voice(said_, 320));
            said_ += 320;
            loop_.advance(std::chrono::milliseconds(20));
        }
    }
    // As real services do: a sign of life after each quarter second of audio.
    void speak_with_updates(net::Duration time) {
        for (net::Duration spoken{}; spoken < time; spoken += std::chrono::milliseconds(240)) {
            speak(std::chrono::milliseconds(240));
            heard_seconds_ += 0.24;
            if (peer().open()) receive(V2Message{"Update", 0, heard_seconds_, "", ""});
        }
    }

    FakePeer& peer() { return connector_.last(); }
    Lines take_events() { return std::exchange(events_, {}); }
    net::Duration since(net::TimePoint when) const { return loop_.now() - when; }

    ManualLoop loop_;
    FakeWebsocketConnector connector_{loop_};
    providers::deepgram::DeepgramSettings settings_;
    std::unique_ptr<providers::deepgram::DeepgramRecognizerService> service_;
    std::unique_ptr<providers::SpeechRecognizer> recognizer_;
    std::function<void(const providers::RecognizerEvent&)> on_event_;
    Lines events_;
    providers::ProviderFailure failure_;
    std::size_t said_ = 0;
    double heard_seconds_ = 0;
};

}  // namespace atlas::test
