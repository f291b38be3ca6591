#include "turn_info.hpp"

#include <algorithm>

namespace atlas::providers::deepgram {

TurnInfo read_turn_info(const Json& message, const StreamClock& clock) {
    TurnInfo info;
    info.event = text_field(message, "event");
    info.text = text_field(message, "transcript");
    info.trigger = text_field(message, "trigger");
    info.index =
        static_cast<std::int64_t>(std::clamp(number_field(message, "turn_index").value_or(0), 0.0, 1e15));
    info.window_end = number_field(message, "audio_window_end").value_or(0);
    info.end_confidence = number_field(message, "end_of_turn_confidence").value_or(0);
    info.words = read_words(array_field(message, "words"), clock);
    return info;
}

std::size_t count_words(std::string_view text) {
    std::size_t words = 0;
    bool inside = false;
    for (const char letter : text) {
        const bool space = letter == ' ';
        if (!space && !inside) ++words;
        inside = !space;
    }
    return words;
}

std::string_view after_words(std::string_view text, std::size_t words) {
    for (std::size_t skipped = 0; skipped < words; ++skipped) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        text.remove_prefix(std::min(text.find(' '), text.size()));
    }
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return text;
}

}  // namespace atlas::providers::deepgram
