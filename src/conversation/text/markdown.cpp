#include "markdown.hpp"

#include "characters.hpp"

#include <algorithm>

namespace atlas::conversation {
namespace {

constexpr auto npos = std::string_view::npos;

std::size_t skip_spaces(std::string_view text, std::size_t at) {
    return std::min(text.find_first_not_of(" \t", at), text.size());
}

bool is_blank_at(std::string_view text, std::size_t at) {
    return at >= text.size() || blank_length(text, at) != 0;
}

// "---", "***", "===", "|---|:--:|"
bool is_rule(std::string_view line) {
    const auto marks = line.substr(0, line.find('\n'));
    const auto first = marks.find_first_not_of(" \t\r");
    if (first == npos) return false;
    if (marks.find_first_not_of("|-: \t\r") == npos) return marks.find("--") != npos;
    const char mark = marks[first];
    if (mark != '-' && mark != '*' && mark != '_' && mark != '=') return false;
    return std::count(marks.begin(), marks.end(), mark) >= 3 &&
           std::all_of(marks.begin(), marks.end(),
                       [mark](char c) { return c == mark || c == ' ' || c == '\t' || c == '\r'; });
}

// Bytes of the bullet at `at`, its blanks and its check box included.
std::size_t bullet_length(std::string_view line, std::size_t at) {
    std::size_t end = at;
    for (const std::string_view mark : {"-", "*", "+", "•", "–", "—", "·", "◦", "▪", "‣"}) {
        if (line.substr(at).starts_with(mark)) end = at + mark.size();
    }
    if (end == at || end >= line.size() || !is_blank_at(line, end) || line[end] == '\n') return 0;
    end = skip_spaces(line, end);
    for (const std::string_view box : {"[ ]", "[x]", "[X]"}) {
        if (line.substr(end).starts_with(box) && is_blank_at(line, end + 3)) end = skip_spaces(line, end + 3);
    }
    return end - at;
}

bool is_numbered(std::string_view line, std::size_t at) {
    const std::size_t end = std::min(line.find_first_not_of("0123456789", at), line.size());
    return end > at && end - at <= 3 && end < line.size() && (line[end] == '.' || line[end] == ')') &&
           end + 1 < line.size() && line[end + 1] == ' ';
}

bool is_tag_name(std::string_view name) {
    constexpr std::string_view names =
        " a b i p u br em h1 h2 h3 hr li ol ul td th tr sub sup pre div span code table strong ";
    const auto at = names.find(name);
    return at != npos && at > 0 && names[at - 1] == ' ' && names[at + name.size()] == ' ';
}

}  // namespace

LineStart line_start(std::string_view line) {
    LineStart start;
    if (is_rule(line)) return {std::min(line.find('\n'), line.size()), false};
    std::size_t at = skip_spaces(line, 0);
    if (line.substr(at).starts_with("[^")) {  // the text of a footnote
        const std::size_t end = line.find("]:", at);
        if (end != npos && end < line.find('\n', at)) at = skip_spaces(line, end + 2);
    }
    while (at < line.size()) {
        std::size_t marks = 0;
        if (line[at] == '>' && (is_blank_at(line, at + 1) || line[at + 1] == '>')) {
            marks = 1;
        } else if (line[at] == '#') {
            const std::size_t end = std::min(line.find_first_not_of('#', at), line.size());
            if (end - at > 6 || !is_blank_at(line, end)) break;
            marks = end - at;
            start.is_item = true;
        } else {
            marks = bullet_length(line, at);
            start.is_item = start.is_item || marks > 0;
        }
        if (marks == 0) break;
        at = skip_spaces(line, at + marks);
    }
    start.length = at;
    const bool is_table_row = at < line.size() && line[at] == '|';
    start.is_item = start.is_item || is_table_row || is_numbered(line, at);
    return start;
}

std::size_t code_block_length(std::string_view text) {
    const std::size_t begin = skip_spaces(text, 0);
    if (begin >= text.size() || (text[begin] != '`' && text[begin] != '~')) return 0;
    const char mark = text[begin];
    const std::size_t info = std::min(text.find_first_not_of(mark, begin), text.size());
    std::size_t line = std::min(text.find('\n', info), text.size());
    if (info - begin < 3 || text.substr(info, line - info).find('`') != npos) return 0;
    while (line < text.size()) {
        const std::size_t first = skip_spaces(text, line + 1);
        const std::size_t marks = std::min(text.find_first_not_of(mark, first), text.size());
        line = std::min(text.find('\n', first), text.size());
        const auto rest = marks < line ? text.substr(marks, line - marks) : std::string_view();
        if (marks - first >= info - begin && rest.find_first_not_of(" \t\r") == npos) return line;
    }
    return text.size();
}

std::size_t address_end(std::string_view text, std::size_t at) {
    for (const std::string_view scheme : {"https://", "http://", "www."}) {
        if (text.substr(at, scheme.size()) != scheme) continue;
        std::size_t end = at + scheme.size();
        std::size_t open = 0;  // brackets inside, as of "Foo_(film)"
        while (end < text.size() && blank_length(text, end) == 0) {
            const Character c = decode(text, end);
            if (std::u32string_view(U">]\"`*|。，、！？）」』").find(c.code) != std::u32string_view::npos)
                break;
            if (c.code == ')' && open == 0) break;
            open += c.code == '(' ? 1U : 0U;
            open -= c.code == ')' ? 1U : 0U;
            end += c.length;
        }
        while (end > at && std::string_view(".,?!;:'_").find(text[end - 1]) != npos) --end;
        return end > at + scheme.size() ? end : at;
    }
    return at;
}

std::string_view host_of(std::string_view address) {
    if (const auto scheme = address.find("://"); scheme != npos) address.remove_prefix(scheme + 3);
    if (address.starts_with("www.")) address.remove_prefix(4);
    return address.substr(0, address.find_first_of("/?#:"));
}

Link link_at(std::string_view text, std::size_t at) {
    const std::size_t line = std::min(text.find('\n', at), text.size());
    const std::size_t middle = text.find(']', at);
    if (middle == npos || middle >= line) return {};
    const auto words = text.substr(at + 1, middle - at - 1);
    if (words.starts_with('^')) return {{}, middle + 1};
    const char next = middle + 1 < line ? text[middle + 1] : ' ';
    if (next != '(' && next != '[') return {};
    const std::size_t last = text.find(next == '(' ? ')' : ']', middle + 2);
    if (last == npos || last >= line) return {};
    return {words, last + 1};
}

std::size_t tag_length(std::string_view text, std::size_t at) {
    const std::size_t end = text.find('>', at);
    if (end == npos || end - at > 120) return 0;
    auto inside = text.substr(at + 1, end - at - 1);
    if (inside.starts_with('/')) inside.remove_prefix(1);
    const auto name = inside.substr(0, inside.find_first_of(" /"));
    return !name.empty() && is_tag_name(name) ? end - at + 1 : 0;
}

}  // namespace atlas::conversation
