#pragma once

#include "atlas/net/loop.hpp"
#include "atlas/providers/deepgram/deepgram_settings.hpp"
#include "atlas/providers/deepgram/stream_clock.hpp"
#include "atlas/providers/speech_recognizer.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace atlas::providers::deepgram {

struct ListenReady {  // /v2: Connected
    std::string request_id;
};
struct ListenTrouble {  // the service says that something is wrong
    std::string code;
    std::string description;
    bool fatal = false;  // it will close the connection
};
struct SendControl {  // send this text message, after the audio so far
    std::string text;
    bool decides = true;  // over all of that audio: not even the rest of a message may wait
};
// What one message, or the passing of time, means: for the owner, in order.
using ListenFact = std::variant<RecognizerEvent, ListenReady, ListenTrouble, SendControl>;
using ListenFacts = std::vector<ListenFact>;

// What the wire asks of whoever sends on it.
struct ListenTraits {
    std::string_view keep_alive;  // a text message to repeat; empty: none
    bool waits_for_ready = false;
    bool needs_first_audio = false;  // audio must come soon after the upgrade
    double replay_speed = 1;         // times real time
    AudioPosition max_replay{};
    AudioPosition longest_silence{};  // in a replay: what is longer is cut to it; zero: nothing is
    net::Duration stale_after{};
};

struct ListenCounters {
    std::uint64_t unknown_messages = 0;
    std::uint64_t malformed_messages = 0;
    std::uint64_t lost_messages = 0;  // gaps in sequence_id
    std::uint64_t refused_patience = 0;
};

// One of Deepgram's two languages, from its messages to neutral facts. Pure: no socket, no clock. Lives as
// long as the recogniser, over several connections, so that an open turn survives a lost one.
class ListenProtocol {
public:
    virtual ~ListenProtocol() = default;
    virtual const ListenTraits& traits() const = 0;
    // Of the next connection.
    virtual std::string url() = 0;
    // Sent before closing.
    virtual std::string_view goodbye() const { return R"({"type":"CloseStream"})"; }

    // Before a connection begins. Its audio can begin at `first` at the earliest; when that is later than
    // settled(), the words told before it are kept as they are. Returns where the audio is to begin, so that
    // it does not begin inside one of them.
    virtual SamplePosition replay_from(SamplePosition first) = 0;
    // The connection takes audio now; `replay` of it will be sent once more.
    virtual void connection_began(net::TimePoint now, AudioPosition replay) = 0;
    virtual void connection_lost(ListenFacts& facts) = 0;
    virtual void receive(std::string_view text, net::TimePoint now, ListenFacts& facts) = 0;
    virtual void end_turn(net::TimePoint now, ListenFacts& facts) = 0;

    // From now on, and on later connections; what it asks of the service is due at once.
    virtual void set_patience(Patience patience) = 0;

    virtual bool turn_open() const = 0;
    // The service has been asked to end a turn: no time to change connections.
    virtual bool deciding() const = 0;

    virtual std::optional<net::TimePoint> deadline() const = 0;
    virtual void on_deadline(net::TimePoint now, ListenFacts& facts) = 0;

    // Audio before this position will never be needed again; after it, it must be sent to a new connection.
    virtual SamplePosition settled() const = 0;
    // A decision depends on more audio: without any, silence must be sent.
    virtual bool needs_audio(net::TimePoint now) const = 0;

    const ListenCounters& counters() const { return counters_; }

protected:
    ListenCounters counters_;
};

// The clock translates the times in the messages; it outlives the protocol.
std::unique_ptr<ListenProtocol> make_listen_protocol(const DeepgramSettings& settings,
                                                     const RecognizerRequest& request,
                                                     const StreamClock& clock);

}  // namespace atlas::providers::deepgram
