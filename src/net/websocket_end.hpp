#pragma once

#include "atlas/net/websocket.hpp"

#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// How a WebSocket ends, in the bytes of its close frame (RFC 6455 §5.5.1, §7.4) and in the words of
// WebsocketClosed. Pure.
namespace atlas::net {

struct CloseReason {
    std::uint16_t code = 1005;  // 1005: a close frame without a code
    std::string text;
};

// Shortens the text to the 123 bytes a close frame can hold, at a character's end.
CloseReason make_close(std::uint16_t code, std::string_view text);

// The payload to send; empty for 1005 and 1006, which must not travel.
std::string close_payload(const CloseReason& reason);
// Empty when the payload breaks a rule of the RFC.
std::optional<CloseReason> read_close(std::span<const std::byte> payload);

// After a close frame of the peer's.
WebsocketClosed closed_by_peer(const CloseReason& received);
// After our own close(); `failure`: why the peer's side of the close handshake is missing, if it is.
WebsocketClosed closed_by_us(const CloseReason& sent, const std::string& failure);
// The peer broke the protocol, and was told with `code`.
WebsocketClosed closed_for_a_fault(std::uint16_t code, std::string_view why);
// There was no close frame at all.
WebsocketClosed broken_off(const std::string& why);

std::string describe_exception(const std::exception_ptr& failure);

}  // namespace atlas::net
