#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text that came over the wire: measured in characters, and made fit to be quoted in an answer or a log.
namespace atlas::protocol {

std::size_t count_chars(std::string_view utf8);  // code points

// The first 40 characters in quotation marks, then "…" when there are more. Whatever could disturb a
// terminal, a log or JSON is escaped: control characters, quotation marks, bytes that are not UTF-8.
std::string quote(std::string_view text);

// The text, cut between characters so that it takes at most `max_bytes` as a JSON string, escapes included.
// "…" at the end tells of the cut.
std::string fit_json(std::string_view text, std::size_t max_bytes);

}  // namespace atlas::protocol
