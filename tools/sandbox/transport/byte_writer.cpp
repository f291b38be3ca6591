#include "sandbox/transport/byte_writer.hpp"

#include <algorithm>

namespace atlas::sandbox {

void ByteWriter::append(std::string_view bytes, const std::shared_ptr<void>& owner) {
    if (failed_ || close_after_) return;
    waiting_ += bytes;
    if (!writing_) write(owner);
}

void ByteWriter::close_when_written(const std::shared_ptr<void>& owner) {
    if (failed_ || close_after_) return;
    close_after_ = true;
    if (!writing_) close(owner);
}

void ByteWriter::close(const std::shared_ptr<void>& owner) {
    failed_ = true;
    stream_.socket().shutdown([owner](error_code) {});
}

void ByteWriter::write(const std::shared_ptr<void>& owner) {
    if (written_ == current_.size()) {
        current_.clear();
        written_ = 0;
        std::swap(current_, waiting_);
    }
    if (current_.empty()) {
        if (close_after_) close(owner);
        return;
    }
    writing_ = true;
    const std::size_t size = std::min(current_.size() - written_, piece_);
    stream_.async_write_some(asio::buffer(current_.data() + written_, size),
                             [this, owner](error_code error, std::size_t sent) {
                                 writing_ = false;
                                 written_ += sent;
                                 if (error) {
                                     failed_ = true;
                                     waiting_.clear();
                                     current_.clear();
                                     written_ = 0;
                                     return;
                                 }
                                 write(owner);
                                 on_progress_();
                             });
}

}  // namespace atlas::sandbox
