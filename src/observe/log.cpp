#include "atlas/observe/log.hpp"

#include "line_writer.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <cmath>

namespace atlas::observe {
namespace {

constexpr std::size_t queued_lines = 2048;

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

void append_escaped(std::string& out, std::string_view text) {
    static constexpr char hex[] = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20 || byte == 0x7F) {
            out += "\\u00";
            out += hex[byte >> 4U];
            out += hex[byte & 0xFU];
        } else {
            out += c;
        }
    }
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    append_escaped(out, text);
    out += '"';
}

void append_value(std::string& out, const LogField::Value& value, LogFormat format) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        const bool plain = format == LogFormat::text && !text->empty() &&
                           text->find_first_of(" \"\\\n=") == std::string::npos;
        if (plain) {
            append_escaped(out, *text);
        } else {
            append_quoted(out, *text);
        }
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
        out += std::to_string(*number);
    } else if (const auto* real = std::get_if<double>(&value)) {
        out += std::isfinite(*real) ? fmt::format("{:.6g}", *real) : std::string("null");
    } else {
        out += std::get<bool>(value) ? "true" : "false";
    }
}

// Gives the lines to the writer. Used by one thread.
class Lines final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    Lines() : writer_(stdout, queued_lines) {}

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        writer_.add({line.data(), line.size()});
    }
    void flush_() override {}

    LineWriter writer_;
};

}  // namespace

std::string format_fields(LogFormat format, std::string_view event, const LogFields& fields) {
    std::string line;
    if (format == LogFormat::text) {
        line += event;
        for (const LogField& field : fields) {
            line += ' ';
            line += field.name;
            line += '=';
            append_value(line, field.value, format);
        }
        return line;
    }
    line += "\"event\":";
    append_quoted(line, event);
    for (const LogField& field : fields) {
        line += ',';
        append_quoted(line, field.name);
        line += ':';
        append_value(line, field.value, format);
    }
    return line;
}

struct Log::Sink {
    LogFormat format;
    std::unique_ptr<spdlog::logger> logger;
};

Log::Log(const LogSettings& settings) : level_(settings.level), sink_(std::make_unique<Sink>()) {
    sink_->format = settings.format;
    sink_->logger = std::make_unique<spdlog::logger>("atlas", std::make_shared<Lines>());
    sink_->logger->set_level(to_spdlog(settings.level));
    if (settings.format == LogFormat::text) {
        sink_->logger->set_pattern("%H:%M:%S.%e %-7l %v", spdlog::pattern_time_type::local);
        return;
    }
    // Fields that every line has stand in the pattern; '%' is spdlog's own sign.
    std::string place;
    for (const auto& [key, text] :
         {std::pair{"region", settings.region}, std::pair{"machine", settings.machine}}) {
        if (text.empty()) continue;
        std::string escaped;
        append_escaped(escaped, text);
        for (std::size_t at = 0; (at = escaped.find('%', at)) != std::string::npos; at += 2)
            escaped.insert(at, "%");
        place += "\"" + std::string(key) + "\":\"" + escaped + "\",";
    }
    sink_->logger->set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\"," + place + "%v}",
                               spdlog::pattern_time_type::utc);
}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view event, const LogFields& fields) {
    if (!shows(level)) return;
    sink_->logger->log(to_spdlog(level), "{}", format_fields(sink_->format, event, fields));
}

}  // namespace atlas::observe
