#pragma once

#include "../listener.hpp"
#include "atlas/providers/speech_synthesizer.hpp"
#include "realtime_pool.hpp"

#include <memory>
#include <string>

namespace atlas::providers::openai {

// One chunk spoken over the pool: an attempt, and a second one, elsewhere, when the first failed before
// any sound was handed on.
class RealtimeSynthesis final : public Synthesis, private PoolClient {
public:
    RealtimeSynthesis(RealtimePoolRunner& pool, SynthesisRequest request,
                      std::function<void(const SynthesisEvent&)> on_event);
    ~RealtimeSynthesis() override;

private:
    std::string_view text() const override { return request_.text; }
    bool avoids(const RealtimeSocket& socket) const override;
    void on_sent(RealtimeSocket& socket) override;
    void on_no_socket(const ProviderFailure& failure) override;
    void on_sound(std::span<const std::int16_t> samples) override;
    void on_all_sound() override { all_sound_ = true; }
    void on_spoken(std::string transcript) override;
    void on_unspoken(ProviderFailure failure) override;

    void begin();
    int most_attempts() const { return request_.hedge ? 1 : 2; }
    net::TimePoint deadline() const;
    void on_watch();
    void leave_socket(bool late);
    void attempt_failed(ProviderFailure failure, bool retry_helps);
    void complete(std::string transcript);
    void finish(const SynthesisEvent& event);

    RealtimePoolRunner& pool_;
    SynthesisRequest request_;
    Listener<const SynthesisEvent&> listener_;
    std::string problem_;               // of the request; then nothing is sent
    net::TimePoint give_up_at_;         // without any sound
    bool waiting_ = false;              // in the pool
    RealtimeSocket* socket_ = nullptr;  // that speaks it now
    std::uint64_t avoided_socket_ = 0;
    int attempts_ = 0;
    std::size_t samples_given_ = 0;
    std::size_t most_samples_ = 0;
    bool all_sound_ = false;
    net::TimePoint attempt_began_;
    net::TimePoint last_sound_;
    std::unique_ptr<net::Timer> watch_;
};

}  // namespace atlas::providers::openai
