#include "websocket_frames.hpp"

#include "net/network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace atlas::net {
namespace {

using test::websocket_frame;
using testing::ElementsAre;
using Kind = Incoming::Kind;

struct Seen {
    Kind kind;
    std::string payload;
    std::uint16_t code;
    bool operator==(const Seen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
    return out << static_cast<int>(seen.kind) << " \"" << seen.payload << "\" " << seen.code;
}

// Everything that comes of `bytes`, given in pieces of `step`, until the first fault.
std::vector<Seen> read_in_steps(FrameReader& reader, std::string bytes, std::size_t step) {
    std::vector<Seen> seen;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        std::span<std::byte> input =
            std::as_writable_bytes(std::span(bytes)).subspan(at, std::min(step, bytes.size() - at));
        while (!input.empty()) {
            const Incoming got = reader.next(input);
            if (got.kind == Kind::nothing) continue;
            const auto* text = reinterpret_cast<const char*>(got.payload.data());
            seen.push_back({got.kind, std::string(text, text + got.payload.size()), got.code});
            if (got.kind == Kind::broken) return seen;
        }
    }
    return seen;
}

std::vector<Seen> read_as_server(const std::string& bytes, std::size_t limit = 1000) {
    FrameReader reader(true, limit);
    return read_in_steps(reader, bytes, bytes.size());
}

TEST(FrameReader, GivesTheSameMessagesHoweverTheBytesAreCut) {
    const std::string large(300, 'b');
    const std::string huge(70000, 'h');
    const std::string bytes = websocket_frame(1, "Hel", true, false) + websocket_frame(9, "p", true) +
                              websocket_frame(0, "", true, false) + websocket_frame(0, "lo", true) +
                              websocket_frame(2, large, true) + websocket_frame(10, "", true) +
                              websocket_frame(2, huge, true) + websocket_frame(1, "", true) +
                              websocket_frame(8, "\x03\xE8", true);
    const std::vector<Seen> expected = {
        {Kind::ping, "p", 0},    {Kind::text, "Hello", 0}, {Kind::binary, large, 0},    {Kind::pong, "", 0},
        {Kind::binary, huge, 0}, {Kind::text, "", 0},      {Kind::close, "\x03\xE8", 0}};
    for (const std::size_t step : {1ul, 2ul, 3ul, 7ul, 14ul, 127ul, 4096ul, bytes.size()}) {
        FrameReader reader(true, 100000);
        EXPECT_EQ(read_in_steps(reader, bytes, step), expected) << "in steps of " << step;
    }
}

TEST(FrameReader, DoesNotCopyAMessageThatLiesInOnePiece) {
    FrameReader reader(false, 1000);
    std::string bytes = websocket_frame(2, "sound", false) + websocket_frame(2, "more", false);
    auto input = std::as_writable_bytes(std::span(bytes));
    const Incoming first = reader.next(input);
    EXPECT_EQ(first.payload.data(), std::as_bytes(std::span(bytes)).data() + 2);
    const Incoming second = reader.next(input);
    EXPECT_EQ(second.payload.data(), std::as_bytes(std::span(bytes)).data() + 9);
    EXPECT_TRUE(input.empty());
}

TEST(FrameReader, RefusesWithTheCodeThatSaysWhy) {
    const std::string text = "\xC3\x28";
    EXPECT_EQ(read_as_server(websocket_frame(1, text, true)).back().code, 1007);
    EXPECT_EQ(
        read_as_server(websocket_frame(1, "\xC3", true, false) + websocket_frame(0, "(", true)).back().code,
        1007);
    EXPECT_EQ(read_as_server(websocket_frame(2, std::string(1001, 'x'), true)).back().code, 1009);
    EXPECT_EQ(read_as_server(websocket_frame(2, std::string(600, 'x'), true, false) +
                             websocket_frame(0, std::string(401, 'x'), true))
                  .back()
                  .code,
              1009);
}

TEST(FrameReader, TakesAMessageAsLargeAsTheLimitInFragmentsToo) {
    const auto seen = read_as_server(websocket_frame(2, std::string(600, 'x'), true, false) +
                                     websocket_frame(0, std::string(400, 'x'), true));
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].payload, std::string(1000, 'x'));
}

TEST(FrameReader, RefusesACharacterCutAtAFragmentsEndOnlyWhenItIsNotContinued) {
    const auto seen =
        read_as_server(websocket_frame(1, "\xC3", true, false) + websocket_frame(0, "\xBC", true));
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].payload, "\xC3\xBC");
}

TEST(FrameReader, RefusesEveryBreachOfTheProtocolWith1002) {
    const auto with_first_byte = [](unsigned byte) {
        std::string frame = websocket_frame(1, "x", true);
        frame[0] = static_cast<char>(byte);
        return frame;
    };
    std::string long_way("\x82\xFE\x00\x05", 4);
    const std::vector<std::string> breaches = {
        websocket_frame(1, "x", false),  // not masked
        with_first_byte(0xC1),
        with_first_byte(0xA1),
        with_first_byte(0x91),  // reserved bits
        with_first_byte(0x83),
        with_first_byte(0x8B),
        with_first_byte(0x8F),                                                 // reserved opcodes
        websocket_frame(9, "x", true, false),                                  // a fragmented ping
        websocket_frame(9, std::string(126, 'x'), true),                       // too large for a ping
        websocket_frame(0, "x", true),                                         // continues nothing
        websocket_frame(1, "x", true, false) + websocket_frame(1, "y", true),  // begins inside another
        long_way + std::string(9, '\0'),                                       // 5 written as 16 bits
    };
    for (const auto& breach : breaches) {
        const auto seen = read_as_server(breach);
        ASSERT_FALSE(seen.empty()) << testing::PrintToString(breach);
        EXPECT_EQ(seen.back().kind, Kind::broken) << testing::PrintToString(breach);
        EXPECT_EQ(seen.back().code, 1002) << testing::PrintToString(breach);
    }
}

TEST(FrameReader, RefusesAMaskedFrameFromAServer) {
    FrameReader reader(false, 1000);
    EXPECT_EQ(read_in_steps(reader, websocket_frame(1, "x", true), 100).back().code, 1002);
}

TEST(FrameReader, RefusesALengthThatNobodyCanHaveBeforeItsBytesCome) {
    std::string header("\x82\xFF", 2);
    header.append(8, '\xFF');
    header.append(4, '\0');
    FrameReader reader(true, 1000);
    const auto seen = read_in_steps(reader, header, header.size());
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].code, 1009);
}

TEST(FrameReader, NeverReadsOutOfBoundsWhateverComes) {
    std::mt19937 random(7);
    for (int round = 0; round < 3000; ++round) {
        FrameReader reader(round % 2 == 0, 2000);
        std::string bytes;
        for (int i = 0; i < 20; ++i) {
            std::string frame =
                websocket_frame(static_cast<int>(random() % 11), std::string(random() % 300, 'x'),
                                round % 2 == 0, random() % 4 != 0);
            if (random() % 8 == 0) frame[random() % frame.size()] = static_cast<char>(random());
            bytes += frame;
        }
        for (const Seen& seen : read_in_steps(reader, bytes, 1 + random() % 500)) {
            EXPECT_LE(seen.payload.size(), 2000u);
        }
    }
}

TEST(FrameHeader, IsReadBackByTheReaderAtEverySizeWhereItsFormChanges) {
    for (const std::size_t size : {0ul, 1ul, 125ul, 126ul, 127ul, 65535ul, 65536ul, 70001ul}) {
        for (const bool masked : {false, true}) {
            const MaskKey key{std::byte{1}, std::byte{0xFE}, std::byte{3}, std::byte{0x80}};
            std::string payload(size, '\0');
            for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(i * 7);
            std::string frame(largest_frame_header, '\0');
            const std::optional<MaskKey> given = masked ? std::optional(key) : std::nullopt;
            frame.resize(
                write_frame_header(std::as_writable_bytes(std::span(frame)), Opcode::binary, size, given));
            std::string body = payload;
            if (masked) apply_mask(std::as_writable_bytes(std::span(body)), key, 0);
            FrameReader reader(masked, 100000);
            const auto seen = read_in_steps(reader, frame + body, frame.size() + size);
            ASSERT_EQ(seen.size(), 1u) << size;
            EXPECT_EQ(seen[0].payload, payload);
        }
    }
}

TEST(Mask, IsTheSameInAnyPieces) {
    const MaskKey key{std::byte{1}, std::byte{2}, std::byte{4}, std::byte{8}};
    std::string whole(100, 'a');
    apply_mask(std::as_writable_bytes(std::span(whole)), key, 0);
    for (std::size_t cut = 0; cut <= 100; ++cut) {
        std::string pieces(100, 'a');
        const auto bytes = std::as_writable_bytes(std::span(pieces));
        apply_mask(bytes.first(cut), key, 0);
        apply_mask(bytes.subspan(cut), key, cut);
        EXPECT_EQ(pieces, whole) << cut;
    }
}

}  // namespace
}  // namespace atlas::net
