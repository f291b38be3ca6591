#include "event_json.hpp"

#include <algorithm>
#include <array>

namespace atlas::call {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

// {"hex":"c328"}: JSON can hold nothing but UTF-8.
EventJson write_bytes(const std::string& bytes) {
    std::string hex;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        hex += digits[byte >> 4U];
        hex += digits[byte & 15U];
    }
    return {{"hex", hex}};
}

std::string read_bytes(const std::string& hex) {
    std::string bytes;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
        const auto high = digits.find(hex[at]);
        const auto low = digits.find(hex[at + 1]);
        if (high == digits.npos || low == digits.npos) throw BadRecording("hex digits were expected");
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

}  // namespace

EventJson write_text(const std::string& text) {
    const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; });
    if (ascii) return text;
    try {
        static_cast<void>(EventJson(text).dump());
        return text;
    } catch (const EventJson::exception&) {
        return write_bytes(text);
    }
}

std::string read_text(const EventJson& json) {
    if (json.is_object() && json.size() == 1) return read_bytes(read_text(member(json, "hex")));
    if (!json.is_string()) throw BadRecording("a text was expected");
    return json.get<std::string>();
}

EventJson write_number(double number) {
    if (std::isfinite(number)) return number;
    if (std::isnan(number)) return "nan";
    return number > 0 ? "inf" : "-inf";
}

double read_number(const EventJson& json) {
    if (json.is_number()) return json.get<double>();
    if (json == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (json == "inf") return std::numeric_limits<double>::infinity();
    if (json == "-inf") return -std::numeric_limits<double>::infinity();
    throw BadRecording("a number was expected");
}

std::int64_t read_integer(const EventJson& json, std::int64_t least, std::int64_t most) {
    if (!json.is_number_integer()) throw BadRecording("a whole number was expected");
    const auto large = json.is_number_unsigned() &&
                       json.get<std::uint64_t>() > std::uint64_t(std::numeric_limits<std::int64_t>::max());
    const auto number = large ? 0 : json.get<std::int64_t>();
    if (large || number < least || number > most) throw BadRecording("the number is out of range");
    return number;
}

bool read_truth(const EventJson& json) {
    if (!json.is_boolean()) throw BadRecording("true or false was expected");
    return json.get<bool>();
}

const EventJson& member(const EventJson& json, std::string_view name) {
    const auto found = json.is_object() ? json.find(std::string(name)) : json.end();
    if (!json.is_object() || found == json.end())
        throw BadRecording("\"" + std::string(name) + "\" is missing");
    return *found;
}

EventJson CommandWriter::write_question(const conversation::AskModel& ask) {
    const auto differ = std::mismatch(ask.messages.begin(), ask.messages.end(), asked_.begin(), asked_.end());
    const auto same = differ.first - ask.messages.begin();
    const conversation::AskModel shorter{
        ask.reply, {differ.first, ask.messages.end()}, ask.stable, ask.may_call_tools};
    EventJson json = write(shorter);
    json["messages"] = {{"same_as_before", same}, {"then", json["messages"]}};
    asked_ = ask.messages;
    return {{std::string(conversation::type_name<conversation::AskModel>()), std::move(json)}};
}

EventJson CommandWriter::write_commands(std::span<const conversation::Command> commands) {
    EventJson json = EventJson::array();
    for (const auto& command : commands) {
        const auto* ask = std::get_if<conversation::AskModel>(&command);
        json.push_back(ask ? write_question(*ask) : write(command));
    }
    return json;
}

}  // namespace atlas::call
