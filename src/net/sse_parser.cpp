#include "atlas/net/sse_parser.hpp"

namespace atlas::net {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

void SseParser::feed(std::string_view bytes) {
    if (!error_.empty()) return;
    start_event();
    input_.erase(0, at_);
    scanned_ -= at_;
    at_ = 0;
    input_.append(bytes);
}

std::optional<SseEvent> SseParser::next() {
    start_event();
    while (const auto line = next_line()) {
        if (too_large(line->size())) break;
        if (!line->empty()) {
            take_field(*line);
        } else if (has_data_ || !name_.empty()) {
            returned_ = true;
            return SseEvent{name_, data_};
        }
    }
    return std::nullopt;
}

// A '\r' ends its line at once; a '\n' right behind it, perhaps in a later read, belongs to it.
std::optional<std::string_view> SseParser::next_line() {
    if (!error_.empty()) return std::nullopt;
    if (skip_newline_ && at_ < input_.size()) {
        if (input_[at_] == '\n') ++at_;
        skip_newline_ = false;
    }
    if (scanned_ < at_) scanned_ = at_;
    const std::size_t end = input_.find_first_of("\r\n", scanned_);
    if (end == std::string::npos) {
        scanned_ = input_.size();
        too_large(scanned_ - at_);
        return std::nullopt;
    }
    const std::string_view line = std::string_view(input_).substr(at_, end - at_);
    skip_newline_ = input_[end] == '\r';
    at_ = scanned_ = end + 1;
    return line;
}

void SseParser::take_field(std::string_view line) {
    if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    const std::size_t colon = line.find(':');
    const std::string_view field = line.substr(0, colon);
    std::string_view value;
    if (colon != std::string_view::npos) value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "event") {
        name_.assign(value);
    } else if (field == "data") {
        if (has_data_) data_.push_back('\n');
        data_.append(value);
        has_data_ = true;
    }
}

void SseParser::start_event() {
    if (!returned_) return;
    name_.clear();
    data_.clear();
    has_data_ = false;
    returned_ = false;
}

bool SseParser::too_large(std::size_t line_bytes) {
    if (name_.size() + data_.size() + line_bytes <= max_event_bytes_) return false;
    error_ = "an event is larger than " + std::to_string(max_event_bytes_) + " bytes";
    input_.clear();
    input_.shrink_to_fit();
    at_ = scanned_ = 0;
    return true;
}

}  // namespace atlas::net
