#include "net/network.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

// A program of its own because it replaces operator new. Asio's and Beast's operations are not counted: they
// have an allocator of their own.
namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
    ++allocations;
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace atlas::net {
namespace {

class FramePath : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Streams, FramePath, testing::Bool(), test::stream_name);

TEST_P(FramePath, AllocatesNothingOnceItIsWarm) {
    test::Network network(GetParam());
    network.open_pair();
    std::size_t received = 0;
    const std::string frame(640, 'f');
    const auto bytes = std::as_bytes(std::span(frame));
    network.server.binary.reserve(4096);
    const auto exchange = [&](std::size_t frames) {
        for (std::size_t i = 0; i < frames; ++i) {
            network.server.binary.clear();
            ASSERT_TRUE(network.client.websocket->send_binary(bytes.first(8), bytes.subspan(8)));
            while (network.server.binary.empty()) network.loop.run_one_for(std::chrono::seconds(10));
            ++received;
        }
    };
    exchange(100);
    const std::size_t before = allocations;
    exchange(1000);
    // The recorder's copy of each frame is the only one.
    EXPECT_EQ(allocations - before, 1000u);
    EXPECT_EQ(received, 1100u);
}

}  // namespace
}  // namespace atlas::net
