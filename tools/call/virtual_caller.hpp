#pragma once

#include "atlas/audio/opus_decoder.hpp"
#include "atlas/net/loop.hpp"
#include "atlas/net/websocket_connect.hpp"
#include "call/call_result.hpp"
#include "call/call_script.hpp"
#include "call/client_message.hpp"
#include "call/microphone.hpp"
#include "call/player.hpp"
#include "call/recording.hpp"
#include "call/server_message.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::caller {

// What a call is to be. Immutable; may be shared by many callers.
struct CallPlan {
    std::string url;
    net::HttpHeaders headers;  // may hold a secret: never printed
    CallerHello hello;
    std::vector<Utterance> utterances;
    ScriptTimes times;
    bool keep_sound = false;  // the observer wants to hear the agent
    net::Duration connect_timeout = std::chrono::seconds(5);
    net::Duration ready_timeout = std::chrono::seconds(10);
    net::Duration goodbye_timeout = std::chrono::seconds(5);  // from bye to the close
    net::Duration time_limit = std::chrono::seconds(120);     // of the whole call
};

// What can be watched of a call. Called from the loop; may neither destroy nor command the caller.
class CallObserver {
public:
    virtual ~CallObserver() = default;
    virtual void received(const ServerMessage&) {}
    virtual void saying(const Utterance&, std::optional<std::uint32_t> /*interrupts turn*/) {}
    virtual void audible(const TurnResult&) {}
    virtual void stopped(const TurnResult&) {}  // as audio.flush asked
    virtual void turn_over(const TurnResult&) {}
    virtual void problem(std::string_view) {}
    virtual void heard(std::span<const std::int16_t>) {}  // at the agreed rate
};

// One call, from the connection to the close, by the plan: the microphone, the player and the script at one
// WebSocket. No terminal and no file. Driven by the loop alone; thousands can share one. Owned by whoever
// placed the call; destroying it drops the call without a word.
class VirtualCaller {
public:
    // Calls at once. `on_over` comes once, from the loop, and may destroy the caller. `observer` may be null;
    // it and all references outlive the caller.
    VirtualCaller(net::Loop& loop, net::WebsocketConnector& connector, SoundStore& sounds,
                  std::shared_ptr<const CallPlan> plan, CallObserver* observer,
                  std::function<void()> on_over);
    ~VirtualCaller();
    VirtualCaller(const VirtualCaller&) = delete;
    VirtualCaller& operator=(const VirtualCaller&) = delete;

    void hang_up(std::string_view reason);
    const CallResult& result() const { return result_; }  // complete when the call is over

private:
    void on_connected(net::WebsocketConnected connected);
    void on_text(std::string_view text);
    void on_binary(std::span<const std::byte> bytes);
    void on_closed(const net::WebsocketClosed& closed);

    void on(const UnknownMessage&) {}
    void on(const Ready& ready);
    void on(const State& state);
    void on(const UserSpeech&) {}
    void on(const UserTranscript& transcript);
    void on(const TurnStart& start);
    void on(const AgentText& text);
    void on(const AudioFlush& flush);
    void on(const TurnEnd& end);
    void on(const Ping& ping);
    void on(const Pong&) {}
    void on(const Warning& warning);
    void on(const Error& error);
    void on(const GoingAway&) {}
    void on(const Closed& closed);

    void check_order(std::uint64_t seq);
    void hear(const AudioHeader& header, std::span<const std::byte> payload);
    std::span<const std::int16_t> decode(const AudioHeader& header, std::span<const std::byte> payload);
    void complain_about(Received outcome, std::uint32_t turn);

    // Does everything that is due.
    void run();
    void check_deadlines(net::TimePoint now);
    void send_due_frames(net::TimePoint now);
    void report_playback(net::TimePoint now);
    void note_playback(const PlaybackNote& note, TurnResult& turn);
    void carry_out(const Step& step, net::TimePoint now);
    void arm();

    void send(const std::string& text);
    void leave(std::string_view reason, net::Duration patience);
    void over();
    void problem(std::string text);

    net::Loop& loop_;
    SoundStore& sounds_;
    std::shared_ptr<const CallPlan> plan_;
    CallObserver* observer_;
    std::function<void()> on_over_;
    std::shared_ptr<int> alive_ = std::make_shared<int>();  // what is posted looks whether we still are

    std::unique_ptr<net::PendingConnect> pending_;
    std::unique_ptr<net::Websocket> websocket_;
    std::unique_ptr<net::Timer> timer_;
    std::optional<net::TimePoint> armed_;
    net::TimePoint limit_at_;
    std::optional<net::TimePoint> ready_by_;
    std::optional<net::TimePoint> gone_by_;  // the goodbye was said: closed by us, if not before
    bool leaving_ = false;                   // nothing is sent any more
    bool over_ = false;

    CallScript script_;
    CallResult result_;
    std::optional<Microphone> microphone_;
    std::optional<Player> player_;
    std::optional<audio::OpusDecoder> decoder_;
    std::vector<std::int16_t> samples_;  // of the message being heard
    std::vector<PlaybackNote> notes_;
    std::uint64_t sent_seq_ = 0;
    std::uint64_t received_seq_ = 0;
    std::int64_t sent_frames_ = 0;
    bool frames_lost_ = false;
    Received last_outcome_ = Received::played;
    UserTranscript transcript_;                   // the latest
    std::optional<net::TimePoint> last_word_at_;  // of ours; not yet answered
    net::TimePoint interrupted_at_{};
};

}  // namespace atlas::caller
