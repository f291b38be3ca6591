#pragma once

#include "atlas/net/send_queue.hpp"
#include "websocket_end.hpp"
#include "websocket_frames.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace atlas::net {

// What one WebSocket still has to say, and in which order: the rest of a frame that was begun; a close that
// cannot wait; the answer to a ping; a ping; the messages; at last a close that was asked for. After a close
// nothing is said. Encodes into memory of its owner's. Pure but for the keys it is given.
class WebsocketOutbox {
public:
    // `draw_key` gives a mask for each frame; null on a server, which must not mask.
    WebsocketOutbox(MaskKey (*draw_key)(), std::size_t max_queued_bytes)
        : draw_key_(draw_key), queue_(max_queued_bytes) {}

    // False when the queue is full.
    bool push(bool binary, std::span<const std::byte> head, std::span<const std::byte> body) {
        return queue_.push(binary, head, body);
    }
    std::size_t drop_binary() { return queue_.drop_binary(); }
    std::size_t bytes() const { return queue_.bytes(); }

    void ping() { ping_wanted_ = true; }
    void answer_ping(std::span<const std::byte> payload);  // only the last of several (RFC 6455 §5.5.3)
    void close_when_empty(CloseReason reason) { last_close_ = std::move(reason); }
    void close_now(CloseReason reason);  // forgets the messages
    void forget_messages() { queue_.clear(); }
    bool closed() const { return closed_; }  // the close frame was encoded

    // Encodes as much as fits, which needs at least 256 bytes of room; returns how many bytes. 0: nothing is
    // left to say.
    std::size_t fill(std::span<std::byte> room);

private:
    std::size_t put_next(std::span<std::byte> room);
    std::size_t begin_message(std::span<std::byte> room);
    std::size_t continue_message(std::span<std::byte> room);
    std::size_t put_control(std::span<std::byte> room, Opcode opcode, std::string_view payload);
    std::size_t put_close(std::span<std::byte> room, const CloseReason& reason);
    std::optional<MaskKey> next_key() const;

    MaskKey (*draw_key_)();
    SendQueue queue_;
    const OutgoingMessage* current_ = nullptr;  // its frame is begun and not complete
    std::size_t current_at_ = 0;                // bytes of its payload that were encoded
    std::optional<MaskKey> current_key_;
    std::optional<std::string> pong_;
    bool ping_wanted_ = false;
    std::optional<CloseReason> urgent_close_;
    std::optional<CloseReason> last_close_;
    bool closed_ = false;
};

}  // namespace atlas::net
