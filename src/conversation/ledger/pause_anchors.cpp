#include "pause_anchors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace atlas::conversation {
namespace {

// The price of a reading, in the manner of -log(probability). Tuned on half of the corpus of
// tests/tools/ledger_error_test.cpp.
constexpr double deviation = 0.16;          // seconds, after one second of speech; grows with its root
constexpr double farthest = 4;              // deviations between two anchors, at most
constexpr double pause_of_a_sound = 0.08;   // seconds: shorter gaps cost nothing to leave out
constexpr double pause_left_out = 18;       // per second beyond that …
constexpr double any_pause_left_out = 3.5;  // … but not more than this
constexpr double sentence_without_pause = 3;
constexpr double clause_without_pause = 0.4;
constexpr double pause_without_mark = 2;
// Bounds of the work. Clips are cut to a few sentences; a longer one is judged by its share of speech alone.
constexpr std::size_t most_pauses = 32;
constexpr std::size_t most_words = 100;
constexpr std::size_t most_left_out = 5;  // pauses between two anchors

double seconds(AudioTime time) { return std::chrono::duration<double>(time).count(); }

struct Pause {
    AudioTime voiced{};
    double at = 0;        // seconds of speech before it
    double left_out = 0;  // the price
};

struct Place {
    std::size_t words = 0;
    double at = 0;  // seconds of speech expected before it
    Break mark = Break::none;
};

std::vector<Pause> pauses_of(std::span<const SpeechSpan> speech) {
    std::vector<Pause> pauses;
    AudioTime voiced{};
    for (std::size_t i = 0; i + 1 < speech.size(); ++i) {
        voiced += speech[i].to - speech[i].from;
        const double length = seconds(speech[i + 1].from - speech[i].to);
        const double price =
            std::clamp(pause_left_out * (length - pause_of_a_sound), 0.0, any_pause_left_out);
        pauses.push_back({voiced, seconds(voiced), price});
    }
    return pauses;
}

double price_without_pause(Break mark) {
    return mark == Break::sentence ? sentence_without_pause
           : mark == Break::clause ? clause_without_pause
                                   : 0;
}

// The cheapest way from one pairing of a pause and a place to the next, from the start of the clip to its
// end.
class Alignment {
public:
    Alignment(std::vector<Pause> pauses, std::vector<Place> places)
        : pauses_(std::move(pauses)), places_(std::move(places)) {}

    std::vector<Anchor> find() {
        sum_prices();
        states_.push_back({0, 0, 0, 0});
        for (std::size_t pause = 1; pause + 1 < pauses_.size(); ++pause) {
            for (std::size_t place = 1; place + 1 < places_.size(); ++place) {
                const double price = places_[place].mark == Break::none ? pause_without_mark : 0;
                extend(pause, place, price);
            }
        }
        extend(pauses_.size() - 1, places_.size() - 1, 0);
        return anchors();
    }

private:
    struct State {
        std::size_t pause, place;
        double price;
        std::size_t from;
    };

    void sum_prices() {
        pause_prices_.assign(1, 0);
        for (const Pause& pause : pauses_) pause_prices_.push_back(pause_prices_.back() + pause.left_out);
        place_prices_.assign(1, 0);
        for (const Place& place : places_) {
            place_prices_.push_back(place_prices_.back() + price_without_pause(place.mark));
        }
    }

    // What lies between two pairings, both excluded.
    double price_between(const State& from, std::size_t pause, std::size_t place) const {
        const double spoken = pauses_[pause].at - pauses_[from.pause].at;
        const double expected = places_[place].at - places_[from.place].at;
        const double off = (spoken - expected) / (deviation * std::sqrt(std::max(expected, 0.1)));
        if (std::abs(off) > farthest) return std::numeric_limits<double>::infinity();
        return off * off / 2 + pause_prices_[pause] - pause_prices_[from.pause + 1] + place_prices_[place] -
               place_prices_[from.place + 1];
    }

    void extend(std::size_t pause, std::size_t place, double price) {
        State best{pause, place, std::numeric_limits<double>::infinity(), 0};
        const auto consider = [&](std::size_t i) {
            const State& from = states_[i];
            if (from.pause >= pause || from.place >= place) return;
            const double sum = from.price + price + price_between(from, pause, place);
            if (sum < best.price) best = {pause, place, sum, i};
        };
        consider(0);
        for (std::size_t i = states_.size() - 1; i > 0; --i) {
            if (states_[i].pause + most_left_out + 1 < pause) break;
            consider(i);
        }
        if (best.price < std::numeric_limits<double>::infinity()) states_.push_back(best);
    }

    std::vector<Anchor> anchors() const {
        std::vector<Anchor> found;
        if (states_.back().pause != pauses_.size() - 1) return found;
        for (std::size_t i = states_.back().from; i != 0; i = states_[i].from) {
            found.push_back({pauses_[states_[i].pause].voiced, places_[states_[i].place].words});
        }
        std::reverse(found.begin(), found.end());
        return found;
    }

    std::vector<Pause> pauses_;  // the first and the last stand for the ends of the clip, as in places_
    std::vector<Place> places_;
    std::vector<double> pause_prices_;
    std::vector<double> place_prices_;
    std::vector<State> states_;
};

}  // namespace

std::vector<Anchor> pause_anchors(std::span<const SpokenWord> words, std::span<const SpeechSpan> speech) {
    std::vector<Pause> pauses = pauses_of(speech);
    std::erase_if(pauses, [](const Pause& pause) { return pause.left_out <= 0; });
    AudioTime usual{};
    for (const SpokenWord& word : words) usual += word.usual;
    AudioTime voiced{};
    for (const SpeechSpan& span : speech) voiced += span.to - span.from;
    const bool too_many = pauses.size() > most_pauses || words.size() > most_words;
    if (pauses.empty() || too_many || usual <= AudioTime::zero()) return {};

    const double pace = seconds(voiced) / seconds(usual);
    std::vector<Place> places{{}};
    AudioTime before{};
    for (std::size_t i = 0; i < words.size(); ++i) {
        before += words[i].usual;
        const bool read = words[i].usual > AudioTime::zero();
        if (read && before < usual) places.push_back({i + 1, seconds(before) * pace, words[i].after});
    }
    places.push_back({words.size(), seconds(voiced), Break::none});
    pauses.insert(pauses.begin(), Pause{});
    pauses.push_back({voiced, seconds(voiced), 0});
    return Alignment(std::move(pauses), std::move(places)).find();
}

}  // namespace atlas::conversation
