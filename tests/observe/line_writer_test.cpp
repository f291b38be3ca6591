#include "line_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace atlas::observe {
namespace {

// Both ends of a pipe that holds one page of 4 KiB.
class Pipe {
public:
    Pipe() {
        std::array<int, 2> ends{};
        if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
        fcntl(ends[1], F_SETPIPE_SZ, 4096);
        from_ = ends[0];
        to_ = fdopen(ends[1], "w");
    }
    ~Pipe() { close(from_); }

    std::FILE* to() { return to_; }
    std::string read_some() {
        std::array<char, 4096> bytes;
        const auto size = read(from_, bytes.data(), bytes.size());
        return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }
    void end() { std::fclose(to_); }

private:
    int from_ = -1;
    std::FILE* to_ = nullptr;
};

TEST(LineWriter, WritesWhatIsQueuedInOrderBeforeItGoes) {
    Pipe pipe;
    {
        LineWriter writer(pipe.to(), 100);
        for (int line = 0; line < 50; ++line) writer.add(std::to_string(line) + "\n");
    }
    pipe.end();
    std::string expected;
    for (int line = 0; line < 50; ++line) expected += std::to_string(line) + "\n";
    EXPECT_EQ(pipe.read_some(), expected);
}

// Nobody reads: the pipe takes a page, the queue three lines.
TEST(LineWriter, LetsTheOldestLinesGoWhenNobodyReads) {
    Pipe pipe;
    auto writer = std::make_unique<LineWriter>(pipe.to(), 3);
    const std::string rest(1000, '.');
    for (int line = 100; line < 200; ++line) writer->add(std::to_string(line) + rest + "\n");
    std::string all = pipe.read_some();  // from now on it writes what is left
    std::thread end([&] {
        writer.reset();
        pipe.end();
    });
    for (std::string more = pipe.read_some(); !more.empty(); more = pipe.read_some()) all += more;
    end.join();
    std::vector<std::string> numbers;
    std::istringstream lines(all);
    for (std::string line; std::getline(lines, line);) numbers.push_back(line.substr(0, 3));
    ASSERT_GE(numbers.size(), 3U);
    EXPECT_LT(numbers.size(), 20U);
    EXPECT_EQ(std::vector(numbers.end() - 3, numbers.end()), (std::vector<std::string>{"197", "198", "199"}));
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
}

}  // namespace
}  // namespace atlas::observe
