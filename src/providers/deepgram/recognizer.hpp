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

net::WebsocketRequest make_request(const DeepgramSettings& settings, ListenProtocol& protocol,
                                   int sample_rate);

// One caller's recogniser: a connection, and its successors. What messages mean is the protocol's business,
// what is sent when is the sender's; this class connects, keeps the deadlines, and replaces a connection that
// broke or is old.
//
// A connection is the Websocket that stands for it: it is destroyed before the next one takes audio, so
// nothing late of an old one can arrive. The next one hears again whatever the old one had not settled,
// which is why it does not matter when it takes over.
class Recognizer final : public SpeechRecognizer {
public:
    Recognizer(RecognizerParts parts, const RecognizerRequest& request,
               std::function<void(RecognizerEvent)> on_event);
    ~Recognizer() override;

    void send_audio(std::span<const std::int16_t> samples) override;
    void end_turn() override;
    void set_patience(Patience patience) override;
    void restart(std::string reason) override;

private:
    enum class State { connecting, opening, streaming, waiting, failed };

    // A connection that is to take over from one that is well (recognizer_rotation.cpp).
    struct Successor {
        int number = 0;
        net::TimePoint until{};  // it is waited for
        std::unique_ptr<net::PendingConnect> pending;
        std::unique_ptr<net::Websocket> websocket;
        std::string request_id;
    };

    // connecting
    void connect();
    void connected(net::WebsocketConnected result);
    net::WebsocketHandlers handlers_of(int connection);
    void streaming_begins(const std::string& request_id);
    void received(std::string_view text);

    // After any of these this object may be destroyed or in another state: always the last thing done.
    void lost(ProviderFailure failure);
    void carry_out();
    void successor_connected(net::WebsocketConnected result);
    void successor_speaks(std::string_view text);

    [[nodiscard]] bool carry_out_facts();
    void count_messages();

    // losing (recognizer_recovery.cpp)
    void say_goodbye(std::unique_ptr<net::Websocket> websocket);
    bool gives_up_over(const ProviderFailure& failure);
    void wait_for_retry(const ProviderFailure& failure, bool at_once);

    // rotation
    bool time_to_rotate(net::TimePoint now) const;
    void rotate_when_due(net::TimePoint now);
    void find_successor(net::TimePoint now);
    void drop_successor();
    void successor_failed();
    void take_over();
    net::TimePoint next_look_at_rotation(net::TimePoint now) const;

    // deadlines
    void wake_by(net::TimePoint when);
    void wake();
    void keep_streaming();
    bool send_due_silence(net::TimePoint now);
    bool reach_decisions(net::TimePoint now);
    bool send_audio_due(net::TimePoint now);
    bool stale(net::TimePoint now) const;
    bool loud_and_unanswered(net::TimePoint now) const;
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
    int connection_ = 0;  // its number
    int last_connection_ = 0;
    std::optional<Successor> successor_;
    net::TimePoint rotate_not_before_{};
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
    SamplePosition loud_at_answer_ = 0;
    bool refused_ = false;  // found in send_audio(), where nothing may be told
    std::optional<std::string> restart_reason_;

    int failures_ = 0;                          // since a connection lasted
    std::optional<net::TimePoint> deaf_since_;  // the first failure after it lasted or spoke
    int failed_connects_ = 0;
    int short_connections_ = 0;
};

}  // namespace atlas::providers::deepgram
