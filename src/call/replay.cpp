#include "atlas/call/replay.hpp"

#include "atlas/conversation/conversation.hpp"
#include "event_json.hpp"

#include <algorithm>
#include <utility>

namespace atlas::call {
namespace {

constexpr std::size_t longest_shown = 400;  // bytes of a value

std::string shown(const EventJson& json) {
    std::string text = json.dump(-1, ' ', false, EventJson::error_handler_t::replace);
    if (text.size() > longest_shown) text = text.substr(0, longest_shown) + "…";
    return text;
}

struct Place {
    std::string where;
    std::string recorded, replayed;
};

// The first value that differs, from the outside in.
Place first_difference(const EventJson& recorded, const EventJson& replayed, std::string where) {
    if (recorded.is_array() && replayed.is_array()) {
        const auto size = std::max(recorded.size(), replayed.size());
        for (std::size_t at = 0; at < size; ++at) {
            const std::string place = where + "[" + std::to_string(at) + "]";
            if (at >= recorded.size()) return {place, "nothing", shown(replayed[at])};
            if (at >= replayed.size()) return {place, shown(recorded[at]), "nothing"};
            if (recorded[at] != replayed[at]) return first_difference(recorded[at], replayed[at], place);
        }
    }
    const bool alike = recorded.is_object() && replayed.is_object() && recorded.size() == replayed.size();
    for (auto one = recorded.begin(); alike && one != recorded.end(); ++one) {
        const auto other = replayed.find(one.key());
        if (other == replayed.end()) break;
        if (*other != *one) return first_difference(*one, *other, where + "." + one.key());
    }
    return {std::move(where), shown(recorded), shown(replayed)};
}

class Replayer {
public:
    explicit Replayer(std::istream& recording) : recording_(recording) {}

    ReplayResult replay() {
        try {
            if (!begin()) return std::move(result_);
            while (next_line() && repeat()) {
            }
        } catch (const BadRecording& error) {
            result_.problem = "line " + std::to_string(line_) + ": " + error.what();
        }
        return std::move(result_);
    }

private:
    // False: there is none, or it is not whole.
    bool next_line() {
        std::string text;
        if (!std::getline(recording_, text)) return false;
        ++line_;
        if (recording_.eof()) throw BadRecording("it is cut off");
        json_ = EventJson::parse(text, nullptr, false);
        if (!json_.is_object()) throw BadRecording("it is no JSON object");
        return true;
    }

    bool begin() {
        if (!next_line()) {
            result_.problem = "there is nothing in it";
            return false;
        }
        if (read_integer(member(json_, "version"), 0, 1'000'000) != 1)
            throw BadRecording("only version 1 is known");
        result_.call = read_text(member(json_, "call"));
        conversation::ConversationSettings settings;
        read(member(json_, "start_ns"), start_);
        read(member(json_, "settings"), settings);
        conversation_.emplace(std::move(settings));
        return true;
    }

    bool repeat() {
        if (json_.contains("stopped")) {
            result_.stopped = true;
            return false;
        }
        conversation::Event event;
        conversation::Duration at{};
        read(member(json_, "at_ns"), at);
        read(member(json_, "event"), event);
        std::vector<conversation::Command> commands;
        conversation_->handle(event, start_ + at, commands);
        ++result_.events;
        for (const auto& command : commands) {
            if (std::holds_alternative<conversation::RecordTurn>(command)) ++result_.turns;
        }
        return compare(writer_.write_commands(commands));
    }

    bool compare(const EventJson& replayed) {
        const EventJson& recorded = member(json_, "commands");
        if (recorded == replayed) return true;
        auto place = first_difference(recorded, replayed, "commands");
        result_.first_difference =
            ReplayDifference{result_.events, shown(member(json_, "event")), std::move(place.where),
                             std::move(place.recorded), std::move(place.replayed)};
        return false;
    }

    std::istream& recording_;
    std::size_t line_ = 0;
    EventJson json_;
    conversation::TimePoint start_;
    CommandWriter writer_;
    std::optional<conversation::Conversation> conversation_;
    ReplayResult result_;
};

}  // namespace

ReplayResult replay(std::istream& recording) { return Replayer(recording).replay(); }

}  // namespace atlas::call
