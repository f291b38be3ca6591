#include "call/load_stages.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>

namespace atlas::caller {
namespace {

double ms(net::Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

std::string_view take_word(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

using Names = std::initializer_list<std::string_view>;

bool is_one_of(const SandboxStamp& stamp, Names names) {
    return std::find(names.begin(), names.end(), stamp.what) != names.end();
}

std::optional<net::TimePoint> last_of(const std::vector<SandboxStamp>& stamps, Names names,
                                      net::TimePoint until) {
    std::optional<net::TimePoint> last;
    for (const SandboxStamp& stamp : stamps)
        if (stamp.at <= until && is_one_of(stamp, names)) last = stamp.at;
    return last;
}

// Whether a service was asked more than once for what became the reply: which request won is not known.
bool asked_more_than_once(const std::vector<SandboxStamp>& stamps, std::string_view what,
                          net::TimePoint spoken, net::TimePoint until) {
    const auto dropped = last_of(stamps, {"StartOfTurn", "TurnResumed"}, spoken).value_or(net::TimePoint{});
    return std::count_if(stamps.begin(), stamps.end(), [&](const SandboxStamp& stamp) {
               return stamp.what == what && stamp.at > dropped && stamp.at <= until;
           }) > 1;
}

}  // namespace

SandboxStamps parse_stamps(std::string_view text) {
    SandboxStamps stamps;
    while (!text.empty()) {
        std::string_view line = take_line(text);
        if (line.empty()) break;
        const std::string name(take_word(line));
        const auto value = number(line);
        if (!value) stamps.problem = "the sandbox's stamps begin with something else";
        stamps.facts[name] = value.value_or(0);
    }
    while (!text.empty()) {
        std::string_view line = take_line(text);
        const auto at = number(take_word(line));
        const std::string_view what = take_word(line);
        if (!at || what.empty() || line.empty()) {
            stamps.problem = "a stamp of the sandbox cannot be read";
            continue;
        }
        const net::TimePoint time{std::chrono::nanoseconds(*at)};
        auto& turn = stamps.by_label[std::string(line)];
        const auto place =
            std::upper_bound(turn.begin(), turn.end(), time,
                             [](net::TimePoint moment, const auto& other) { return moment < other.at; });
        turn.insert(place, {time, std::string(what)});  // nearly always at the end
    }
    return stamps;
}

// From the end to the beginning, so that a reply that was begun and dropped does not count: the sound that
// was heard, the request it came from, the text that was spoken, the request of that, the event before it.
std::optional<TurnEdges> measure_turn(const std::vector<SandboxStamp>& stamps, net::TimePoint first_audio) {
    const auto began = last_of(stamps, {"speech_began"}, first_audio);
    if (!began) return {};
    const auto spoken = last_of(stamps, {"speech_asked"}, *began);
    if (!spoken) return {};
    const auto clause = last_of(stamps, {"clause_written"}, *spoken);
    const auto last_asked = last_of(stamps, {"model_asked"}, *spoken);
    const auto ended = last_of(stamps, {"EndOfTurn"}, first_audio);
    if (!clause || !last_asked || !ended) return {};
    const auto trigger = last_of(stamps, {"EagerEndOfTurn", "EndOfTurn"}, *last_asked);
    if (!trigger) return {};
    // A gateway may hold speech or sound back until the turn is surely over; that wait is the caller's.
    const auto may_speak = *ended <= *spoken ? std::max(*clause, *ended) : *clause;
    TurnEdges edges;
    edges.asked_again = asked_more_than_once(stamps, "model_asked", *spoken, first_audio) ||
                        asked_more_than_once(stamps, "speech_asked", *spoken, first_audio);
    edges.model_asked_ms = ms(*last_asked - *trigger);
    edges.speech_asked_ms = ms(*spoken - may_speak);
    edges.audible_ms = ms(first_audio - std::max(*began, *ended));
    edges.speculation = *last_asked < *ended;
    return edges;
}

LoadStages measure_stages(const std::vector<LoadTurn>& turns, const SandboxStamps& stamps,
                          net::TimePoint from, net::TimePoint to) {
    static const std::vector<SandboxStamp> none;
    LoadStages stages;
    for (const LoadTurn& turn : turns) {
        const auto found = stamps.by_label.find(turn.label);
        const auto& list = found == stamps.by_label.end() ? none : found->second;
        if (turn.flushed && *turn.flushed >= from && *turn.flushed < to) {
            const auto words = last_of(list, {"StartOfTurn"}, *turn.flushed);
            if (words) stages.barge_in.add(ms(*turn.flushed - *words));
        }
        const bool inside =
            turn.first_audio && turn.talk_ended && *turn.talk_ended >= from && *turn.first_audio < to;
        if (!inside) continue;
        ++stages.turns;
        stages.first_audio.add(ms(*turn.first_audio - *turn.talk_ended));
        const auto edges = measure_turn(list, *turn.first_audio);
        if (!edges) {
            ++stages.unmatched;
            continue;
        }
        if (edges->asked_again) {
            ++stages.asked_again;
            continue;
        }
        if (edges->speculation) ++stages.speculations;
        stages.model_asked.add(edges->model_asked_ms);
        stages.speech_asked.add(edges->speech_asked_ms);
        stages.audible.add(edges->audible_ms);
        stages.added.add(edges->model_asked_ms + edges->speech_asked_ms + edges->audible_ms);
    }
    return stages;
}

}  // namespace atlas::caller
