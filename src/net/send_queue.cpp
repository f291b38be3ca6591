#include "atlas/net/send_queue.hpp"

#include <algorithm>
#include <utility>

namespace atlas::net {
namespace {

constexpr std::size_t max_messages = 16 * 1024;
constexpr std::size_t kept_capacity = 8 * 1024;  // a slot that once held more gives its memory back
constexpr std::size_t kept_slots = 2;            // as many messages as wait in a quiet stream

void append(std::string& to, std::span<const std::byte> bytes) {
    if (!bytes.empty()) to.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void empty_out(OutgoingMessage& message) {
    if (message.bytes.capacity() > kept_capacity) {
        message.bytes = std::string();
    } else {
        message.bytes.clear();
    }
}

}  // namespace

bool SendQueue::push(bool binary, std::span<const std::byte> head, std::span<const std::byte> body) {
    const std::size_t size = head.size() + body.size();
    if (size > max_bytes_ - bytes_ || count_ == max_messages) return false;
    if (count_ == slots_.size()) grow();
    OutgoingMessage& message = slot(count_);
    message.binary = binary;
    message.bytes.clear();
    message.bytes.reserve(size);
    append(message.bytes, head);
    append(message.bytes, body);
    ++count_;
    most_ = std::max(most_, count_);
    bytes_ += size;
    return true;
}

const OutgoingMessage* SendQueue::take() {
    done();
    if (count_ == 0) return nullptr;
    std::swap(taken_, slot(0));
    --count_;
    first_ = (first_ + 1) % slots_.size();
    if (count_ == 0) rest();
    return &taken_;
}

// Empty: the next message finds the memory of the same slot again, and what a burst needed is given back.
void SendQueue::rest() {
    if (most_ > kept_slots) slots_ = {};
    most_ = 0;
    first_ = 0;
}

void SendQueue::done() {
    bytes_ -= taken_.bytes.size();
    empty_out(taken_);
}

std::size_t SendQueue::drop_binary() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        if (slot(i).binary) {
            bytes_ -= slot(i).bytes.size();
            empty_out(slot(i));
        } else {
            if (kept != i) std::swap(slot(kept), slot(i));
            ++kept;
        }
    }
    const std::size_t dropped = count_ - kept;
    count_ = kept;
    if (count_ == 0) rest();
    return dropped;
}

void SendQueue::clear() {
    for (std::size_t i = 0; i < count_; ++i) bytes_ -= slot(i).bytes.size();
    slots_ = {};
    first_ = most_ = count_ = 0;
}

void SendQueue::grow() {
    std::vector<OutgoingMessage> larger(slots_.empty() ? 8 : slots_.size() * 2);
    for (std::size_t i = 0; i < count_; ++i) larger[i] = std::move(slot(i));
    slots_ = std::move(larger);
    first_ = 0;
}

}  // namespace atlas::net
