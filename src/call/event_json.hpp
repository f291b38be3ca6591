#pragma once

#include "atlas/conversation/fields.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

// Settings, events and commands as JSON and back, without loss. What they consist of is told by fields.hpp.
namespace atlas::call {

using EventJson = nlohmann::ordered_json;

// What is read is not what it should be. Says where.
struct BadRecording : std::runtime_error {
    using std::runtime_error::runtime_error;
};

EventJson write_text(const std::string& text);  // any bytes
std::string read_text(const EventJson& json);
EventJson write_number(double number);  // also what is no number
double read_number(const EventJson& json);
std::int64_t read_integer(const EventJson& json, std::int64_t least, std::int64_t most);
const EventJson& member(const EventJson& json, std::string_view name);
bool read_truth(const EventJson& json);

template <class T>
struct IsDuration : std::false_type {};
template <class Rep, class Period>
struct IsDuration<std::chrono::duration<Rep, Period>> : std::true_type {};

// ---- writing

template <class T>
EventJson write(const T& value);
template <class T>
EventJson write(const std::optional<T>& value);
template <class T>
EventJson write(const std::vector<T>& list);
template <class A, class B>
EventJson write(const std::pair<A, B>& pair);
template <class... T>
EventJson write(const std::variant<T...>& one);

template <class T>
EventJson write(const std::optional<T>& value) {
    return value ? write(*value) : EventJson();
}
template <class T>
EventJson write(const std::vector<T>& list) {
    EventJson json = EventJson::array();
    for (const T& item : list) json.push_back(write(item));
    return json;
}
template <class A, class B>
EventJson write(const std::pair<A, B>& pair) {
    EventJson json = EventJson::array();
    json.push_back(write(pair.first));
    json.push_back(write(pair.second));
    return json;
}
// {"CallerTyped":{"text":"Hello"}}
template <class... T>
EventJson write(const std::variant<T...>& one) {
    EventJson json = EventJson::object();
    std::visit([&]<class Kind>(
                   const Kind& value) { json[std::string(conversation::type_name<Kind>())] = write(value); },
               one);
    return json;
}

template <class T>
EventJson write(const T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
        return write_text(value);
    } else if constexpr (std::is_floating_point_v<T>) {
        return write_number(value);
    } else if constexpr (std::is_enum_v<T>) {
        static_assert(conversation::HasValues<T>, "its values have no names");
        return std::string(conversation::values<T>.at(static_cast<std::size_t>(value)));
    } else if constexpr (IsDuration<T>::value) {
        return value.count();
    } else if constexpr (std::is_same_v<T, conversation::TimePoint>) {
        return write(value.time_since_epoch());
    } else if constexpr (conversation::HasFields<T>) {
        EventJson json = EventJson::object();
        conversation::for_each_field(
            value, [&](std::string_view name, const auto& part) { json[std::string(name)] = write(part); });
        return json;
    } else {
        static_assert(std::is_integral_v<T>, "nobody knows how to write this");
        return value;
    }
}

// ---- reading

template <class T>
void read(const EventJson& json, T& value);
template <class T>
void read(const EventJson& json, std::optional<T>& value);
template <class T>
void read(const EventJson& json, std::vector<T>& list);
template <class A, class B>
void read(const EventJson& json, std::pair<A, B>& pair);
template <class... T>
void read(const EventJson& json, std::variant<T...>& one);

template <class T>
void read(const EventJson& json, std::optional<T>& value) {
    if (json.is_null()) return value.reset();
    read(json, value.emplace());
}
template <class T>
void read(const EventJson& json, std::vector<T>& list) {
    if (!json.is_array()) throw BadRecording("a list was expected");
    list.clear();
    for (const EventJson& item : json) read(item, list.emplace_back());
}
template <class A, class B>
void read(const EventJson& json, std::pair<A, B>& pair) {
    if (!json.is_array() || json.size() != 2) throw BadRecording("a pair was expected");
    read(json[0], pair.first);
    read(json[1], pair.second);
}
template <class... T>
void read(const EventJson& json, std::variant<T...>& one) {
    if (!json.is_object() || json.size() != 1) throw BadRecording("one event was expected");
    const auto given = json.begin();
    const auto try_kind = [&]<class Kind>(std::in_place_type_t<Kind>) {
        if (given.key() != conversation::type_name<Kind>()) return false;
        read(given.value(), one.template emplace<Kind>());
        return true;
    };
    if (!(try_kind(std::in_place_type<T>) || ...))
        throw BadRecording("there is no event \"" + given.key() + "\"");
}

template <class T>
void read(const EventJson& json, T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
        value = read_text(json);
    } else if constexpr (std::is_same_v<T, bool>) {
        value = read_truth(json);
    } else if constexpr (std::is_floating_point_v<T>) {
        value = read_number(json);
    } else if constexpr (std::is_enum_v<T>) {
        constexpr auto& names = conversation::values<T>;
        std::size_t at = 0;
        const std::string name = read_text(json);
        while (at < names.size() && names[at] != name) ++at;
        if (at == names.size()) throw BadRecording("\"" + name + "\" was not expected");
        value = static_cast<T>(at);
    } else if constexpr (IsDuration<T>::value) {
        value = T(read_integer(json, std::numeric_limits<std::int64_t>::min(),
                               std::numeric_limits<std::int64_t>::max()));
    } else if constexpr (std::is_same_v<T, conversation::TimePoint>) {
        conversation::Duration since{};
        read(json, since);
        value = T(since);
    } else if constexpr (conversation::HasFields<T>) {
        conversation::for_each_field(value, [&](std::string_view name, auto& part) {
            try {
                read(member(json, name), part);
            } catch (const BadRecording& error) {
                throw BadRecording(std::string(name) + ": " + error.what());
            }
        });
    } else {
        static_assert(std::is_integral_v<T>, "nobody knows how to read this");
        constexpr auto most = std::numeric_limits<std::int64_t>::max();
        if constexpr (sizeof(T) < sizeof(most) || std::is_signed_v<T>) {
            value = static_cast<T>(
                read_integer(json, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
        } else {
            value = static_cast<T>(read_integer(json, 0, most));
        }
    }
}

// ---- a line for each event

// Writes the commands of one event after the other: what a question repeats of the one before is left out.
class CommandWriter {
public:
    EventJson write_commands(std::span<const conversation::Command> commands);

private:
    EventJson write_question(const conversation::AskModel& ask);

    std::vector<conversation::Message> asked_;
};

}  // namespace atlas::call
