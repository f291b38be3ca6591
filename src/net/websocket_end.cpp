#include "websocket_end.hpp"

#include "utf8.hpp"

#include <algorithm>

namespace atlas::net {
namespace {

constexpr std::uint16_t no_status = 1005;
constexpr std::uint16_t no_close_frame = 1006;
constexpr std::size_t longest_text = 123;

bool may_travel(std::uint16_t code) {
    if (code >= 3000 && code <= 4999) return true;
    return code >= 1000 && code <= 1014 && code != 1004 && code != no_status && code != no_close_frame;
}

}  // namespace

CloseReason make_close(std::uint16_t code, std::string_view text) {
    std::size_t length = std::min(text.size(), longest_text);
    while (length < text.size() && length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) {
        --length;
    }
    CloseReason reason;
    reason.code = code;
    reason.text = text.substr(0, length);
    return reason;
}

std::string close_payload(const CloseReason& reason) {
    if (reason.code == no_status || reason.code == no_close_frame) return {};
    std::string payload;
    payload.push_back(static_cast<char>(reason.code >> 8));
    payload.push_back(static_cast<char>(reason.code & 255));
    return payload + reason.text;
}

std::optional<CloseReason> read_close(std::span<const std::byte> payload) {
    CloseReason reason;
    if (payload.empty()) return reason;
    if (payload.size() == 1) return std::nullopt;
    reason.code = static_cast<std::uint16_t>(std::to_integer<unsigned>(payload[0]) << 8 |
                                             std::to_integer<unsigned>(payload[1]));
    const auto text = payload.subspan(2);
    if (!may_travel(reason.code) || !is_utf8(text)) return std::nullopt;
    reason.text.assign(reinterpret_cast<const char*>(text.data()), text.size());
    return reason;
}

WebsocketClosed closed_by_peer(const CloseReason& received) {
    WebsocketClosed closed;
    closed.code = received.code;
    closed.reason = received.text;
    return closed;
}

WebsocketClosed closed_by_us(const CloseReason& sent, const std::string& failure) {
    WebsocketClosed closed;
    closed.code = sent.code;
    closed.reason = sent.text;
    closed.closed_by_us = true;
    closed.error = failure;
    return closed;
}

WebsocketClosed closed_for_a_fault(std::uint16_t code, std::string_view why) {
    WebsocketClosed closed;
    closed.code = code;
    closed.closed_by_us = true;
    closed.error = why;
    return closed;
}

WebsocketClosed broken_off(const std::string& why) {
    WebsocketClosed closed;
    closed.error = why;
    return closed;
}

std::string describe_exception(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& exception) {
        return std::string("unexpected exception: ") + exception.what();
    } catch (...) {
        return "unexpected exception of an unknown type";
    }
}

}  // namespace atlas::net
