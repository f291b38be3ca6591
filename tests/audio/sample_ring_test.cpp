#include "atlas/audio/sample_ring.hpp"

#include "audio/sounds.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace atlas::audio {
namespace {

using Samples = std::vector<std::int16_t>;

Samples read_all(SampleRing& ring) {
    Samples out(ring.size());
    EXPECT_EQ(ring.read(out), out.size());
    return out;
}

TEST(SampleRing, GivesBackWhatWasWrittenInOrder) {
    SampleRing ring(10);
    EXPECT_EQ(ring.write(Samples{1, 2, 3}), 0u);
    EXPECT_EQ(ring.write(Samples{4}), 0u);
    EXPECT_EQ(ring.size(), 4u);
    EXPECT_EQ(read_all(ring), (Samples{1, 2, 3, 4}));
    EXPECT_TRUE(ring.empty());
}

TEST(SampleRing, DropsTheOldestWhenFull) {
    SampleRing ring(4);
    ring.write(Samples{1, 2, 3});
    EXPECT_EQ(ring.write(Samples{4, 5, 6}), 2u);
    EXPECT_EQ(read_all(ring), (Samples{3, 4, 5, 6}));
}

TEST(SampleRing, KeepsTheEndOfAPieceLongerThanItself) {
    SampleRing ring(4);
    ring.write(Samples{1, 2, 3});
    EXPECT_EQ(ring.write(test::ramp(10, 10)), 9u);
    EXPECT_EQ(read_all(ring), (Samples{16, 17, 18, 19}));
}

TEST(SampleRing, ReadsLessThanAskedWhenThereIsLess) {
    SampleRing ring(4);
    ring.write(Samples{1, 2});
    Samples out(3, -1);
    EXPECT_EQ(ring.read(out), 2u);
    EXPECT_EQ(out, (Samples{1, 2, -1}));
    EXPECT_EQ(ring.read(out), 0u);
}

TEST(SampleRing, PeeksWithoutTaking) {
    SampleRing ring(4);
    ring.write(Samples{1, 2, 3, 4, 5, 6});
    Samples out(2);
    EXPECT_EQ(ring.peek(out, 1), 2u);
    EXPECT_EQ(out, (Samples{4, 5}));
    EXPECT_EQ(ring.peek(out, 3), 1u);
    EXPECT_EQ(ring.peek(out, 4), 0u);
    EXPECT_EQ(ring.peek(out, 1000), 0u);
    EXPECT_EQ(ring.size(), 4u);
}

TEST(SampleRing, TellsThePositionOfItsOldestSample) {
    SampleRing ring(4);
    ring.write(Samples{0, 1, 2, 3, 4, 5});
    Samples one(1);
    ring.read(one);
    EXPECT_EQ(ring.skip(1), 1u);
    EXPECT_EQ(ring.total_written(), 6);
    EXPECT_EQ(ring.total_dropped(), 2);
    EXPECT_EQ(ring.total_taken(), 2);
    ring.peek(one);
    EXPECT_EQ(one[0], ring.total_taken() + ring.total_dropped());
    ring.clear();
    EXPECT_TRUE(ring.empty());
    EXPECT_EQ(ring.skip(1), 0u);
    EXPECT_EQ(ring.total_taken() + ring.total_dropped(), ring.total_written());
}

TEST(SampleRing, OfNoCapacityDropsAll) {
    SampleRing ring(0);
    EXPECT_EQ(ring.write(Samples{1, 2}), 2u);
    EXPECT_EQ(ring.write({}), 0u);
    Samples out(1);
    EXPECT_EQ(ring.read(out), 0u);
    EXPECT_EQ(ring.total_dropped(), 2);
}

TEST(SampleRing, BehavesLikeADequeInAnyOrderOfCalls) {
    SampleRing ring(97);
    std::deque<std::int16_t> model;
    std::mt19937 random(3);
    int next = 0;
    for (int step = 0; step < 5000; ++step) {
        const std::size_t count = random() % 130;
        if (random() % 2 == 0) {
            const Samples piece = test::ramp(count, next);
            next += static_cast<int>(count);
            model.insert(model.end(), piece.begin(), piece.end());
            const std::size_t too_many = model.size() - std::min<std::size_t>(model.size(), 97);
            model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(too_many));
            ASSERT_EQ(ring.write(piece), too_many);
        } else {
            Samples out(count);
            const std::size_t read = ring.read(out);
            ASSERT_EQ(read, std::min(count, model.size()));
            for (std::size_t i = 0; i < read; ++i, model.pop_front()) ASSERT_EQ(out[i], model.front());
        }
        ASSERT_EQ(ring.size(), model.size());
    }
}

}  // namespace
}  // namespace atlas::audio
