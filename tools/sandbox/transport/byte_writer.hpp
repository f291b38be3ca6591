#pragma once

#include "sandbox/transport/stream.hpp"

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace atlas::sandbox {

// Writes bytes to a stream in order, one write at a time. Part of its connection, which each write keeps
// alive. The queue is bounded by whoever appends: they look at unsent().
class ByteWriter {
public:
    ByteWriter(Stream& stream, std::function<void()> on_progress)
        : stream_(stream), on_progress_(std::move(on_progress)) {}

    void append(std::string_view bytes, const std::shared_ptr<void>& owner);
    std::size_t unsent() const { return waiting_.size() + current_.size() - written_; }
    bool failed() const { return failed_; }
    // No write is longer than this, so that the peer sees the bytes in such pieces.
    void split_into(std::size_t bytes) { piece_ = bytes; }
    // The connection ends here: TLS close_notify and FIN once everything is written.
    void close_when_written(const std::shared_ptr<void>& owner);

private:
    void write(const std::shared_ptr<void>& owner);
    void close(const std::shared_ptr<void>& owner);

    Stream& stream_;
    std::function<void()> on_progress_;
    std::string waiting_;
    std::string current_;
    std::size_t written_ = 0;
    std::size_t piece_ = std::numeric_limits<std::size_t>::max();
    bool writing_ = false;
    bool failed_ = false;
    bool close_after_ = false;
};

}  // namespace atlas::sandbox
