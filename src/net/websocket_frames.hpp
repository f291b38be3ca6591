#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

// WebSocket frames as RFC 6455 §5 has them. Pure: bytes in, messages out, and the other way round.
namespace atlas::net {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

using MaskKey = std::array<std::byte, 4>;

constexpr std::size_t largest_frame_header = 14;
constexpr std::size_t largest_control_payload = 125;

// What one step of reading gave.
struct Incoming {
    enum class Kind { nothing, text, binary, ping, pong, close, broken };
    Kind kind = Kind::nothing;
    std::span<const std::byte> payload{};  // valid until the next step, and no longer than the input
    std::uint16_t code = 0;                // broken: the close code to send, 1002, 1007 or 1009
    std::string_view why{};                // broken: the rule that was broken
};

// Takes a byte stream apart. A message that lies in the input in one piece is not copied; one that does
// not is gathered, memory growing with what came and never with what a header claims. After `broken`
// nothing may be read any more. Owned by one connection.
class FrameReader {
public:
    // A server reads masked frames only, a client unmasked ones only (§5.1).
    FrameReader(bool masked, std::size_t max_message_bytes)
        : masked_(masked), max_message_bytes_(max_message_bytes) {}

    // Consumes from the front of `input`, which is unmasked in place, until one message or control frame is
    // complete, or all of it (then `nothing`).
    Incoming next(std::span<std::byte>& input);

private:
    bool take_header(std::span<std::byte>& input);
    std::size_t header_needed() const;
    std::string_view understand_header();
    std::string_view control_problem(bool final, std::uint64_t size) const;
    Incoming complete(std::span<const std::byte> payload);
    void forget_message();

    bool masked_;
    std::size_t max_message_bytes_;
    std::array<std::byte, largest_frame_header> header_{};
    std::size_t header_size_ = 0;
    std::array<std::byte, largest_control_payload> control_{};
    std::size_t control_size_ = 0;
    // The frame whose payload is being read.
    bool in_payload_ = false;
    bool final_ = true;
    Opcode opcode_ = Opcode::binary;
    MaskKey key_{};
    std::size_t key_at_ = 0;
    std::uint64_t left_ = 0;
    // The message its fragments belong to.
    bool in_message_ = false;
    bool text_ = false;
    bool handed_out_ = false;  // message_ is the payload that was given last
    std::vector<std::byte> message_;
};

// Writes the header of a final frame, at most largest_frame_header bytes; returns its size. With a key the
// payload has to be masked with it.
std::size_t write_frame_header(std::span<std::byte> to, Opcode opcode, std::uint64_t payload_size,
                               const std::optional<MaskKey>& key);

// Masks, or unmasks, bytes that lie `offset` bytes behind the payload's beginning.
void apply_mask(std::span<std::byte> bytes, const MaskKey& key, std::size_t offset);

}  // namespace atlas::net
