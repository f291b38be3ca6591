#pragma once

#include "atlas/net/websocket_connect.hpp"
#include "call/client_message.hpp"
#include "call/load_script.hpp"
#include "call/load_stages.hpp"
#include "call/microphone.hpp"
#include "call/reply_watch.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace atlas::caller {

// What every caller of a run does alike. Lives as long as they.
struct LoadPlan {
    net::WebsocketRequest request;
    CallerHello hello;
    LoadPace pace;
    std::uint64_t seed = 1;
    std::shared_ptr<const EncodedSound> talk;
    std::shared_ptr<const EncodedSound> silence;
};

// What all callers of a run saw together. Bounded: turns beyond the limit are only counted.
struct LoadTally {
    void keep(LoadTurn turn);
    void note(const std::string& problem);  // one of a kind; kinds are bounded

    std::vector<LoadTurn> turns;
    std::size_t turns_dropped = 0;
    std::map<std::string, int> problems;
    std::uint64_t frames_sent = 0;
    std::uint64_t frames_received = 0;
    std::uint64_t frames_late = 0;
    std::uint64_t frames_missing = 0;
    Samples late_ms;   // of late frames
    Samples ready_ms;  // from connecting to ready
    int placed = 0;    // calls
    int ready = 0;     // of them
    int ended_early = 0;
    int interruptions = 0;
    int completed = 0;  // turns
};

// One caller of a load run. It sends frames that were encoded once for all, looks at the header of what it
// hears and never at the sound, and has no timer of its own: tick() of all callers is called every few ms.
class LoadCaller {
public:
    LoadCaller(net::Loop& loop, net::WebsocketConnector& connector, const LoadPlan& plan, LoadTally& tally,
               int number);

    void start();
    void tick(net::TimePoint now);
    void hang_up();
    bool over() const { return over_; }
    net::TimePoint began() const { return began_; }  // connecting
    bool in_call() const { return microphone_.has_value() && !over_; }

private:
    void connected(net::WebsocketConnected connected);
    void on_text(std::string_view text);
    void on_binary(std::span<const std::byte> bytes);
    void on_closed(const net::WebsocketClosed& closed);
    void on(const Ready& ready);
    void on(const State& state);
    void on(const UserTranscript& transcript);
    void on(const TurnStart& start);
    void on(const AudioFlush& flush);
    void on(const TurnEnd& end);
    void on(const Ping& ping);
    void on(const Warning& warning);
    void on(const Error& error);
    void on(const Closed& closed);
    template <class Other>
    void on(const Other&) {}

    void send_frames(net::TimePoint now);
    void report_playback(net::TimePoint now);
    void send_playback(net::TimePoint now);
    void reply_over(net::TimePoint now);
    void keep_turn();
    void send(const std::string& text);
    void fail(const std::string& problem);

    net::Loop& loop_;
    net::WebsocketConnector& connector_;
    const LoadPlan& plan_;
    LoadTally& tally_;
    LoadScript script_;
    std::unique_ptr<net::PendingConnect> pending_;
    std::unique_ptr<net::Websocket> websocket_;
    std::optional<Microphone> microphone_;
    std::uint64_t sent_seq_ = 0;
    std::uint64_t received_seq_ = 0;
    net::TimePoint began_{};
    bool leaving_ = false;
    bool over_ = false;

    bool talking_ = false;
    std::optional<net::TimePoint> talk_ended_;
    std::optional<net::TimePoint> flushed_;  // waits for the turn whose words did it
    std::uint32_t transcript_turn_ = 0;
    std::string label_;  // of transcript_turn_
    std::optional<ReplyWatch> reply_;
    std::uint32_t turn_ = 0;  // of kept_
    std::optional<LoadTurn> kept_;
    int underruns_ = 0;
    net::TimePoint next_report_{};
};

// The word in a transcript that names its turn to the sandbox; empty when there is none.
std::string find_turn_label(std::string_view text);

}  // namespace atlas::caller
