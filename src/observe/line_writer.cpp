#include "line_writer.hpp"

#include <utility>

namespace atlas::observe {

LineWriter::LineWriter(std::FILE* file, std::size_t max_lines)
    : file_(file), max_lines_(max_lines), thread_([this] { write_until_closed(); }) {}

LineWriter::~LineWriter() {
    {
        const std::lock_guard lock(guards_lines_);
        closed_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void LineWriter::add(std::string_view line) {
    {
        const std::lock_guard lock(guards_lines_);
        if (lines_.size() == max_lines_) lines_.pop_front();
        lines_.emplace_back(line);
    }
    changed_.notify_one();
}

void LineWriter::write_until_closed() {
    std::unique_lock lock(guards_lines_);
    for (;;) {
        changed_.wait(lock, [this] { return closed_ || !lines_.empty(); });
        if (lines_.empty()) return;
        const std::string line = std::move(lines_.front());
        lines_.pop_front();
        lock.unlock();
        std::fwrite(line.data(), 1, line.size(), file_);
        std::fflush(file_);
        lock.lock();
    }
}

}  // namespace atlas::observe
