#include "sandbox/stamps.hpp"

#include <algorithm>
#include <unistd.h>

namespace atlas::sandbox {
namespace {

constexpr std::size_t most_stamps = 2'000'000;
constexpr std::size_t most_lags = 400'000;    // more than an hour of ticks
constexpr std::size_t most_written = 10'000;  // replies that nobody asked to speak yet

// Numbers in letters: digits would be read out, and written otherwise on the way.
std::string letters_of(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (char& digit : text) digit = static_cast<char>(digit - '0' + 'a');
    return text;
}

std::optional<std::uint64_t> number_of(std::string_view letters) {
    if (letters.empty() || letters.size() > 12) return {};
    std::uint64_t number = 0;
    for (const char letter : letters) {
        if (letter < 'a' || letter > 'j') return {};
        number = number * 10 + static_cast<std::uint64_t>(letter - 'a');
    }
    return number;
}

}  // namespace

std::string label_word(const Label& label) {
    return "q" + letters_of(label.connection) + "x" + letters_of(label.turn) + "q";
}

std::optional<Label> find_label(std::string_view text) {
    for (std::size_t end = text.rfind('q'); end != std::string_view::npos && end > 0;
         end = text.rfind('q', end - 1)) {
        const std::size_t begin = text.rfind('q', end - 1);
        if (begin == std::string_view::npos) return {};
        const std::string_view inside = text.substr(begin + 1, end - begin - 1);
        const std::size_t middle = inside.find('x');
        if (middle == std::string_view::npos) continue;
        const auto connection = number_of(inside.substr(0, middle));
        const auto turn = number_of(inside.substr(middle + 1));
        if (connection && turn) return Label{*connection, *turn};
    }
    return {};
}

std::string with_label(std::string text, const std::optional<Label>& label) {
    constexpr std::string_view place = "{label}";
    const std::string word = label ? label_word(*label) : std::string();
    for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + word.size()))
        text.replace(at, place.size(), word);
    return text;
}

void Stamps::begin() {
    on_ = true;
    stamps_.clear();
    written_.clear();
    lags_us_.clear();
    dropped_ = 0;
}

void Stamps::add_at(Clock::time_point at, std::string_view what, const Label& label) {
    if (stamps_.size() >= most_stamps) {
        ++dropped_;
        return;
    }
    stamps_.push_back({at, what, label});
}

void Stamps::add(std::string_view what, const Label& label) {
    if (on_) add_at(Clock::now(), what, label);
}

void Stamps::model_asked(const Label& label) {
    if (!on_) return;
    add_at(Clock::now(), "model_asked", label);
    if (written_.size() >= most_written) written_.erase(written_.begin());
    written_[label] = {};  // asked again: what was written before is void
}

void Stamps::model_wrote(const Label& label, std::string_view text) {
    if (!on_) return;
    const auto found = written_.find(label);
    if (found == written_.end()) return;
    Written& written = found->second;
    const Clock::time_point now = Clock::now();
    if (written.text.empty()) add_at(now, "model_began", label);
    written.text += text;
    written.pieces.emplace_back(written.text.size(), now);
}

// The clause could be known to be complete when the character behind it was written: "3." may become "3.5".
void Stamps::speech_asked(std::string_view text) {
    const auto label = on_ ? find_label(text) : std::nullopt;
    if (!label) return;
    const auto now = Clock::now();
    const auto found = written_.find(*label);
    if (found != written_.end() && !found->second.pieces.empty()) {
        const Written& written = found->second;
        auto edge = written.pieces.back().second;
        const bool known = written.text.starts_with(text);
        const auto complete = std::find_if(written.pieces.begin(), written.pieces.end(),
                                           [&](const auto& piece) { return piece.first > text.size(); });
        if (known && complete != written.pieces.end()) edge = complete->second;
        add_at(edge, "clause_written", *label);
    }
    add_at(now, "speech_asked", *label);
}

void Stamps::speech_began(std::string_view text) {
    const auto label = on_ ? find_label(text) : std::nullopt;
    if (label) add_at(Clock::now(), "speech_began", *label);
}

void Stamps::lag(Clock::duration late) {
    if (!on_ || lags_us_.size() >= most_lags) return;
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(late).count();
    lags_us_.push_back(static_cast<std::uint32_t>(std::clamp<std::int64_t>(us, 0, 60'000'000)));
}

std::string Stamps::text() const {
    auto lags = lags_us_;
    std::ranges::sort(lags);
    const auto share = [&lags](std::size_t hundredths) {
        return lags.empty() ? 0 : lags[std::min(lags.size() - 1, lags.size() * hundredths / 100)];
    };
    std::string out = "pid " + std::to_string(getpid()) + "\nlag_p99_us " + std::to_string(share(99)) +
                      "\nlag_max_us " + std::to_string(share(100)) + "\ndropped " + std::to_string(dropped_) +
                      "\n\n";
    out.reserve(out.size() + stamps_.size() * 48);
    for (const Stamp& stamp : stamps_) {
        const auto ns =
            std::chrono::duration_cast<std::chrono::nanoseconds>(stamp.at.time_since_epoch()).count();
        out += std::to_string(ns);
        out += ' ';
        out += stamp.what;
        out += ' ';
        out += label_word(stamp.label);
        out += '\n';
    }
    return out;
}

}  // namespace atlas::sandbox
