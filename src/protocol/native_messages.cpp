#include "native_messages.hpp"

#include "atlas/protocol/limits.hpp"
#include "field_reader.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

// One function for each message of docs/client-protocol.md that a client may send; the large ones have files
// of their own.
namespace atlas::protocol {
namespace {

using Json = nlohmann::json;

std::uint32_t turn_of(FieldReader& fields) {
    return static_cast<std::uint32_t>(fields.required_integer("turn", 1, max_uint32));
}

ClientMessage read_playback(FieldReader& fields, std::optional<ProtocolError>&) {
    Playback playback;
    playback.turn = turn_of(fields);
    playback.played_ms = fields.required_integer("played_ms", 0, max_exact_integer);
    playback.buffered_ms = fields.integer("buffered_ms", 0, max_exact_integer).value_or(0);
    playback.underruns =
        static_cast<std::uint64_t>(fields.integer("underruns", 0, max_exact_integer).value_or(0));
    return playback;
}

ClientMessage read_interrupt(FieldReader& fields, std::optional<ProtocolError>&) {
    Interrupt interrupt;
    interrupt.turn = turn_of(fields);
    interrupt.played_ms = fields.integer("played_ms", 0, max_exact_integer);
    return interrupt;
}

std::string text_of(FieldReader& fields, std::size_t max_chars) {
    std::string text = fields.required_text("text", max_chars);
    if (!fields.failed() && text.find_first_not_of(" \t\r\n") == std::string::npos) {
        fields.fail("text", "more than white space", quote(text));
    }
    return text;
}

ClientMessage read_input_text(FieldReader& fields, std::optional<ProtocolError>&) {
    return InputText{text_of(fields, max_input_text_chars)};
}

ClientMessage read_inject(FieldReader& fields, std::optional<ProtocolError>&) {
    Inject inject;
    inject.text = text_of(fields, max_inject_chars);
    inject.reply = fields.flag("reply").value_or(false);
    return inject;
}

ClientMessage read_ptt(FieldReader& fields, std::optional<ProtocolError>&) {
    if (fields.required("down", "true or false") == nullptr) return PushToTalk{};
    return PushToTalk{fields.flag("down").value_or(false)};
}

ClientMessage read_input_commit(FieldReader&, std::optional<ProtocolError>&) { return InputCommit{}; }

ClientMessage read_ping(FieldReader& fields, std::optional<ProtocolError>&) {
    return Ping{fields.required_integer("time_ms", -max_exact_integer, max_exact_integer)};
}

ClientMessage read_pong(FieldReader& fields, std::optional<ProtocolError>&) {
    Pong pong;
    pong.echo_ms = fields.required_integer("echo_ms", -max_exact_integer, max_exact_integer);
    pong.time_ms = fields.integer("time_ms", -max_exact_integer, max_exact_integer);
    return pong;
}

ClientMessage read_bye(FieldReader& fields, std::optional<ProtocolError>&) {
    return Bye{fields.text("reason", max_bye_reason_chars).value_or("")};
}

struct Reader {
    std::string_view type;
    ClientMessage (*read)(FieldReader&, std::optional<ProtocolError>&);
};

constexpr std::array readers{
    Reader{"hello", read_hello},
    Reader{"playback", read_playback},
    Reader{"interrupt", read_interrupt},
    Reader{"input.text", read_input_text},
    Reader{"input.commit", read_input_commit},
    Reader{"tool.result", read_tool_result},
    Reader{"inject", read_inject},
    Reader{"ptt", read_ptt},
    Reader{"config", read_config_change},
    Reader{"ping", read_ping},
    Reader{"pong", read_pong},
    Reader{"bye", read_bye},
};

}  // namespace

ClientMessage read_client_message(const std::string& type, const Json& object,
                                  std::optional<ProtocolError>& error) {
    const auto reader =
        std::find_if(readers.begin(), readers.end(), [&](const Reader& r) { return r.type == type; });
    if (reader == readers.end()) return UnknownMessage{fit_json(type, max_name_chars)};
    FieldReader fields(object, "", error);
    return reader->read(fields, error);
}

}  // namespace atlas::protocol
