#pragma once

#include "transport.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace atlas::net {

// A Transport whose operations are awaited, within a deadline: what the part of a connection needs that
// comes before its WebSocket. Made by std::make_shared; owned by the coroutine that reads and writes, one
// operation at a time.
class AwaitedTransport final : public std::enable_shared_from_this<AwaitedTransport> {
public:
    explicit AwaitedTransport(Transport transport);

    // From then on every operation fails with asio::error::timed_out, until a new deadline is set. The
    // socket stays usable.
    void expires_after(Duration time);
    void expires_never();
    bool expired() const { return expired_; }

    asio::awaitable<ErrorCode> handshake();
    // Sets `size`; fails with asio::error::eof at the end.
    asio::awaitable<ErrorCode> read_some(std::span<std::byte> into, std::size_t& size);
    asio::awaitable<ErrorCode> write_all(std::string_view text);
    // Says goodbye and reads on until the peer ends too, or has sent `most` bytes: closing a socket with
    // its bytes unread would reset the connection under what the peer has not read yet.
    asio::awaitable<void> part(std::size_t most);

    void close();         // what is awaited just now fails
    Transport release();  // nothing may be awaited any more

    Transport& transport() { return transport_; }

private:
    asio::awaitable<ErrorCode> wait(Transport::Need need);

    Transport transport_;
    LoopTimer deadline_;
    std::uint64_t deadlines_ = 0;  // counts them: a wait that was queued for an older one is stale
    bool expired_ = false;
};

}  // namespace atlas::net
