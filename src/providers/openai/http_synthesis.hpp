#pragma once

#include "../listener.hpp"
#include "../streamed_answer.hpp"
#include "atlas/net/sse_parser.hpp"
#include "atlas/providers/openai/pcm_assembler.hpp"
#include "atlas/providers/openai/settings.hpp"
#include "atlas/providers/speech_synthesizer.hpp"

#include <optional>
#include <random>
#include <string>

namespace atlas::providers::openai {

// What a synthesis uses of its HttpSynthesizer.
struct HttpSpeechParts {
    const OpenAiSpeechSettings& settings;
    net::HttpClient& http;
    net::Loop& loop;
    std::minstd_rand& random;
};

net::HttpRequest speech_http_request(const OpenAiSpeechSettings& settings, std::string method,
                                     std::string_view path);

// One chunk: an attempt, and a second one when the first failed before any sound was handed on. Whether
// the answer is events or bare audio is told by its content type, not by what was asked: compatible
// servers ignore stream_format.
class HttpSynthesis final : public Synthesis, private StreamedAnswer::Reader {
public:
    HttpSynthesis(HttpSpeechParts parts, SynthesisRequest request,
                  std::function<void(const SynthesisEvent&)> on_event);

private:
    void begin_attempt();
    bool on_answer_begins(const net::HttpHeaders& headers) override;
    void on_answer_bytes(std::string_view bytes) override;
    void on_answer_ends(const net::TransferResult& result) override;
    void on_refusal() override;

    // All three return false when this attempt is over or the owner has destroyed us.
    bool take_event(std::string_view data);
    bool take_base64(std::string_view text);
    bool take_samples(std::span<const std::int16_t> samples);

    void all_received();
    int most_attempts() const { return request_.hedge ? 1 : 2; }
    net::TimePoint deadline() const;
    void on_watch();
    void attempt_failed(FailureReason reason, std::string message, bool retry_helps = false);
    void attempt_failed(ProviderFailure failure, bool retry_helps);
    std::optional<net::Duration> retry_delay(const ProviderFailure& failure);
    void finish(const SynthesisEvent& event);

    HttpSpeechParts parts_;
    SynthesisRequest request_;
    Listener<const SynthesisEvent&> listener_;
    HiddenWords hidden_;
    std::string problem_;        // of the request; then nothing is sent
    net::TimePoint give_up_at_;  // without any sound
    int attempts_ = 0;
    std::size_t samples_given_ = 0;
    std::size_t most_samples_ = 0;
    std::string request_id_;
    bool is_events_ = false;
    net::TimePoint attempt_began_;
    net::TimePoint last_sound_;
    net::SseParser parser_;
    std::string scratch_;
    PcmAssembler pcm_;
    std::unique_ptr<StreamedAnswer> answer_;
    std::unique_ptr<net::Timer> watch_;  // the nearest deadline of the attempt
    std::unique_ptr<net::Timer> retry_;
};

}  // namespace atlas::providers::openai
