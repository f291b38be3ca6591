#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace atlas::net {

struct OutgoingMessage {
    std::string bytes;
    bool binary = false;
};

// What a WebSocket still has to send: bounded by bytes (and by a number of messages, for empty ones),
// refusing when full. A ring of reusable slots: no allocation while no more than two messages wait; what a
// longer queue needed is given back when it is empty. Pure.
class SendQueue {
public:
    explicit SendQueue(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    bool push(bool binary, std::span<const std::byte> head, std::span<const std::byte> body);

    // The oldest message, or null. It stays, out of reach of drop_binary(), until the next take() or done().
    const OutgoingMessage* take();
    void done();

    std::size_t drop_binary();                    // returns how many
    void clear();                                 // all but the one that was taken
    std::size_t bytes() const { return bytes_; }  // with the one that was taken
    bool empty() const { return count_ == 0; }

private:
    OutgoingMessage& slot(std::size_t index) { return slots_[(first_ + index) % slots_.size()]; }
    void grow();
    void rest();

    std::size_t max_bytes_;
    std::vector<OutgoingMessage> slots_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    std::size_t most_ = 0;  // that waited since it was empty
    std::size_t bytes_ = 0;
    OutgoingMessage taken_;
};

}  // namespace atlas::net
