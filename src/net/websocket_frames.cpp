#include "websocket_frames.hpp"

#include "utf8.hpp"

#include <algorithm>
#include <cstring>

namespace atlas::net {
namespace {

constexpr std::size_t kept_capacity = 16 * 1024;  // one large message must not stay for the call
constexpr std::uint16_t protocol_error = 1002;
constexpr std::uint16_t not_text = 1007;
constexpr std::uint16_t too_big = 1009;
constexpr std::string_view over_the_limit = "the message is larger than allowed";

std::uint8_t number(std::byte byte) { return std::to_integer<std::uint8_t>(byte); }

bool is_control(Opcode opcode) { return number(static_cast<std::byte>(opcode)) >= 8; }

bool is_known(std::uint8_t opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

std::uint64_t big_endian(std::span<const std::byte> bytes) {
    std::uint64_t value = 0;
    for (const std::byte byte : bytes) value = value << 8 | number(byte);
    return value;
}

Incoming broken(std::uint16_t code, std::string_view why) {
    Incoming result;
    result.kind = Incoming::Kind::broken;
    result.code = code;
    result.why = why;
    return result;
}

Incoming::Kind kind_of_control(Opcode opcode) {
    if (opcode == Opcode::ping) return Incoming::Kind::ping;
    return opcode == Opcode::pong ? Incoming::Kind::pong : Incoming::Kind::close;
}

}  // namespace

Incoming FrameReader::next(std::span<std::byte>& input) {
    forget_message();
    for (;;) {
        if (!in_payload_) {
            if (!take_header(input)) return {};
            const std::string_view problem = understand_header();
            if (!problem.empty())
                return broken(problem == over_the_limit ? too_big : protocol_error, problem);
        }
        const auto piece =
            input.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
        input = input.subspan(piece.size());
        left_ -= piece.size();
        if (masked_) apply_mask(piece, key_, key_at_);
        key_at_ += piece.size();
        in_payload_ = left_ > 0;
        if (is_control(opcode_)) {
            std::copy(piece.begin(), piece.end(),
                      control_.begin() + static_cast<std::ptrdiff_t>(control_size_));
            control_size_ += piece.size();
            if (in_payload_) return {};
            Incoming result;
            result.kind = kind_of_control(opcode_);
            result.payload = std::span(control_).first(control_size_);
            return result;
        }
        if (!in_payload_ && final_) return complete(piece);
        message_.insert(message_.end(), piece.begin(), piece.end());
        if (in_payload_) return {};
    }
}

// True when the whole header is there.
bool FrameReader::take_header(std::span<std::byte>& input) {
    for (std::size_t needed = header_needed(); header_size_ < needed; needed = header_needed()) {
        if (input.empty()) return false;
        const auto piece = input.first(std::min(needed - header_size_, input.size()));
        std::copy(piece.begin(), piece.end(), header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
        header_size_ += piece.size();
        input = input.subspan(piece.size());
    }
    return true;
}

std::size_t FrameReader::header_needed() const {
    if (header_size_ < 2) return 2;
    const std::uint8_t second = number(header_[1]);
    const std::size_t length = (second & 127) == 127 ? 8 : (second & 127) == 126 ? 2 : 0;
    return 2 + length + ((second & 128) != 0 ? sizeof(MaskKey) : 0);
}

// Empty when the frame may be read; otherwise the rule that it breaks.
std::string_view FrameReader::understand_header() {
    const std::uint8_t first = number(header_[0]);
    const std::uint8_t second = number(header_[1]);
    const bool masked = (second & 128) != 0;
    std::uint64_t size = second & 127;
    const std::size_t length_bytes = size == 127 ? 8 : size == 126 ? 2 : 0;
    const std::uint64_t least = length_bytes == 8 ? 65536 : length_bytes == 2 ? 126 : 0;
    if (length_bytes > 0) size = big_endian(std::span(header_).subspan(2, length_bytes));
    if (masked) std::copy_n(header_.begin() + 2 + static_cast<std::ptrdiff_t>(length_bytes), 4, key_.begin());
    header_size_ = 0;

    if ((first & 0x70) != 0) return "a reserved bit is set though no extension was agreed";
    if (!is_known(first & 15)) return "the frame's opcode is reserved";
    if (masked != masked_)
        return masked_ ? "a client's frame must be masked" : "a server's frame must not be masked";
    if (size < least) return "the frame's length is not written in the shortest way";
    opcode_ = static_cast<Opcode>(first & 15);
    const bool final = (first & 128) != 0;
    key_at_ = 0;
    left_ = size;
    in_payload_ = true;
    if (is_control(opcode_)) return control_problem(final, size);
    if ((opcode_ == Opcode::continuation) != in_message_) {
        return in_message_ ? "a message began before the one before it was complete"
                           : "a fragment came without a message that it belongs to";
    }
    if (size > max_message_bytes_ - message_.size()) return over_the_limit;
    if (!in_message_) text_ = opcode_ == Opcode::text;
    in_message_ = !final;
    final_ = final;
    return {};
}

std::string_view FrameReader::control_problem(bool final, std::uint64_t size) const {
    if (!final) return "a control frame must not be fragmented";
    if (size > largest_control_payload) return "a control frame carries at most 125 bytes";
    return {};
}

Incoming FrameReader::complete(std::span<const std::byte> payload) {
    if (!message_.empty()) {
        message_.insert(message_.end(), payload.begin(), payload.end());
        payload = message_;
        handed_out_ = true;
    }
    if (text_ && !is_utf8(payload)) return broken(not_text, "the text is not UTF-8");
    Incoming result;
    result.kind = text_ ? Incoming::Kind::text : Incoming::Kind::binary;
    result.payload = payload;
    return result;
}

void FrameReader::forget_message() {
    if (!in_payload_) control_size_ = 0;
    if (!handed_out_) return;
    handed_out_ = false;
    message_.clear();
    if (message_.capacity() > kept_capacity) message_ = {};
}

std::size_t write_frame_header(std::span<std::byte> to, Opcode opcode, std::uint64_t payload_size,
                               const std::optional<MaskKey>& key) {
    const std::size_t length_bytes = payload_size > 65535 ? 8 : payload_size > 125 ? 2 : 0;
    const std::uint64_t short_length = length_bytes == 8 ? 127 : length_bytes == 2 ? 126 : payload_size;
    to[0] = static_cast<std::byte>(0x80 | static_cast<unsigned>(opcode));
    to[1] = static_cast<std::byte>(short_length | (key ? 0x80u : 0u));
    for (std::size_t i = 0; i < length_bytes; ++i) {
        to[2 + i] = static_cast<std::byte>(payload_size >> (8 * (length_bytes - 1 - i)));
    }
    const std::size_t size = 2 + length_bytes;
    if (!key) return size;
    std::copy(key->begin(), key->end(), to.begin() + static_cast<std::ptrdiff_t>(size));
    return size + key->size();
}

void apply_mask(std::span<std::byte> bytes, const MaskKey& key, std::size_t offset) {
    std::array<std::byte, 8> turned;
    for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = key[(offset + i) % key.size()];
    std::uint64_t eight = 0;
    std::memcpy(&eight, turned.data(), sizeof eight);
    std::size_t i = 0;
    for (; i + sizeof eight <= bytes.size(); i += sizeof eight) {
        std::uint64_t value = 0;
        std::memcpy(&value, bytes.data() + i, sizeof value);
        value ^= eight;
        std::memcpy(bytes.data() + i, &value, sizeof value);
    }
    for (; i < bytes.size(); ++i) bytes[i] ^= turned[i % turned.size()];
}

}  // namespace atlas::net
