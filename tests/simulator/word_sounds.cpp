#include "simulator/word_sounds.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <sstream>
#include <stdexcept>

namespace atlas::sim {
namespace {

constexpr int quietest = 8000;  // of a word; loud enough to be speech
constexpr int most_words = 20'000;

// Of Chinese and Japanese each sign is a word; their punctuation belongs to the sign before it.
bool is_a_word_alone(std::string_view from) {
    const auto lead = static_cast<unsigned char>(from.front());
    return lead >= 0xE3 && lead <= 0xE9 && !from.starts_with("\xE3\x80");
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> words;
    std::istringstream blanks{std::string(text)};
    for (std::string part; blanks >> part;) {
        words.emplace_back();
        for (std::size_t at = 0; at < part.size(); ++at) {
            const auto rest = std::string_view(part).substr(at);
            const bool alone = is_a_word_alone(rest);
            const bool letter = std::isalnum(static_cast<unsigned char>(rest.front())) != 0;
            const bool begins = alone || (letter && !words.back().empty() && is_a_word_alone(words.back()));
            if (begins && !words.back().empty()) words.emplace_back();
            words.back() += rest.substr(0, alone ? 3 : 1);
            if (alone) at += 2;
        }
    }
    return words;
}

int pause_after(std::string_view word, const Voice& voice) {
    for (const std::string_view stop : {"...", "…", "。", "！", "？"})
        if (word.ends_with(stop)) return voice.stop_blocks;
    for (const std::string_view comma : {"，", "、"})
        if (word.ends_with(comma)) return voice.comma_blocks;
    switch (word.back()) {
        case '.':
        case '!':
        case '?':
            return voice.stop_blocks;
        case ',':
        case ';':
        case ':':
            return voice.comma_blocks;
        default:
            return 0;
    }
}

}  // namespace

int WordSounds::add(std::string text, int blocks) {
    if (words_.size() >= most_words) throw std::logic_error("a scenario with too many words");
    words_.push_back({std::move(text), blocks});
    return static_cast<int>(words_.size());
}

std::vector<SoundPiece> WordSounds::speak(std::string_view text, const Voice& voice, Random& random) {
    std::vector<SoundPiece> pieces;
    const auto silence = [&pieces](int blocks) {
        if (blocks > 0) pieces.push_back({0, blocks});
    };
    silence(voice.leading_blocks);
    std::uniform_real_distribution<double> around(1 - voice.variation, 1 + voice.variation);
    for (const auto& word : split(text)) {
        const auto letters = static_cast<double>(plain_word(word).size());
        if (letters > 0) {
            const double usual = voice.word_blocks + voice.letter_blocks * letters;
            const int blocks = std::max(6, static_cast<int>(std::lround(usual * around(random))));
            pieces.push_back({add(word, blocks), blocks});
        }
        silence(pause_after(word, voice));
    }
    silence(voice.trailing_blocks);
    int silent = 0;
    SpokenWord* last = nullptr;
    for (const auto& piece : pieces) {
        silent += piece.code == 0 ? piece.blocks : 0;
        if (piece.code == 0 && last != nullptr) last->silence_behind = silent;
        if (piece.code == 0) continue;
        SpokenWord& word = words_[static_cast<std::size_t>(piece.code - 1)];
        if (last == nullptr) word.silence_before = silent;
        silent = 0;
        last = &word;
    }
    return pieces;
}

void WordSounds::append(std::vector<std::int16_t>& samples, const SoundPiece& piece, int rate) {
    const auto count = static_cast<std::size_t>(piece.blocks * rate / blocks_per_second);
    const auto size = static_cast<std::int16_t>(piece.code == 0 ? 0 : quietest + piece.code);
    samples.insert(samples.end(), count, size);
}

int WordSounds::code_of(std::int16_t sample) { return sample > quietest ? sample - quietest : 0; }

std::string plain_word(std::string_view word) {
    std::string plain;
    for (const char c : word) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 || std::isalnum(byte) != 0) plain.push_back(static_cast<char>(std::tolower(byte)));
    }
    // An ellipsis, a dash and curly quotes are no letters either.
    for (const std::string_view sign : {"…", "—", "–", "“", "”", "‘", "’", "。", "，", "、", "！", "？"}) {
        for (auto at = plain.find(sign); at != std::string::npos; at = plain.find(sign))
            plain.erase(at, sign.size());
    }
    return plain;
}

std::vector<std::string> plain_words(std::string_view text) {
    std::vector<std::string> found;
    for (const auto& word : split(text)) {
        if (auto bare = plain_word(word); !bare.empty()) found.push_back(std::move(bare));
    }
    return found;
}

std::string plain(std::string_view text) {
    std::string joined;
    for (const auto& word : plain_words(text)) joined += (joined.empty() ? "" : " ") + word;
    return joined;
}

}  // namespace atlas::sim
