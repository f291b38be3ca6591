#include "websocket_outbox.hpp"

#include <algorithm>
#include <utility>

namespace atlas::net {
namespace {

constexpr std::size_t largest_control_frame = largest_frame_header + largest_control_payload;

}  // namespace

void WebsocketOutbox::answer_ping(std::span<const std::byte> payload) {
    pong_.emplace(reinterpret_cast<const char*>(payload.data()), payload.size());
}

void WebsocketOutbox::close_now(CloseReason reason) {
    queue_.clear();
    if (!urgent_close_) urgent_close_ = std::move(reason);
}

std::size_t WebsocketOutbox::fill(std::span<std::byte> room) {
    std::size_t used = 0;
    while (!closed_ && room.size() - used >= largest_control_frame) {
        const std::size_t more = put_next(room.subspan(used));
        if (more == 0) break;
        used += more;
    }
    return used;
}

std::size_t WebsocketOutbox::put_next(std::span<std::byte> room) {
    if (current_ != nullptr) return continue_message(room);
    if (urgent_close_) return put_close(room, *urgent_close_);
    if (pong_) {
        const std::string payload = *std::exchange(pong_, std::nullopt);
        return put_control(room, Opcode::pong, payload);
    }
    if (std::exchange(ping_wanted_, false)) return put_control(room, Opcode::ping, {});
    current_ = queue_.take();
    if (current_ != nullptr) return begin_message(room);
    return last_close_ ? put_close(room, *last_close_) : 0;
}

std::size_t WebsocketOutbox::begin_message(std::span<std::byte> room) {
    current_key_ = next_key();
    current_at_ = 0;
    const Opcode opcode = current_->binary ? Opcode::binary : Opcode::text;
    const std::size_t header = write_frame_header(room, opcode, current_->bytes.size(), current_key_);
    return header + continue_message(room.subspan(header));
}

std::size_t WebsocketOutbox::continue_message(std::span<std::byte> room) {
    const auto rest = bytes_of(current_->bytes).subspan(current_at_);
    const auto piece = room.first(std::min(room.size(), rest.size()));
    std::copy_n(rest.begin(), piece.size(), piece.begin());
    if (current_key_) apply_mask(piece, *current_key_, current_at_);
    current_at_ += piece.size();
    if (piece.size() == rest.size()) {
        current_ = nullptr;
        queue_.done();
    }
    return piece.size();
}

std::size_t WebsocketOutbox::put_control(std::span<std::byte> room, Opcode opcode, std::string_view payload) {
    const auto key = next_key();
    const std::size_t header = write_frame_header(room, opcode, payload.size(), key);
    const auto body = room.subspan(header, payload.size());
    std::copy_n(bytes_of(payload).begin(), payload.size(), body.begin());
    if (key) apply_mask(body, *key, 0);
    return header + payload.size();
}

std::size_t WebsocketOutbox::put_close(std::span<std::byte> room, const CloseReason& reason) {
    closed_ = true;
    return put_control(room, Opcode::close, close_payload(reason));
}

std::optional<MaskKey> WebsocketOutbox::next_key() const {
    if (draw_key_ == nullptr) return std::nullopt;
    return draw_key_();
}

}  // namespace atlas::net
