#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace atlas::observe {

// Writes lines to a file from a thread of its own, so that a blocked pipe stops nobody else. Bounded: when it
// is full the oldest line goes. Holds memory only for lines that wait.
class LineWriter {
public:
    LineWriter(std::FILE* file, std::size_t max_lines);
    ~LineWriter();  // writes what is queued
    LineWriter(const LineWriter&) = delete;
    LineWriter& operator=(const LineWriter&) = delete;

    void add(std::string_view line);

private:
    void write_until_closed();

    std::FILE* const file_;
    const std::size_t max_lines_;
    std::mutex guards_lines_;
    std::condition_variable changed_;
    std::deque<std::string> lines_;
    bool closed_ = false;
    std::thread thread_;  // last: begins when all else is there
};

}  // namespace atlas::observe
