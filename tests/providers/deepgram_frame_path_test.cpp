#include "audio/allocation_count.hpp"
#include "deepgram_caller.hpp"

#include <gtest/gtest.h>

namespace atlas::providers::deepgram {
namespace {

using namespace std::chrono_literals;
using test::V2Message;
using test::voice;

class DeepgramFramePath : public test::DeepgramCaller {};

TEST_F(DeepgramFramePath, AllocatesNothingOnceWarm) {
    start_flux();
    peer().remembers_sent = false;
    const test::Samples frame = voice(0, 320);
    std::int64_t allocations = 0;
    for (int sent = 0; sent < 3000; ++sent) {
        const std::int64_t before = test::allocation_count();
        recognizer_->send_audio(frame);
        if (sent >= 500) allocations += test::allocation_count() - before;
        loop_.advance(20ms);
        if (sent % 12 == 11) receive(V2Message{"Update", 0, (sent - 10) * 0.02, "", ""});
    }
    EXPECT_EQ(allocations, 0);
    EXPECT_EQ(peer().bytes_sent, 3000u * 640);
}

TEST_F(DeepgramFramePath, AllocatesNothingInsideATurnOnceWarm) {
    start_flux();
    peer().remembers_sent = false;
    const test::Samples frame = voice(0, 320);
    std::int64_t allocations = 0;
    for (int turn = 0; turn < 4; ++turn) {
        for (int sent = 0; sent < 400; ++sent) {
            const std::int64_t before = test::allocation_count();
            recognizer_->send_audio(frame);
            if (turn >= 2) allocations += test::allocation_count() - before;
            loop_.advance(20ms);
            const double heard = (turn * 400 + sent) * 0.02;
            if (sent % 12 == 11) receive(V2Message{"Update", turn, heard, "some words", ""});
            if (sent == 399) receive(V2Message{"EndOfTurn", turn, heard, "some words", ""});
        }
    }
    EXPECT_EQ(allocations, 0);
}

}  // namespace
}  // namespace atlas::providers::deepgram
