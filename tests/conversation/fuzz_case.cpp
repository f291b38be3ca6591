#include "conversation/fuzz_case.hpp"

#include "atlas/conversation/fields.hpp"

#include <concepts>
#include <cstdio>
#include <optional>
#include <type_traits>
#include <variant>

namespace atlas::conversation {
namespace {

template <class T>
std::string code(const T& value);

std::string code(const std::string& text) {
    std::string shown = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') shown += '\\';
        shown += c == '\n' ? "\\n" : std::string(1, c);
    }
    return shown + "\"";
}

template <class Rep, class Period>
std::string code(std::chrono::duration<Rep, Period> time) {
    using std::chrono::milliseconds;
    const auto ms = std::chrono::duration_cast<milliseconds>(time);
    if (ms == time) return std::to_string(ms.count()) + "ms";
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time);
    if (us == time) return std::to_string(us.count()) + "us";
    return std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(time).count()) + "ns";
}

std::string code(TimePoint time) { return "now + " + code(time.time_since_epoch()); }

template <class T>
std::string code(const std::optional<T>& value) {
    return value ? code(*value) : "std::nullopt";
}

template <class T>
std::string code(const std::vector<T>& list) {
    std::string shown;
    for (const T& item : list) shown += (shown.empty() ? "" : ", ") + code(item);
    return "{" + shown + "}";
}

// Only what is not the default.
template <HasFields T>
std::string code_of(const T& value) {
    std::vector<std::string> usual;
    const T fresh{};
    for_each_field(fresh, [&](std::string_view, const auto& member) { usual.push_back(code(member)); });
    std::string shown;
    std::size_t at = 0;
    for_each_field(value, [&](std::string_view name, const auto& member) {
        const std::string text = code(member);
        if (text == usual[at++]) return;
        shown += (shown.empty() ? "." : ", .") + std::string(name) + " = " + text;
    });
    return std::string(type_name<T>()) + "{" + shown + "}";
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", value);
    return text;
}

template <class T>
std::string code(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
        return value ? "true" : "false";
    } else if constexpr (std::is_floating_point_v<T>) {
        return number(value);
    } else if constexpr (std::is_integral_v<T>) {
        return std::to_string(value);
    } else {
        return code_of(value);
    }
}

}  // namespace

std::string to_code(const ConversationSettings& settings) { return code(settings); }

std::string to_code(const Step& step) {
    std::string event = std::visit([](const auto& fact) { return code(fact); }, step.event);
    const bool about_reply = std::visit(
        [](const auto& fact) {
            return requires { fact.reply; };
        },
        step.event);
    std::string note;
    if (about_reply) note = step.back == 0 ? "  // the latest reply" : "  // -" + std::to_string(step.back);
    return "talk.pass(" + code(step.after) + "); talk.happens(" + event + ");" + note +
           (step.late ? "  // before the deadlines" : "");
}

std::string to_code(const FuzzCase& story) {
    std::string lines = to_code(story.settings) + "\n";
    for (const Step& step : story.steps) lines += to_code(step) + "\n";
    return lines;
}

}  // namespace atlas::conversation
