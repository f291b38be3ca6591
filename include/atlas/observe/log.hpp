#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace atlas::observe {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { json, text };

struct LogSettings {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::json;
    std::string region;   // on every line, when not empty
    std::string machine;  // the same
};

// One fact of a line. Values are numbers, truths or texts; a text may hold anything, it is escaped.
struct LogField {
    using Value = std::variant<std::string, std::int64_t, double, bool>;

    LogField(std::string_view field_name, std::string_view text)
        : name(field_name), value(std::string(text)) {}
    LogField(std::string_view field_name, const char* text) : name(field_name), value(std::string(text)) {}
    LogField(std::string_view field_name, const std::string& text) : name(field_name), value(text) {}
    LogField(std::string_view field_name, bool truth) : name(field_name), value(truth) {}
    LogField(std::string_view field_name, double number) : name(field_name), value(number) {}
    template <typename Integer>
    requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
        LogField(std::string_view field_name, Integer number)
        : name(field_name), value(static_cast<std::int64_t>(number)) {}

    std::string_view name;
    Value value;
};

using LogFields = std::vector<LogField>;

// One line per change of state, to standard output: JSON for machines, or readable in a terminal. Written by
// a thread of its own behind a bounded queue (the oldest line goes when it is full), so that a blocked pipe
// never stops the event loop. Never give it a secret, a caller's words only at debug level. Shared by all;
// lives longest.
class Log {
public:
    explicit Log(const LogSettings& settings);
    ~Log();  // writes what is queued
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void debug(std::string_view event, const LogFields& fields = {}) {
        write(LogLevel::debug, event, fields);
    }
    void info(std::string_view event, const LogFields& fields = {}) { write(LogLevel::info, event, fields); }
    void warning(std::string_view event, const LogFields& fields = {}) {
        write(LogLevel::warning, event, fields);
    }
    void error(std::string_view event, const LogFields& fields = {}) {
        write(LogLevel::error, event, fields);
    }
    bool shows(LogLevel level) const { return level >= level_; }

private:
    void write(LogLevel level, std::string_view event, const LogFields& fields);

    struct Sink;
    LogLevel level_;
    std::unique_ptr<Sink> sink_;
};

// The line without time and level, as it stands behind them: pure, for tests.
std::string format_fields(LogFormat format, std::string_view event, const LogFields& fields);

}  // namespace atlas::observe
