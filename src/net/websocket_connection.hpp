#pragma once

#include "atlas/net/websocket.hpp"
#include "atlas/net/websocket_watch.hpp"
#include "readiness.hpp"
#include "transport.hpp"
#include "websocket_end.hpp"
#include "websocket_frames.hpp"
#include "websocket_outbox.hpp"

#include <memory>
#include <optional>
#include <string>

namespace atlas::net {

class AsioLoop;

// What is known of a WebSocket besides its bytes when it has been opened.
struct WebsocketFacts {
    WebsocketOptions options;
    bool server_side = false;
    std::string subprotocol;
    std::string peer_address;
    std::string early;                   // bytes of the peer's that were read behind its upgrade
    std::shared_ptr<void> until_closed;  // let go of when the socket is closed
};

// A Websocket over a connection whose upgrade is done. The loop outlives it.
std::unique_ptr<Websocket> open_websocket(AsioLoop& loop, Transport transport, WebsocketFacts facts);

// The connection itself. Kept alive by the loop, until the close handshake or its deadline ends it, however
// early its owner lets go of the Websocket in front of it.
//
// No coroutine: the path of an audio frame is one readiness event, one read of all that is there, and a
// callback per message; and one post, one write of all that is queued. Both use buffers that all
// connections of the loop share, so that a connection holds memory only for what is incomplete.
class WebsocketConnection final : public ReadinessListener,
                                  public std::enable_shared_from_this<WebsocketConnection> {
public:
    WebsocketConnection(AsioLoop& loop, Transport transport, WebsocketFacts facts);

    // For the owner's Websocket, which documents them.
    void start(WebsocketHandlers handlers);
    bool send(bool binary, std::span<const std::byte> head, std::span<const std::byte> body);
    std::size_t drop_queued_binary() { return outbox_.drop_binary(); }
    std::size_t queued_bytes() const { return outbox_.bytes() + unsent_.size(); }
    void ping();
    void close(std::uint16_t code, std::string_view reason);
    void abandon();  // the owner let go
    const WebsocketFacts& facts() const { return facts_; }

private:
    // Waiting.
    void begin();
    void on_ready(bool readable, bool writable) override;
    void wait_to_write(bool waits);
    void stop_reading(bool stops);
    void ask_for_readiness();

    // Reading.
    void read_all();
    void take_in(std::span<std::byte> input);
    void take_in_guarded(std::span<std::byte> input);
    void deliver(const Incoming& message);
    void hear_close(std::span<const std::byte> payload);
    void read_away();

    // Writing.
    void want_flush();
    void flush();
    bool write_some(std::span<const std::byte> piece);
    void write_failed(ErrorCode failure);

    // Ending.
    void tell(WebsocketClosed closed);
    void fail(std::uint16_t code, std::string_view why);
    void give_up(const std::string& why);
    void part(const CloseReason& our_answer);
    void half_close();
    void drop();
    TimePoint latest_end() const;

    // Deadlines.
    void set_alarm();
    void look_at_the_clock();

    Executor executor_;
    Readiness& readiness_;
    Transport transport_;
    WebsocketFacts facts_;
    WebsocketHandlers handlers_;
    WebsocketOutbox outbox_;
    WebsocketWatch watch_;
    FrameReader reader_;
    LoopTimer alarm_;
    std::optional<TimePoint> alarm_at_;     // what alarm_ is set to
    std::optional<TimePoint> last_moment_;  // then the socket is closed, whatever is missing

    std::string unsent_;     // encoded, and not taken by the socket
    CloseReason own_close_;  // of close()

    bool started_ = false;
    bool in_handler_ = false;
    bool abandoned_ = false;
    bool waits_to_write_ = false;
    bool flush_posted_ = false;
    bool flush_when_readable_ = false;  // TLS may need the one for the other
    bool read_when_writable_ = false;   // not before
    bool closing_ = false;              // our close() was called
    bool told_ = false;                 // on_closed was called, or nobody wanted it
    bool parting_ = false;              // only our close frame and the end of the connection are left
    bool half_closed_ = false;
    bool gone_ = false;  // the socket is closed
};

}  // namespace atlas::net
