#pragma once

#include "sandbox/report.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::sandbox {

// Names one turn of one listening connection by a word that survives transcript, model and synthesiser:
// "qbhxdq" is turn 3 of connection 17. The script's {label} becomes it, so that a measurement can follow a
// turn through all services without anything in the client that serves it.
struct Label {
    std::uint64_t connection = 0;
    std::uint64_t turn = 0;
    auto operator<=>(const Label&) const = default;
};

std::string label_word(const Label& label);
std::optional<Label> find_label(std::string_view text);  // the last one
std::string with_label(std::string text, const std::optional<Label>& label);

// When things crossed the sandbox's sockets, on CLOCK_MONOTONIC, for whoever measures what happens between
// them. Off until begin(). Bounded: what comes after the limit is only counted.
class Stamps {
public:
    void begin();  // forgets everything and starts
    bool on() const { return on_; }

    void add(std::string_view what, const Label& label);
    // The model's text as it is written; what is spoken of it later tells when that much was there.
    void model_asked(const Label& label);
    void model_wrote(const Label& label, std::string_view text);
    void speech_asked(std::string_view text);
    void speech_began(std::string_view text);

    void lag(Clock::duration late);  // of the loop's own tick

    // Lines: "name value" of the sandbox itself first (pid, lag_p99_us, lag_max_us, dropped), an empty line,
    // then "nanoseconds what label"; those of what was known later, clause_written, are behind their time.
    std::string text() const;

private:
    struct Stamp {
        Clock::time_point at;
        std::string_view what;  // a literal
        Label label;
    };
    struct Written {
        std::string text;
        std::vector<std::pair<std::size_t, Clock::time_point>> pieces;  // end in text, when it was written
    };
    void add_at(Clock::time_point at, std::string_view what, const Label& label);

    bool on_ = false;
    std::deque<Stamp> stamps_;
    std::size_t dropped_ = 0;
    std::map<Label, Written> written_;
    std::vector<std::uint32_t> lags_us_;
};

}  // namespace atlas::sandbox
