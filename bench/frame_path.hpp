#pragma once

#include "atlas/call/reply.hpp"
#include "atlas/protocol/native_codec.hpp"
#include "atlas/providers/deepgram/deepgram_recognizer.hpp"
#include "atlas/providers/openai/realtime_synthesizer.hpp"
#include "quiet_sockets.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace atlas::bench {

// The way of sound through one call, with all that is ours in it and nothing else: from a message of the
// caller's to the recogniser's socket, and from a message of the synthesiser's to the caller's socket.
// Between them stand CallerLink, Deepgram's recogniser, the Realtime synthesiser and Reply, as in a call.
class FramePath {
public:
    explicit FramePath(const protocol::AudioChoice& formats);
    ~FramePath();

    // The caller's next message; the recogniser gets one of its own for every 80 ms.
    void hear(std::string_view message);
    // The synthesiser's next message; its sound is queued, and sent as far as it is due.
    void speak(std::string_view message) { voice_.peer.handlers.on_text(message); }
    // Time passes: the pacer's timer fires, frames that are due are sent.
    void pass(net::Duration time);

    // The next reply begins, and the one before it ends; to be called every few seconds of speech.
    void begin_reply();
    // The recogniser says that it is alive; to be called within every hour of hearing.
    void recognizer_reports();

    std::int64_t frames_heard() const { return ears_.peer.messages; }  // by the recogniser
    std::int64_t frames_spoken() const { return caller_.messages; }    // to the caller
    std::int64_t errors() const { return errors_; }
    std::string_view response() const { return response_; }  // being spoken, of the voice's

private:
    QuietLoop loop_;
    QuietPeer caller_;
    QuietConnector ears_{loop_};
    QuietConnector voice_{loop_};
    protocol::NativeCodec codec_;
    std::unique_ptr<providers::LanguageModel> no_model_;
    providers::deepgram::DeepgramRecognizerService recognizers_;
    providers::openai::RealtimeSynthesizer synthesizer_;
    std::unique_ptr<providers::SpeechRecognizer> recognizer_;
    std::unique_ptr<call::CallerLink> link_;
    std::optional<call::Reply> reply_;
    std::uint32_t turns_ = 0;
    double seconds_ = 0;
    std::string response_ = "resp_1";
    std::int64_t errors_ = 0;
};

}  // namespace atlas::bench
