#include "listen_words.hpp"

namespace atlas::providers::deepgram {

std::vector<HeardWord> read_words(const Json& words, const StreamClock& clock) {
    std::vector<HeardWord> read;
    read.reserve(words.size());
    for (const Json& item : words) {
        if (!item.is_object()) continue;
        HeardWord word;
        word.text = text_field(item, "punctuated_word");
        if (word.text.empty()) word.text = text_field(item, "word");
        const auto begin = number_field(item, "start");
        const auto end = number_field(item, "end");
        word.timed = begin && end;
        if (begin) word.begin = clock.to_call(*begin);
        if (end) word.end = clock.to_call(*end);
        word.confidence = number_field(item, "confidence").value_or(0);
        read.push_back(std::move(word));
    }
    return read;
}

std::string joined(const std::vector<HeardWord>& words) {
    std::string text;
    for (const HeardWord& word : words) append_words(text, word.text);
    return text;
}

void append_words(std::string& text, std::string_view words) {
    if (words.empty()) return;
    if (!text.empty()) text += ' ';
    text += words;
}

double mean_confidence(const std::vector<HeardWord>& words) {
    if (words.empty()) return 0;
    double sum = 0;
    for (const HeardWord& word : words) sum += word.confidence;
    return sum / static_cast<double>(words.size());
}

}  // namespace atlas::providers::deepgram
