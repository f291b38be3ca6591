#include "call/terminal.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

namespace atlas::caller {
namespace {

constexpr std::size_t margin = 20;  // time and who
constexpr std::size_t narrowest = 20;

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The end of the character that begins at `at`.
std::size_t after_character(std::string_view text, std::size_t at) {
    ++at;
    while (at < text.size() && continues(text[at])) ++at;
    return at;
}

// Columns; wide characters (CJK, emoji) begin at U+1100 and are counted as two.
std::size_t columns(std::string_view character) {
    const auto lead = static_cast<unsigned char>(character.front());
    if (lead == 0xE1 && character.size() > 1) return static_cast<unsigned char>(character[1]) >= 0x84 ? 2 : 1;
    return lead > 0xE2 ? 2 : 1;
}

// How much of `text` fits into `width` columns: up to a space, where there is one.
std::size_t line_length(std::string_view text, std::size_t width) {
    std::size_t used = 0;
    std::size_t space = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t next = after_character(text, at);
        used += columns(text.substr(at, next - at));
        if (used > width) return space > 0 ? space : at;
        at = next;
        if (at < text.size() && text[at] == ' ') space = at;
    }
    return text.size();
}

std::string seconds(net::Duration time) {
    char text[24];
    std::snprintf(text, sizeof text, "%7.2f", std::chrono::duration<double>(time).count());
    return text;
}

std::string milliseconds(std::int64_t time) { return std::to_string(time) + " ms"; }

std::string stages_line(const TurnResult& turn) {
    std::string text;
    for (const auto& [stage, time] : turn.stages_ms) {
        if (!text.empty()) text += " · ";
        text += stage + " " + std::to_string(time);
    }
    if (!text.empty()) text += " ms";
    if (turn.response_ms)
        text += (text.empty() ? "" : "; ") + ("heard after " + milliseconds(*turn.response_ms));
    if (turn.underruns > 0) text += "; " + std::to_string(turn.underruns) + " underruns";
    return text;
}

}  // namespace

TerminalStyle detect_style(int descriptor) {
    TerminalStyle style;
    const char* term = std::getenv("TERM");
    const char* no_color = std::getenv("NO_COLOR");
    const bool dumb = term == nullptr || std::string_view(term) == "dumb";
    style.live = isatty(descriptor) == 1 && !dumb;
    style.color = style.live && (no_color == nullptr || *no_color == '\0');
    winsize size{};
    if (style.live && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.width = size.ws_col;
    return style;
}

std::string printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const bool c1 =
            byte == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0;
        if (c1) ++at;
        result.push_back(byte < 0x20 || byte == 0x7F || c1 ? ' ' : text[at]);
    }
    return result;
}

Terminal::Terminal(std::ostream& out, const TerminalStyle& style, std::function<net::TimePoint()> clock)
    : out_(out), style_(style), clock_(std::move(clock)), began_(clock_()) {
    style_.width = std::max(style_.width, margin + narrowest);
}

// Without the query: it may hold a token.
void Terminal::calling(std::string_view url) { line("calling", url.substr(0, url.find('?'))); }

void Terminal::received(const ServerMessage& message) {
    std::visit([this](const auto& one) { show(one); }, message);
}

void Terminal::show(const Ready& ready) {
    began_ = clock_();
    line("ready",
         "call " + ready.call_id + " at " + ready.region + " " + ready.machine + " " + ready.version);
    line("",
         "microphone " + audio::describe(ready.audio_in) + " · loudspeaker " +
             audio::describe(ready.audio_out),
         Look::quiet);
}

void Terminal::show(const State& state) {
    if (state.state == "thinking" || state.state == "user_speaking") live_line("…", state.state);
}

void Terminal::show(const UserTranscript& transcript) {
    if (transcript.final) return line("you", transcript.text, Look::caller);
    if (style_.live) return live_line("you …", transcript.text);
    line("you …", transcript.text, Look::quiet);
}

void Terminal::show(const AgentText& text) { line("agent", text.text, Look::agent); }

void Terminal::show(const AudioFlush& flush) {
    line("flush",
         "turn " + std::to_string(flush.turn) + ", " + flush.reason + ": keep " + milliseconds(flush.keep_ms),
         Look::bad);
}

void Terminal::show(const GoingAway& leaving) {
    line("leaving", leaving.reason + ", within " + milliseconds(leaving.deadline_ms), Look::bad);
}

void Terminal::saying(const Utterance& utterance, std::optional<std::uint32_t> interrupts) {
    std::string text = utterance.recording ? utterance.recording->name + ", " +
                                                 milliseconds(utterance.recording->length().count())
                                           : "\"" + utterance.text + "\"";
    if (interrupts) text += " into turn " + std::to_string(*interrupts);
    line(utterance.recording ? "saying" : "typing", text, Look::quiet);
}

void Terminal::audible(const TurnResult& turn) {
    std::string text = "turn " + std::to_string(turn.turn);
    if (turn.cause != "user") text += " (" + turn.cause + ")";
    if (turn.response_ms) text += ", " + milliseconds(*turn.response_ms) + " after the last word";
    line("audible", text, Look::quiet);
}

void Terminal::stopped(const TurnResult& turn) {
    std::string text = "turn " + std::to_string(turn.turn) + " after " + milliseconds(turn.played_ms);
    if (turn.stop_ms) text += ", " + milliseconds(*turn.stop_ms) + " after the interruption began";
    line("stopped", text, Look::bad);
}

void Terminal::turn_over(const TurnResult& turn) {
    std::string text = "turn " + std::to_string(turn.turn) + " " + turn.status;
    if (!turn.reason.empty()) text += " (" + turn.reason + ")";
    if (turn.status != "completed") text += ", heard: \"" + turn.heard + "\"";
    line("end", text, turn.status == "completed" ? Look::plain : Look::bad);
    const std::string stages = stages_line(turn);
    if (!stages.empty()) line("stages", stages, Look::quiet);
}

void Terminal::problem(std::string_view text) { line("problem", text, Look::bad); }

void Terminal::over(const CallResult& result) {
    if (result.ready) {
        std::string text = "code " + std::to_string(result.close_code);
        if (!result.close_reason.empty()) text += ", " + result.close_reason;
        if (!result.close_error.empty()) text += ": " + result.close_error;
        line("closed", text);
        line("sound", "sent " + milliseconds(result.sent_ms) + " · received " +
                          milliseconds(result.received_ms) + " · heard " + milliseconds(result.heard_ms) +
                          " · underruns " + std::to_string(result.underruns));
    } else if (result.http_status != 0 && result.http_status != 101) {
        line("refused", "HTTP status " + std::to_string(result.http_status), Look::bad);
        if (!result.http_body.empty()) line("", result.http_body, Look::bad);
    }
    const std::string why = explain(result);
    line("result", why.empty() ? "good" : why, why.empty() ? Look::plain : Look::bad);
}

// ---- lines

void Terminal::line(std::string_view who, std::string_view text, Look look) {
    clear_live_line();
    const std::string clean = printable(text);
    std::string_view rest = clean;
    std::string start = start_of_line(who);
    do {
        const std::size_t length = line_length(rest, style_.width - margin);
        out_ << start << painted(rest.substr(0, length), look) << '\n';
        rest.remove_prefix(
            std::min(rest.size(), length + (length < rest.size() && rest[length] == ' ' ? 1 : 0)));
        start.assign(margin, ' ');
    } while (!rest.empty());
    out_.flush();
}

// The latest words that fit, to be replaced by what comes next.
void Terminal::live_line(std::string_view who, std::string_view text) {
    if (!style_.live) return;
    const std::string clean = printable(text);
    std::string_view tail = clean;
    while (line_length(tail, style_.width - margin - 1) < tail.size()) {
        tail.remove_prefix(after_character(tail, 0));
    }
    clear_live_line();
    out_ << start_of_line(who) << painted(tail, Look::quiet);
    out_.flush();
    live_shown_ = true;
}

void Terminal::clear_live_line() {
    if (std::exchange(live_shown_, false)) out_ << "\r\x1b[K";
}

std::string Terminal::start_of_line(std::string_view who) const {
    std::string start = who.empty() ? std::string(7, ' ') : seconds(clock_() - began_);
    start += "  ";
    start += who;
    std::size_t used = 9;
    for (const char c : who) used += continues(c) ? 0 : 1;
    start.append(margin - std::min(margin, used), ' ');
    return start;
}

std::string Terminal::painted(std::string_view text, Look look) const {
    if (!style_.color || look == Look::plain) return std::string(text);
    const char* code = "2";
    if (look == Look::caller) code = "36";
    if (look == Look::agent) code = "32";
    if (look == Look::bad) code = "33";
    return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace atlas::caller
