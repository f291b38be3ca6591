#include "frame_path.hpp"

#include "providers/openai_wire.hpp"
#include "samples.hpp"

#include <utility>

namespace atlas::bench {
namespace {

// A measurement passes hours of virtual time: what is done once in a while must not fall into it.
constexpr auto rarely = std::chrono::hours(24);

class NoModel final : public providers::LanguageModel {
public:
    std::unique_ptr<providers::Generation> generate(providers::ModelRequest,
                                                    std::function<void(providers::ModelEvent)>) override {
        return std::make_unique<providers::Generation>();
    }
    void warm_up() override {}
};

providers::deepgram::DeepgramSettings hearing() {
    providers::deepgram::DeepgramSettings settings;
    settings.api_key = "none";
    settings.stale_after_loud = settings.stale_after_v2 = std::chrono::hours(1);
    settings.rotate_after = rarely;
    return settings;
}

providers::openai::OpenAiSpeechSettings speaking() {
    providers::openai::OpenAiSpeechSettings settings;
    settings.pool.retire_after = settings.pool.keep_warm = rarely;
    return settings;
}

}  // namespace

FramePath::FramePath(const protocol::AudioChoice& formats)
    : no_model_(std::make_unique<NoModel>()),
      recognizers_(hearing(), ears_, loop_, [] { return 0.5; }),
      synthesizer_(speaking(), voice_, loop_) {
    call::CallerLink::Handlers handlers;
    handlers.on_hello = [](const protocol::Hello&) {};
    handlers.on_message = [](const protocol::ReceivedMessage&) {};
    handlers.on_audio = [this](std::span<const std::int16_t> samples) { recognizer_->send_audio(samples); };
    handlers.on_loud = [] {};
    handlers.on_audible = [] {};
    handlers.on_dry = [] {};
    handlers.on_clip_played = [](std::uint32_t) {};
    handlers.on_progress = [] {};
    handlers.on_played_out = [] {};
    handlers.on_error = [this](const protocol::ProtocolError&) { ++errors_; };
    handlers.on_closed = [this](const net::WebsocketClosed&) { ++errors_; };
    link_ = std::make_unique<call::CallerLink>(loop_, std::make_unique<QuietSocket>(caller_), codec_,
                                               call::CallerLink::Settings{}, std::move(handlers));
    caller_.handlers.on_text(R"({"t":"hello","proto":"atlas.v1"})");
    link_->agree(formats, protocol::Ready{});

    providers::RecognizerRequest request;
    request.sample_rate = formats.in.rate;
    recognizer_ = recognizers_.start(std::move(request), [this](const providers::RecognizerEvent& event) {
        if (std::holds_alternative<providers::RecognizerFailed>(event)) ++errors_;
    });
    loop_.run_posted();
    ears_.peer.handlers.on_text(R"({"type":"Connected","request_id":"r","sequence_id":0})");
}

FramePath::~FramePath() = default;

void FramePath::hear(std::string_view message) {
    caller_.handlers.on_binary(std::as_bytes(std::span(message)));
}

void FramePath::pass(net::Duration time) {
    seconds_ += std::chrono::duration<double>(time).count();
    loop_.advance(time);
}

void FramePath::recognizer_reports() { ears_.peer.handlers.on_text(flux_update(0, seconds_, 0)); }

void FramePath::begin_reply() {
    reply_.reset();
    if (turns_ > 0) voice_.peer.handlers.on_text(providers::openai::response_done(response_));
    ++turns_;
    link_->begin_reply(turns_);
    call::Reply::Outputs outputs{*link_, [](const conversation::Event&) {},
                                 [this](const providers::ProviderFailure&, const char*) { ++errors_; },
                                 [](const std::string&, const std::string&) {}};
    reply_.emplace(turns_, "call_1", *no_model_, synthesizer_, std::move(outputs));
    reply_->synthesize(0, reply_text());
    loop_.advance({});  // the socket opens, and takes the text
    response_ = "resp_" + std::to_string(turns_);
    voice_.peer.handlers.on_text(realtime_created(response_, "chunk_" + std::to_string(turns_)));
}

}  // namespace atlas::bench
