#include "sentence_end.hpp"

#include <algorithm>
#include <array>

namespace atlas::providers::deepgram {

namespace {

using namespace std::string_view_literals;

constexpr std::array closers = {" "sv, "\t"sv, "\n"sv, "\""sv, "'"sv, ")"sv,
                                "]"sv, "»"sv,  "”"sv,  "’"sv,  "」"sv};
constexpr std::array ends = {"."sv, "!"sv, "?"sv, "。"sv, "！"sv, "？"sv, "؟"sv, "۔"sv, "।"sv};

bool remove_one_of(std::string_view& text, const auto& marks) {
    const auto mark = std::find_if(marks.begin(), marks.end(),
                                   [text](std::string_view candidate) { return text.ends_with(candidate); });
    if (mark == marks.end()) return false;
    text.remove_suffix(mark->size());
    return true;
}

}  // namespace

bool looks_finished(std::string_view text) {
    while (remove_one_of(text, closers)) {
    }
    if (text.ends_with("..")) return false;
    return remove_one_of(text, ends);
}

}  // namespace atlas::providers::deepgram
