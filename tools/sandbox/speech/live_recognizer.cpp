#include "sandbox/speech/live_recognizer.hpp"

#include "sandbox/speech/listening.hpp"

#include <spdlog/spdlog.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace atlas::sandbox::speech {

namespace {

constexpr int most_waiting_seconds = 120;

// What the wires' thread alone touches. `on_event` is gone once the session is; who calls it holds it, as it
// may destroy the session.
struct Handlers {
    std::shared_ptr<std::function<void(RecognizerEvent)>> on_event;
    std::deque<std::function<void()>> on_flushed;  // one per flush() that is not answered yet
};

// The part of a session that workers hold on to. Audio goes from the wires' thread through `inbox_` to
// whichever worker runs listen(), never two at once; a partial text is read beside it by another.
class SessionWork : public std::enable_shared_from_this<SessionWork> {
public:
    SessionWork(int sample_rate, Moonshine& moonshine, Ort::Session& vad, WorkerPool& pool, Post post,
                std::shared_ptr<Handlers> handlers)
        : moonshine_(moonshine),
          pool_(pool),
          post_(std::move(post)),
          handlers_(std::move(handlers)),
          most_waiting_(static_cast<std::size_t>(sample_rate) * most_waiting_seconds),
          listening_(
              sample_rate, moonshine, vad, [this](RecognizerEvent event) { emit(std::move(event)); },
              [this](std::span<const float> piece, std::uint64_t id) { ask_partial(piece, id); }) {
        inbox_.reserve(static_cast<std::size_t>(sample_rate));
        work_.reserve(static_cast<std::size_t>(sample_rate));
    }

    void push(std::span<const std::int16_t> samples) {
        const std::lock_guard lock(mutex_);
        const std::size_t room = most_waiting_ - inbox_.size();
        if (samples.size() > room) {  // two minutes behind: what cannot be kept is lost
            spdlog::warn("recogniser: {} samples lost, the machine is too slow", samples.size() - room);
            samples = samples.first(room);
        }
        inbox_.insert(inbox_.end(), samples.begin(), samples.end());
        schedule();
    }

    void flush() {
        const std::lock_guard lock(mutex_);
        flushes_.push_back(inbox_.size());
        schedule();
    }

    void stop() { stopped_ = true; }

private:
    struct ListenTask final : Task {
        explicit ListenTask(SessionWork& session) : session_(session) {}
        void run() override { session_.listen(); }
        SessionWork& session_;
    };
    struct PartialTask final : Task {
        explicit PartialTask(SessionWork& session) : session_(session) {}
        void run() override { session_.read_partial(); }
        void dropped() override { session_.partial_state_ = PartialState::idle; }
        SessionWork& session_;
    };
    enum class PartialState { idle, busy, ready };

    // Called with the lock held.
    void schedule() {
        if (std::exchange(scheduled_, true)) return;
        pool_.post(std::shared_ptr<Task>(shared_from_this(), &listen_task_));
    }

    void listen() {
        {
            const std::lock_guard lock(mutex_);
            work_.clear();
            std::swap(work_, inbox_);
            std::swap(work_flushes_, flushes_);
        }
        std::size_t done = 0;
        for (const std::size_t mark : work_flushes_) {
            add(std::span(work_).subspan(done, mark - done));
            done = mark;
            if (stopped_) break;
            listening_.finish();
            answer_flush();
        }
        work_flushes_.clear();
        add(std::span(work_).subspan(done));
        take_partial();
        const std::lock_guard lock(mutex_);
        scheduled_ = false;
        if (!inbox_.empty() || !flushes_.empty() || partial_state_ == PartialState::ready) schedule();
    }

    // In slices, to notice soon that a partial text is ready or that nobody listens any more.
    void add(std::span<const std::int16_t> samples) {
        constexpr std::size_t slice = 1024;
        while (!samples.empty() && !stopped_) {
            const auto part = samples.first(std::min(slice, samples.size()));
            listening_.add(part);
            take_partial();
            samples = samples.subspan(part.size());
        }
    }

    void ask_partial(std::span<const float> piece, std::uint64_t id) {
        if (partial_state_ != PartialState::idle) return;  // the last one is still being read
        partial_audio_.assign(piece.begin(), piece.end());
        partial_id_ = id;
        partial_state_ = PartialState::busy;
        pool_.offer(std::shared_ptr<Task>(shared_from_this(), &partial_task_));
    }

    void read_partial() {
        partial_reading_ = {};
        try {
            if (!stopped_) partial_reading_ = moonshine_.transcribe(partial_audio_);
        } catch (const Ort::Exception& failure) {
            spdlog::error("recogniser: a partial text could not be read: {}", failure.what());
        }
        const std::lock_guard lock(mutex_);
        partial_state_ = PartialState::ready;
        schedule();
    }

    void take_partial() {
        if (partial_state_ != PartialState::ready) return;
        if (!stopped_) listening_.add_partial(partial_reading_, partial_audio_.size(), partial_id_);
        partial_state_ = PartialState::idle;
    }

    void emit(RecognizerEvent event) {
        if (stopped_) return;
        post_([handlers = handlers_, event = std::move(event)]() mutable {
            const auto on_event = handlers->on_event;
            if (on_event) (*on_event)(std::move(event));
        });
    }

    void answer_flush() {
        post_([handlers = handlers_] {
            if (handlers->on_flushed.empty()) return;
            const auto on_flushed = std::move(handlers->on_flushed.front());
            handlers->on_flushed.pop_front();
            on_flushed();
        });
    }

    Moonshine& moonshine_;
    WorkerPool& pool_;
    Post post_;
    std::shared_ptr<Handlers> handlers_;
    const std::size_t most_waiting_;
    std::atomic<bool> stopped_ = false;

    std::mutex mutex_;
    std::vector<std::int16_t> inbox_;
    std::vector<std::size_t> flushes_;  // places in inbox_
    bool scheduled_ = false;

    // Of the worker in listen().
    std::vector<std::int16_t> work_;
    std::vector<std::size_t> work_flushes_;
    Listening listening_;

    // Of the worker in read_partial() while the state is busy, of the one in listen() otherwise.
    std::atomic<PartialState> partial_state_ = PartialState::idle;
    std::vector<float> partial_audio_;
    std::uint64_t partial_id_ = 0;
    Transcript partial_reading_;

    ListenTask listen_task_{*this};
    PartialTask partial_task_{*this};
};

class LiveSession final : public RecognizerSession {
public:
    LiveSession(std::shared_ptr<SessionWork> work, std::shared_ptr<Handlers> handlers)
        : work_(std::move(work)), handlers_(std::move(handlers)) {}
    ~LiveSession() override {
        handlers_->on_event.reset();
        handlers_->on_flushed.clear();
        work_->stop();
    }
    void push(std::span<const std::int16_t> samples) override { work_->push(samples); }
    void flush(std::function<void()> on_flushed) override {
        handlers_->on_flushed.push_back(std::move(on_flushed));
        work_->flush();
    }

private:
    std::shared_ptr<SessionWork> work_;
    std::shared_ptr<Handlers> handlers_;
};

}  // namespace

LiveRecognizer::LiveRecognizer(const std::filesystem::path& models, const std::string& model, int threads,
                               Post post)
    : runtime_(models / "libonnxruntime.so"),
      moonshine_(runtime_, models / model, models / "tokens.txt"),
      vad_(runtime_.open(models / "silero_vad.onnx")),
      post_(std::move(post)),
      pool_(threads) {}

LiveRecognizer::~LiveRecognizer() = default;

std::unique_ptr<RecognizerSession> LiveRecognizer::start(const RecognizerRequest& request,
                                                         std::function<void(RecognizerEvent)> on_event) {
    if (request.sample_rate < 8000 || request.sample_rate > 48000) {
        throw std::invalid_argument("sample_rate must be 8000 to 48000 Hz, not " +
                                    std::to_string(request.sample_rate));
    }
    auto handlers = std::make_shared<Handlers>();
    handlers->on_event = std::make_shared<std::function<void(RecognizerEvent)>>(std::move(on_event));
    auto work = std::make_shared<SessionWork>(request.sample_rate, moonshine_, vad_, pool_, post_, handlers);
    return std::make_unique<LiveSession>(std::move(work), std::move(handlers));
}

}  // namespace atlas::sandbox::speech
