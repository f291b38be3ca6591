#include "atlas/conversation/sentence_chunker.hpp"

#include "characters.hpp"
#include "text_boundaries.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace atlas::conversation {
namespace {

constexpr std::size_t longest_address = 2048;  // bytes that are kept together beyond chunk_max

// The best place of each strength that a piece which grew too long may be cut at.
class BestPlace {
public:
    explicit BestPlace(std::size_t limit) : limit_(limit) {}

    void add(const Boundary& place) {
        if (place.at <= limit_) last_[static_cast<std::size_t>(place.strength)] = place.at;
    }

    // The strongest that leaves a piece worth speaking, else the last there is; 0 when there is none.
    std::size_t get() const {
        for (auto at = last_.rbegin(); at != last_.rend(); ++at) {
            if (*at > limit_ / 3) return *at;
        }
        const auto words = *std::max_element(last_.begin() + 1, last_.end());
        return words > 0 ? words : last_[0];
    }

private:
    std::size_t limit_;
    std::array<std::size_t, 4> last_{};  // by Strength: digits, word, clause, sentence
};

// How long it takes to say, roughly, in letters; a Chinese or Japanese character takes as long as three.
std::size_t letters(std::string_view text) {
    std::size_t sum = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Character c = decode(text, at);
        if (!continues_grapheme(text, at)) sum += is_wide(c.code) || c.code == U'。' ? 3U : 1U;
        at += c.length;
    }
    return sum;
}

// The end of the last whole character that ends at `limit` or before; of the first one if it is longer.
std::size_t whole_characters(std::string_view text, std::size_t limit) {
    std::size_t end = std::min(limit, text.size());
    const auto torn = [&](std::size_t at) {
        return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
    };
    while (end > 0 && (torn(end) || continues_grapheme(text, end))) --end;
    if (end > 0) return end;
    for (end = std::max<std::size_t>(limit, 1); torn(end);) ++end;
    return end;
}

}  // namespace

SentenceChunker::SentenceChunker(ChunkerSettings settings) : settings_(std::move(settings)) {}

void SentenceChunker::add(std::string_view text) { pending_ += text; }

std::optional<std::string> SentenceChunker::next() {
    if (!ready_.empty()) {
        std::string piece = std::move(ready_.front());
        ready_.erase(ready_.begin());
        return piece;
    }
    const auto end = cut(finished_);
    if (!end) return std::nullopt;
    return take(*end);
}

std::size_t SentenceChunker::waiting() const {
    std::size_t bytes = pending_.size();
    for (const auto& piece : ready_) bytes += piece.size();
    return bytes;
}

void SentenceChunker::flush() {
    while (const auto end = cut(true)) ready_.push_back(take(*end));
    first_ = true;
}

void SentenceChunker::drop_incomplete() {
    if (finished_) return;
    pending_.resize(complete());
    flush();
}

std::string SentenceChunker::take(std::size_t end) {
    std::string piece = pending_.substr(0, end);
    pending_.erase(0, end);
    const std::size_t last = piece.find_last_not_of(" \t\r\n");
    const std::size_t newline = piece.find_last_of('\n');
    if (last == std::string::npos) {
        at_line_start_ = at_line_start_ || newline != std::string::npos;
        return piece;
    }
    at_line_start_ = newline != std::string::npos && newline > last;
    before_ = decode_before(piece, last + 1).code;
    first_ = false;
    return piece;
}

std::optional<std::size_t> SentenceChunker::cut(bool text_is_final) const {
    if (pending_.empty()) return std::nullopt;
    const std::size_t least = first_ ? settings_.first_clause_min : settings_.sentence_min;
    const Strength wanted = first_ ? Strength::clause : Strength::sentence;
    const std::string_view text = pending_;
    BestPlace best(settings_.chunk_max);
    BoundaryScanner places(text, {settings_.language, at_line_start_, before_, text_is_final});
    while (const auto place = places.next()) {
        if (place->strength == Strength::code) return place->at;
        if (place->at > settings_.chunk_max) {
            const auto end = cut_long(best.get(), place->at, place->at, text_is_final);
            if (end) return end;
        }
        if (place->strength == Strength::block) return place->at;
        if (place->strength >= wanted && letters(text.substr(0, place->at)) >= least) return place->at;
        best.add(*place);
    }
    if (places.decided() > settings_.chunk_max)
        return cut_long(best.get(), 0, places.decided(), text_is_final);
    if (text_is_final) return pending_.size();
    return std::nullopt;
}

// Where to cut when no place up to chunk_max was good enough: `best` is the best of them, `beyond` the first
// behind it, `decided` how far the text was looked at.
std::optional<std::size_t> SentenceChunker::cut_long(std::size_t best, std::size_t beyond,
                                                     std::size_t decided, bool text_is_final) const {
    if (best > 0) return best;
    if (address_length(pending_) > settings_.chunk_max && decided <= longest_address) {
        if (beyond > 0) return beyond;
        if (text_is_final) return pending_.size();
        return std::nullopt;
    }
    return whole_characters(pending_, settings_.chunk_max);
}

// Bytes of pending_ up to the last clause or sentence that is surely whole.
std::size_t SentenceChunker::complete() const {
    std::string text = pending_;
    const std::size_t last = text.find_last_not_of(" \t\r\n\"')*_");
    const bool half_number = last != std::string::npos && last > 0 && last + 1 == text.size() &&
                             std::string_view(".,:").find(text[last]) != std::string_view::npos &&
                             is_digit(decode_before(text, last).code);
    if (!half_number) text += " X";  // as if something new began here
    std::size_t end = 0;
    BoundaryScanner places(text, {settings_.language, at_line_start_, before_, false});
    while (const auto place = places.next()) {
        if (place->strength >= Strength::clause) end = place->at;
    }
    return std::min(end, pending_.size());
}

}  // namespace atlas::conversation
