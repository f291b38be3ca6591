#pragma once

#include "../listener.hpp"
#include "atlas/net/websocket_connect.hpp"
#include "atlas/providers/deepgram/audio_sender.hpp"
#include "atlas/providers/deepgram/deepgram_recognizer.hpp"
#include "atlas/providers/deepgram/listen_protocol.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace atlas::providers::deepgram {

// What all recognisers of one service share; each outlives them.
struct RecognizerParts {
    const DeepgramSettings& settings;
    net::WebsocketConnector& connector;
    net::Loop& loop;
    AudioBlockPool& pool;
    DeepgramCounters& counters;
    const std::function<double()>& random01;
};

// One caller's recogniser: a connection, and its successors. What messages mean is the protocol's business,
// what is sent when is the sender's; this class connects, keeps the deadlines and replaces what broke.
//
// A connection is the Websocket that stands for it: it is destroyed before the next one is asked for, so
// nothing late of an old one can arrive.
class Recognizer final : public SpeechRecognizer {
public:
    Recognizer(RecognizerParts parts, const RecognizerRequest& request,
               std::function<void(RecognizerEvent)> on_event);
    ~Recognizer() override { say_goodbye(); }

    void send_audio(std::span<const std::int16_t> samples) override;
    void end_turn() override;

private:
    enum class State { connecting, opening, streaming, waiting, failed };

    // connecting
    void connect();
    void connected(net::WebsocketConnected result);
    void streaming_begins(const std::string& request_id);
    void received(std::string_view text);
    void say_goodbye();

    // After either of these this object may be destroyed or in another state: always the last thing done.
    void lost(ProviderFailure failure);
    void carry_out();

    [[nodiscard]] bool carry_out_facts();
    bool gives_up_over(const ProviderFailure& failure);
    void wait_for_retry(const ProviderFailure& failure);
    ProviderFailure stalled_peer() const;
    void count_messages();

    // deadlines
    void wake_by(net::TimePoint when);
    void wake();
    void keep_streaming();
    bool send_due_silence(net::TimePoint now);
    bool reach_decisions(net::TimePoint now);
    bool send_audio_due(net::TimePoint now);
    bool stale(net::TimePoint now) const;
    net::TimePoint silence_due() const;
    void plan_next_wake(net::TimePoint now);

    const RecognizerParts parts_;
    AudioSender sender_;
    const std::unique_ptr<ListenProtocol> protocol_;
    const Listener<RecognizerEvent> listener_;
    const std::unique_ptr<net::Timer> timer_;
    std::optional<net::TimePoint> wakes_at_;
    ListenFacts facts_;
    ListenCounters counted_;

    State state_ = State::connecting;
    std::unique_ptr<net::PendingConnect> pending_;
    std::unique_ptr<net::Websocket> websocket_;
    std::string request_id_;
    std::optional<SamplePosition> end_turn_at_;  // once the audio before it has been sent

    // of the connection in its state
    net::TimePoint since_{};          // it is in this state
    net::TimePoint retry_at_{};       // waiting
    net::TimePoint keep_alive_at_{};  // streaming
    net::TimePoint last_audio_at_{};  // from the caller
    net::TimePoint next_silence_at_{};
    std::optional<net::TimePoint> unanswered_since_;  // the first audio sent after the last message
    SamplePosition sent_at_answer_ = 0;
    bool refused_ = false;  // found in send_audio(), where nothing may be told

    int failures_ = 0;  // since a connection lasted
    int failed_connects_ = 0;
    int short_connections_ = 0;
};

}  // namespace atlas::providers::deepgram
