#include "simulator/simulated_recognizer.hpp"

#include <utility>

namespace atlas::sim {
namespace {

constexpr std::chrono::milliseconds block{1000 / blocks_per_second};

}  // namespace

class SimulatedRecognizer::Listening final : public providers::SpeechRecognizer {
public:
    Listening(SimulatedRecognizer& service, providers::RecognizerRequest request,
              std::function<void(providers::RecognizerEvent)> on_event)
        : service_(service),
          samples_per_block_(static_cast<std::size_t>(request.sample_rate / blocks_per_second)),
          reports_(service.agenda_,
                   [on_event = std::move(on_event)](const auto& event) { on_event(event); }) {
        reports_.send(service.latency, providers::RecognizerReady{"listening-1"});
    }
    ~Listening() override { reports_.let_go(); }

    void send_audio(std::span<const std::int16_t> samples) override {
        for (std::size_t at = 0; at + samples_per_block_ <= samples.size(); at += samples_per_block_)
            hear(WordSounds::code_of(samples[at]));
    }
    void end_turn() override {
        ++service_.asked_to_end_turn;
        if (deaf_ || dead_) return;
        finish_word();
        if (open_ && !words_.empty()) end("manual");
    }
    void set_patience(providers::Patience patience) override { service_.patience.push_back(patience.pause); }
    // Hears again what was not recognised.
    void restart(std::string) override {
        ++service_.restarts;
        if (!std::exchange(deaf_, false)) return;
        position_ -= block * missed_.size();
        for (const int code : std::exchange(missed_, {})) listen(code);
    }

private:
    // What arrives is noted even when the recogniser makes nothing of it.
    void hear(int code) {
        if (code != 0 && !service_.sounds_.word(code).text.empty()) {
            if (arriving_ != code) service_.heard.push_back({code, 0});
            ++service_.heard.back().blocks;
        }
        arriving_ = code;
        if (dead_) return;
        if (deaf_ || outage_left_ > 0) {
            miss(code);
            if (outage_left_ > 0 && --outage_left_ == 0) replay();
            return;
        }
        listen(code);
    }

    void miss(int code) {
        missed_.push_back(code);
        position_ += block;
    }

    void break_off() {
        providers::RecognizerReconnecting again;
        again.failure.reason = providers::FailureReason::disconnected;
        report(again);
        outage_left_ = static_cast<int>(service_.outage / block);
    }

    // Another connection hears the turn from its start, and then what came meanwhile.
    void replay() {
        for (std::size_t end = words_.find(' '); end != std::string::npos; end = words_.find(' ', end + 1))
            if (service_.sends_updates) report(providers::TranscriptUpdated{words_.substr(0, end), 0.9});
        position_ -= block * missed_.size();
        for (const int code : std::exchange(missed_, {})) outage_left_ > 0 ? miss(code) : listen(code);
    }

    void listen(int code) {
        position_ += block;
        if (code != word_) finish_word();
        if (outage_left_ > 0) missed_.push_back(code);
        if (deaf_ || dead_ || outage_left_ > 0) return;
        if (code == 0) return be_silent();
        word_ = code;
        silence_ = {};
        sound_ += block;
        noise_ = noise_ || service_.sounds_.word(code).text.empty();
        if (std::exchange(may_be_over_, false)) report(providers::TurnResumed{});
        const bool counts = service_.starts_at_noise || !service_.sounds_.word(code).text.empty();
        if (!open_ && counts && sound_ >= service_.start_after) {
            open_ = true;
            for (int i = 0; i < service_.repeats_start; ++i)
                report(providers::CallerStartedSpeaking{position_ - sound_});
        }
    }

    void finish_word() {
        if (word_ == 0) return;
        const auto& word = service_.sounds_.word(std::exchange(word_, 0));
        last_end_ = position_ - block;
        if (word.text.empty()) return;
        open_ = true;
        auto text = word.text;
        if (const auto found = service_.mishears.find(plain_word(text)); found != service_.mishears.end())
            text = found->second;
        if (!text.empty()) words_ += (words_.empty() ? "" : " ") + text;
        if (service_.sends_updates && !words_.empty()) report(providers::TranscriptUpdated{words_, 0.9});
        ++words_heard_;
        if (service_.misfires_after_word.contains(words_heard_) && !std::exchange(may_be_over_, true))
            report(providers::TurnMayHaveEnded{words_, service_.eager_confidence});
        if (service_.goes_deaf_after_word == words_heard_) deaf_ = true;
        if (service_.breaks_after_word.contains(words_heard_)) break_off();
        if (service_.dies_after_word == words_heard_) {
            dead_ = true;
            providers::ProviderFailure failure;
            failure.reason = providers::FailureReason::disconnected;
            report(providers::RecognizerFailed{failure});
        }
    }

    void be_silent() {
        silence_ += block;
        if (silence_ > std::chrono::milliseconds(200)) sound_ = {};
        if (!open_) return;
        const auto end = service_.follows_patience && !service_.patience.empty() ? service_.patience.back()
                                                                                 : service_.end_silence;
        if (service_.eager && silence_ == service_.eager_silence && !words_.empty() && !may_be_over_) {
            may_be_over_ = true;
            report(providers::TurnMayHaveEnded{words_, service_.eager_confidence});
        }
        if (silence_ < end) return;
        if (words_.empty() && !service_.ends_noise) return;
        if (service_.forgets_end_of.contains(turn_)) return;
        this->end("model");
    }

    void end(const char* trigger) {
        auto words = std::exchange(words_, {});
        if (service_.ends_with) words = service_.ends_with(std::move(words));
        report(providers::TurnEnded{std::move(words), last_end_, trigger});
        service_.ends_told.push_back(service_.agenda_.now() + service_.latency);
        open_ = may_be_over_ = noise_ = false;
        sound_ = {};
        if (service_.goes_deaf_after_turn == turn_) deaf_ = true;
        ++turn_;
    }

    void report(providers::RecognizerEvent event) { reports_.send(service_.latency, std::move(event)); }

    SimulatedRecognizer& service_;
    std::size_t samples_per_block_;
    Reports<providers::RecognizerEvent> reports_;
    std::chrono::milliseconds position_{}, last_end_{}, silence_{}, sound_{};
    int arriving_ = 0;
    int word_ = 0;  // being heard
    std::string words_;
    int words_heard_ = 0;
    int turn_ = 1;
    bool open_ = false, may_be_over_ = false, noise_ = false, deaf_ = false, dead_ = false;
    std::vector<int> missed_;
    int outage_left_ = 0;  // blocks
};

std::unique_ptr<providers::SpeechRecognizer> SimulatedRecognizer::start(
    providers::RecognizerRequest request, std::function<void(providers::RecognizerEvent)> on_event) {
    ++started;
    return std::make_unique<Listening>(*this, std::move(request), std::move(on_event));
}

}  // namespace atlas::sim
