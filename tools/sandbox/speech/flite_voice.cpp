#include "sandbox/speech/flite_voice.hpp"

#include "sandbox/speech/pause_trimmer.hpp"
#include "sandbox/speech/rate_converter.hpp"
#include "sandbox/speech/speakable_text.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

extern "C" {
#include <flite/flite.h>
cst_voice* register_cmu_us_slt(const char* folder);
}

namespace atlas::sandbox::speech {

namespace {

constexpr int voice_rate = 16000;  // Hz, of slt

// One voice for the whole process; it may be used by many threads at once (offline_speech.md §1).
cst_voice* shared_voice() {
    static std::once_flag once;
    static cst_voice* voice = nullptr;
    std::call_once(once, [] {
        flite_init();
        voice = register_cmu_us_slt(nullptr);
    });
    return voice;
}

struct Handlers {  // of the wires' thread; gone once the Speaking is
    std::shared_ptr<SpeechHandlers> current;
};

// One text on its way through the worker: each run() speaks one sentence, then queues again.
class SpeakTask final : public Task, public std::enable_shared_from_this<SpeakTask> {
public:
    SpeakTask(const SpeechRequest& request, WorkerPool& pool, Post post, std::shared_ptr<Handlers> handlers,
              std::shared_ptr<std::atomic<int>> speaking)
        : pool_(pool),
          post_(std::move(post)),
          handlers_(std::move(handlers)),
          speaking_(std::move(speaking)),
          speed_(request.speed),
          sentences_(sentences(speakable(request.text))),
          converter_(voice_rate, request.sample_rate),
          chunk_size_(static_cast<std::size_t>(request.sample_rate) / 25) {
        ++*speaking_;
    }
    ~SpeakTask() override { --*speaking_; }

    void cancel() { cancelled_ = true; }

    void run() override {
        if (cancelled_) return;
        if (next_ < sentences_.size() && !speak(sentences_[next_++])) {
            if (!cancelled_) done("flite could not speak the text");
            return;
        }
        if (next_ < sentences_.size()) return pool_.post(shared_from_this());
        end();
    }

private:
    // False when it was cancelled or failed.
    bool speak(const std::string& sentence) {
        cst_audio_streaming_info* streaming = new_audio_streaming_info();
        streaming->asc = on_audio;
        streaming->userdata = this;
        streaming->min_buffsize = voice_rate / 50;
        cst_utterance* utterance = new_utterance();
        utt_set_input_text(utterance, sentence.c_str());
        feat_set(utterance->features, "streaming_info",
                 audio_streaming_info_val(streaming));  // takes ownership
        feat_set_float(utterance->features, "duration_stretch", static_cast<float>(1 / speed_));
        // On failure flite has deleted the utterance itself.
        if (flite_do_synth(utterance, shared_voice(), utt_synth) == nullptr) return false;
        delete_utterance(utterance);
        return !cancelled_;
    }

    static int on_audio(const cst_wave* wave, int start, int size, int /*last*/,
                        cst_audio_streaming_info* streaming) {
        auto& task = *static_cast<SpeakTask*>(streaming->userdata);
        if (task.cancelled_) return CST_AUDIO_STREAM_STOP;
        if (size > 0) task.add({wave->samples + start, static_cast<std::size_t>(size)});
        return CST_AUDIO_STREAM_CONT;
    }

    void add(std::span<const std::int16_t> samples) {
        trimmed_.clear();
        trimmer_.add(samples, trimmed_);
        collect(converter_.convert(trimmed_));
    }

    void collect(std::span<const std::int16_t> samples) {
        chunk_.insert(chunk_.end(), samples.begin(), samples.end());
        if (chunk_.size() >= chunk_size_) deliver();
    }

    void deliver() {
        if (chunk_.empty() || cancelled_) return;
        post_([handlers = handlers_, chunk = std::exchange(chunk_, {})] {
            const auto current = handlers->current;
            if (current) current->on_chunk(chunk);
        });
    }

    void end() {
        trimmed_.clear();
        trimmer_.finish(trimmed_);
        collect(converter_.convert(trimmed_));
        collect(converter_.finish());
        deliver();
        done({});
    }

    void done(std::string error) {
        post_([handlers = handlers_, error = std::move(error)] {
            const auto current = handlers->current;
            if (current) current->on_done(error);
        });
    }

    WorkerPool& pool_;
    Post post_;
    std::shared_ptr<Handlers> handlers_;
    std::shared_ptr<std::atomic<int>> speaking_;
    std::atomic<bool> cancelled_ = false;
    const double speed_;
    const std::vector<std::string> sentences_;
    std::size_t next_ = 0;
    PauseTrimmer trimmer_;
    std::vector<std::int16_t> trimmed_;
    RateConverter converter_;
    const std::size_t chunk_size_;  // 40 ms
    std::vector<std::int16_t> chunk_;
};

class LiveSpeaking final : public Speaking {
public:
    LiveSpeaking(std::shared_ptr<SpeakTask> task, std::shared_ptr<Handlers> handlers)
        : task_(std::move(task)), handlers_(std::move(handlers)) {}
    ~LiveSpeaking() override {
        handlers_->current.reset();
        if (task_) task_->cancel();
    }

private:
    std::shared_ptr<SpeakTask> task_;  // none when it was refused
    std::shared_ptr<Handlers> handlers_;
};

void check(const SpeechRequest& request) {
    if (request.text.empty() || request.text.size() > 4 * 4096) {
        throw std::invalid_argument("text must have 1 to 4096 characters");
    }
    if (request.sample_rate < 8000 || request.sample_rate > 48000) {
        throw std::invalid_argument("sample_rate must be 8000 to 48000 Hz, not " +
                                    std::to_string(request.sample_rate));
    }
    if (!(request.speed >= 0.25 && request.speed <= 4)) {
        throw std::invalid_argument("speed must be 0.25 to 4, not " + std::to_string(request.speed));
    }
}

}  // namespace

FliteVoice::FliteVoice(Post post) : post_(std::move(post)) { shared_voice(); }

std::unique_ptr<Speaking> FliteVoice::start(const SpeechRequest& request, SpeechHandlers handlers) {
    check(request);
    auto holder = std::make_shared<Handlers>();
    holder->current = std::make_shared<SpeechHandlers>(std::move(handlers));
    if (*speaking_ >= most_at_once) {
        post_([holder] {
            const auto current = holder->current;
            if (current) current->on_done("too many texts are being spoken at once");
        });
        return std::make_unique<LiveSpeaking>(nullptr, std::move(holder));
    }
    auto task = std::make_shared<SpeakTask>(request, pool_, post_, holder, speaking_);
    pool_.post(task);
    return std::make_unique<LiveSpeaking>(std::move(task), std::move(holder));
}

}  // namespace atlas::sandbox::speech
