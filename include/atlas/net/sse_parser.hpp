#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace atlas::net {

// Views are valid until the parser is touched again.
struct SseEvent {
    std::string_view name;  // of the "event:" line, empty when there was none
    std::string_view data;  // its "data:" lines, joined with '\n'
};

// text/event-stream bytes, cut anywhere, in; whole events out:
//     parser.feed(bytes);
//     while (const auto event = parser.next()) ...
// Pure. An event that the stream does not finish with an empty line is never returned. Line ends, comments
// and the byte order mark are as in claude_openai_tts §A.6; id and retry fields are skipped.
class SseParser {
public:
    explicit SseParser(std::size_t max_event_bytes = 1024 * 1024) : max_event_bytes_(max_event_bytes) {}

    void feed(std::string_view bytes);
    std::optional<SseEvent> next();

    // Not empty once an event was larger than the limit; nothing more comes out then.
    const std::string& error() const { return error_; }

private:
    std::optional<std::string_view> next_line();
    void take_field(std::string_view line);
    void start_event();
    bool too_large(std::size_t line_bytes);

    std::size_t max_event_bytes_;
    std::string input_;
    std::size_t at_ = 0;       // start of the line being read
    std::size_t scanned_ = 0;  // no line end before this
    bool skip_newline_ = false;
    std::string name_;
    std::string data_;
    bool has_data_ = false;
    bool returned_ = false;
    std::string error_;
};

}  // namespace atlas::net
