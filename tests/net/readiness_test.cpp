#include "readiness.hpp"

#include "atlas/net/asio_loop.hpp"
#include "support/run_until.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <functional>
#include <memory>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace atlas::net {
namespace {

using namespace std::chrono_literals;

// One end of a pair of connected sockets, and what it was told.
class Socketpair final : public ReadinessListener, public std::enable_shared_from_this<Socketpair> {
public:
    Socketpair() {
        int ends[2] = {-1, -1};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
            throw std::runtime_error("no pair of sockets");
        ours_ = ends[0];
        theirs_ = ends[1];
    }
    ~Socketpair() {
        ::close(ours_);
        close_theirs();
    }

    void on_ready(bool readable, bool writable) override {
        ++told;
        if (readable) ++told_readable;
        if (writable) ++told_writable;
        if (react) react();
    }

    int descriptor() const { return ours_; }
    void say(char byte = 'x') { EXPECT_EQ(::write(theirs_, &byte, 1), 1); }
    bool read_one() {
        char byte = 0;
        return ::read(ours_, &byte, 1) == 1;
    }
    void read_each() {
        react = [this] {
            while (read_one()) {
            }
        };
    }
    void fill_up() {
        const std::vector<char> much(64 * 1024, 'x');
        while (::write(ours_, much.data(), much.size()) > 0) {
        }
    }
    void take_all() {
        std::vector<char> much(64 * 1024);
        while (::read(theirs_, much.data(), much.size()) > 0) {
        }
    }
    void close_theirs() {
        if (theirs_ >= 0) ::close(std::exchange(theirs_, -1));
    }

    int told = 0;
    int told_readable = 0;
    int told_writable = 0;
    std::function<void()> react;

private:
    int ours_ = -1;
    int theirs_ = -1;
};

// With both kinds: the one that waits, and the one that may rest.
class ReadinessTest : public testing::TestWithParam<bool> {
protected:
    std::shared_ptr<Socketpair> watched() {
        auto pair = std::make_shared<Socketpair>();
        EXPECT_FALSE(readiness.watch(pair->descriptor(), pair));
        return pair;
    }
    void forget(const std::shared_ptr<Socketpair>& pair) { readiness.forget(pair->descriptor()); }
    template <class Condition>
    testing::AssertionResult until(std::string_view what, Condition condition) {
        return test::run_until(loop, what, condition);
    }

    AsioLoop loop;
    Readiness& readiness = GetParam() ? loop.patient_readiness() : loop.readiness();
};

INSTANTIATE_TEST_SUITE_P(All, ReadinessTest, testing::Bool(),
                         [](const auto& info_of) { return info_of.param ? "Patient" : "Prompt"; });

TEST_P(ReadinessTest, TellsWhenThereIsSomethingToRead) {
    const auto pair = watched();
    pair->read_each();
    EXPECT_FALSE(loop.run_one_for(1ms));
    for (int message = 1; message <= 3; ++message) {
        pair->say();
        ASSERT_TRUE(until("the message", [&] { return pair->told == message; }));
    }
    EXPECT_EQ(pair->told_writable, 0);
    forget(pair);
}

TEST_P(ReadinessTest, TellsAgainWhatWasNotRead) {
    const auto pair = watched();
    int read = 0;
    pair->react = [&] { read += pair->read_one() ? 1 : 0; };
    for (int i = 0; i < 5; ++i) pair->say();
    ASSERT_TRUE(until("all five", [&] { return read == 5; }));
    EXPECT_EQ(pair->told, 5);
    forget(pair);
}

TEST_P(ReadinessTest, TellsOfRoomOnlyWhenAsked) {
    const auto pair = watched();
    pair->fill_up();
    readiness.ask_for(pair->descriptor(), true, true);
    EXPECT_FALSE(loop.run_one_for(1ms));
    pair->take_all();
    pair->react = [&] { readiness.ask_for(pair->descriptor(), true, false); };
    ASSERT_TRUE(until("room", [&] { return pair->told_writable == 1; }));
    EXPECT_EQ(pair->told_readable, 0);
    pair->read_each();
    pair->say();
    ASSERT_TRUE(until("a message", [&] { return pair->told_readable == 1; }));
    EXPECT_EQ(pair->told_writable, 1);
    forget(pair);
}

TEST_P(ReadinessTest, DoesNotTellOfWhatIsNotWantedJustNow) {
    const auto pair = watched();
    const auto other = watched();
    other->read_each();
    pair->read_each();
    readiness.ask_for(pair->descriptor(), false, false);
    pair->say();
    other->say();
    ASSERT_TRUE(until("the other", [&] { return other->told == 1; }));
    EXPECT_EQ(pair->told, 0);
    readiness.ask_for(pair->descriptor(), true, false);
    ASSERT_TRUE(until("this one", [&] { return pair->told == 1; }));
    forget(pair);
    forget(other);
}

TEST_P(ReadinessTest, TellsOfTheEndAsSomethingToRead) {
    const auto pair = watched();
    pair->react = [&] { forget(pair); };
    pair->close_theirs();
    ASSERT_TRUE(until("the end", [&] { return pair->told_readable == 1; }));
}

TEST_P(ReadinessTest, TellsNothingOfASocketThatWasForgottenInTheSameLook) {
    const auto one = watched();
    const auto other = watched();
    one->react = [&] { forget(other); };
    other->react = [&] { forget(one); };
    one->say();
    other->say();
    ASSERT_TRUE(until("one of both", [&] { return one->told + other->told > 0; }));
    EXPECT_EQ(readiness.watched(), 1u);
    EXPECT_EQ(one->told + other->told, 1);
    forget(one);
    forget(other);
    EXPECT_TRUE(test::run_out(loop));
}

TEST_P(ReadinessTest, WatchesASocketFromWithinALook) {
    const auto pair = watched();
    std::shared_ptr<Socketpair> later;
    pair->react = [&] {
        while (pair->read_one()) {
        }
        later = watched();
        later->read_each();
        later->say();
    };
    pair->say();
    ASSERT_TRUE(until("the later one", [&] { return later && later->told == 1; }));
    forget(pair);
    forget(later);
}

TEST_P(ReadinessTest, HoldsOnToTheListenerUntilItIsForgotten) {
    std::weak_ptr<Socketpair> held;
    int number = -1;
    {
        const auto pair = watched();
        held = pair;
        number = pair->descriptor();
    }
    EXPECT_FALSE(held.expired());
    readiness.forget(number);
    EXPECT_TRUE(held.expired());
}

TEST_P(ReadinessTest, LetsTheLoopEndWhenNothingIsWatched) {
    const auto pair = watched();
    pair->read_each();
    pair->say();
    ASSERT_TRUE(until("the message", [&] { return pair->told == 1; }));
    forget(pair);
    EXPECT_TRUE(test::run_out(loop));
    const auto again = watched();
    again->react = [&] { forget(again); };
    again->say();
    EXPECT_TRUE(test::run_out(loop)) << "the last is forgotten within a look";
    EXPECT_EQ(again->told, 1);
}

TEST_P(ReadinessTest, OtherWorkHasItsTurnBetweenManySockets) {
    std::vector<std::shared_ptr<Socketpair>> pairs;
    int told = 0;
    int told_at_work = -1;
    for (int i = 0; i < 100; ++i) {
        pairs.push_back(watched());
        auto* pair = pairs.back().get();
        pair->react = [&, pair] {
            while (pair->read_one()) {
            }
            if (++told == 1) loop.post([&] { told_at_work = told; });
        };
    }
    for (const auto& pair : pairs) pair->say();
    ASSERT_TRUE(until("all", [&] { return told == 100; }));
    EXPECT_GT(told_at_work, 0);
    EXPECT_LT(told_at_work, 50);
    for (const auto& pair : pairs) forget(pair);
}

TEST_P(ReadinessTest, GoesOnAfterAListenerThrew) {
    const auto pair = watched();
    pair->react = [&] {
        while (pair->read_one()) {
        }
        throw std::runtime_error("a mistake of the owner's");
    };
    pair->say();
    EXPECT_THROW((void)until("the exception", [] { return false; }), std::runtime_error);
    pair->read_each();
    pair->say();
    ASSERT_TRUE(until("the next message", [&] { return pair->told == 2; }));
    forget(pair);
}

// ---- the one that rests

class PatientReadiness : public testing::Test {
protected:
    AsioLoop loop;
    Readiness readiness{loop.context(), 5ms};
};

TEST_F(PatientReadiness, FindsTogetherWhatCameMeanwhile) {
    std::vector<std::shared_ptr<Socketpair>> pairs;
    int told = 0;
    for (int i = 0; i < 8; ++i) {
        pairs.push_back(std::make_shared<Socketpair>());
        ASSERT_FALSE(readiness.watch(pairs.back()->descriptor(), pairs.back()));
        auto* pair = pairs.back().get();
        pair->react = [&, pair] {
            ++told;
            while (pair->read_one()) {
            }
        };
    }
    pairs[0]->say();
    ASSERT_TRUE(test::run_until(loop, "the first", [&] { return told == 1; }));
    for (const auto& pair : pairs) pair->say();
    ASSERT_TRUE(loop.run_one_for(10s)) << "the end of the rest";
    EXPECT_EQ(told, 9) << "all of them in one piece of work";
    for (const auto& pair : pairs) readiness.forget(pair->descriptor());
}

TEST_F(PatientReadiness, SleepsWhenNothingComes) {
    const auto pair = std::make_shared<Socketpair>();
    ASSERT_FALSE(readiness.watch(pair->descriptor(), pair));
    pair->read_each();
    pair->say();
    ASSERT_TRUE(test::run_until(loop, "the message", [&] { return pair->told == 1; }));
    ASSERT_TRUE(loop.run_one_for(10s)) << "one look more, which finds nothing";
    EXPECT_FALSE(loop.run_one_for(30ms)) << "and then no more";
    pair->say();
    ASSERT_TRUE(test::run_until(loop, "the next", [&] { return pair->told == 2; }));
    readiness.forget(pair->descriptor());
}

TEST_F(PatientReadiness, MayEndWhileItRests) {
    auto pair = std::make_shared<Socketpair>();
    auto mine = std::make_unique<Readiness>(loop.context(), 5ms);
    ASSERT_FALSE(mine->watch(pair->descriptor(), pair));
    pair->read_each();
    pair->say();
    ASSERT_TRUE(test::run_until(loop, "the message", [&] { return pair->told == 1; }));
    mine.reset();
    EXPECT_TRUE(test::run_out(loop));
}

}  // namespace
}  // namespace atlas::net
