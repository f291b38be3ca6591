#include "system/fault_table.hpp"

#include <map>

// What each fault is called, and how the sandbox is told to make it.

namespace atlas::test {
namespace {

using Json = nlohmann::json;

bool over_http(Wire wire) { return wire == Wire::claude || wire == Wire::speech; }
bool listens(Wire wire) { return wire == Wire::flux || wire == Wire::nova; }

std::string_view service_of(Wire wire) {
    switch (wire) {
        case Wire::flux:
            return "deepgram_v2";
        case Wire::nova:
            return "deepgram_v1";
        case Wire::claude:
            return "claude";
        case Wire::realtime:
            return "openai_realtime";
        case Wire::speech:
            return "openai_speech";
    }
    return {};
}

// In the middle of what the service says: of an utterance, a text, a sound.
Json in_the_middle(Wire wire, const char* fault) {
    Json json{{"fault", fault}};
    if (listens(wire)) json["after_ms"] = 900;
    if (wire == Wire::claude) json["bytes"] = 900;    // the first words
    if (wire == Wire::speech) json["bytes"] = 24000;  // half a second
    if (wire == Wire::realtime) json.update({{"path", "response"}, {"after_chunks", 2}});
    return json;
}

Json stall(Wire wire) {
    if (wire == Wire::claude) return {{"fault", "stall"}, {"after_tokens", 7}};
    return in_the_middle(wire, "stall");
}

Json without_times(const FaultRow& row) {
    switch (row.fault) {
        case FaultKind::refused:
            return {{"fault", "refuse"}};
        case FaultKind::nobody_listens:
            return nullptr;
        case FaultKind::unauthorized:
            return {{"fault", "status"}, {"status", 401}};
        case FaultKind::come_later_soon:
            // With the end of a turn, a second is about what is called a silence.
            if (over_http(row.wire)) return {{"fault", "status"}, {"status", 429}, {"retry_after_ms", 500}};
            return {{"fault", "status"}, {"status", 429}, {"retry_after", 1}};
        case FaultKind::come_later_late:
            return {{"fault", "status"}, {"status", 429}, {"retry_after", 30}};
        case FaultKind::too_many:
            return {{"fault", "status"}, {"status", 429}};
        case FaultKind::server_error:
            return {{"fault", "status"}, {"status", 500}};
        case FaultKind::overloaded:
            return {{"fault", "status"}, {"status", 529}};
        case FaultKind::hang:
            return {{"fault", row.wire == Wire::realtime ? "withhold" : "hang"}};
        case FaultKind::withhold:
            return {{"fault", "withhold"}};
        case FaultKind::stall:
            return stall(row.wire);
        case FaultKind::truncated:
            return in_the_middle(row.wire, over_http(row.wire) ? "truncate" : "drop");
        case FaultKind::closed:
            return in_the_middle(row.wire, "close");
        case FaultKind::reset:
            return in_the_middle(row.wire, "reset");
        case FaultKind::garbage:
            return in_the_middle(row.wire, "garbage");
        case FaultKind::wrong_type:
            if (over_http(row.wire)) return {{"fault", "content_type"}};
            return in_the_middle(row.wire, "wrong_type");
        case FaultKind::slow_drip:
            if (over_http(row.wire)) return {{"fault", "byte_by_byte"}};
            return {{"fault", "fragment"}, {"bytes", 20}};
        case FaultKind::failed_response:
            return {{"fault", "response_failed"}};
        case FaultKind::unanswered:
            return {{"fault", "hang"}, {"path", "response"}};
    }
    return nullptr;
}

}  // namespace

std::string_view title(Wire wire) {
    switch (wire) {
        case Wire::flux:
            return "Deepgram Flux (`/v2/listen`)";
        case Wire::nova:
            return "Deepgram Nova (`/v1/listen`)";
        case Wire::claude:
            return "Claude (`/v1/messages`)";
        case Wire::realtime:
            return "OpenAI Realtime (`/v1/realtime`)";
        case Wire::speech:
            return "OpenAI speech (`/v1/audio/speech`)";
    }
    return {};
}

std::string words(const FaultRow& row) {
    switch (row.fault) {
        case FaultKind::refused:
            return "the connection is reset instead of an answer";
        case FaultKind::nobody_listens:
            return "nobody listens at the address, from the start on";
        case FaultKind::unauthorized:
            return "401";
        case FaultKind::come_later_soon:
            return over_http(row.wire) ? "429, `retry-after-ms` 500" : "429, `retry-after` 1 s";
        case FaultKind::come_later_late:
            return "429, `retry-after` 30 s";
        case FaultKind::too_many:
            return "429 without `retry-after`";
        case FaultKind::server_error:
            return "500";
        case FaultKind::overloaded:
            return "529";
        case FaultKind::hang:
            if (row.wire == Wire::realtime) return "the socket opens, and nothing is ever said";
            return listens(row.wire) ? "no answer to the upgrade" : "no answer, not even a head";
        case FaultKind::withhold:
            return "the socket opens, and nothing is ever said";
        case FaultKind::stall:
            return "falls silent in the middle";
        case FaultKind::truncated:
            return over_http(row.wire) ? "ends in the middle, without its end mark"
                                       : "ends in the middle, without a close frame";
        case FaultKind::closed:
            return "closed in the middle with 1011";
        case FaultKind::reset:
            return "reset in the middle";
        case FaultKind::garbage:
            return "garbage in the middle";
        case FaultKind::wrong_type:
            return over_http(row.wire) ? "content type `text/html`" : "a binary message";
        case FaultKind::slow_drip:
            return over_http(row.wire) ? "byte by byte" : "in fragments of 20 bytes";
        case FaultKind::failed_response:
            return "the response fails (`server_error`)";
        case FaultKind::unanswered:
            return "the response is created, and no sound comes";
    }
    return {};
}

Json fault_of(const FaultRow& row) {
    Json fault = without_times(row);
    if (fault.is_null()) return fault;
    fault["service"] = service_of(row.wire);
    fault["times"] = row.times == Times::once ? Json(1) : Json("always");
    return fault;
}

std::vector<std::string> environment_of(const FaultRow& row) {
    std::vector<std::string> environment;
    if (row.wire == Wire::nova) environment.emplace_back("ATLAS_STT_MODEL=nova-3");
    if (row.wire == Wire::speech) environment.emplace_back("ATLAS_TTS_MODEL=gpt-4o-mini-tts");
    if (row.fault != FaultKind::nobody_listens) return environment;
    const std::string nobody = "://localhost:1";
    if (listens(row.wire)) environment.push_back("DEEPGRAM_URL=wss" + nobody);
    if (row.wire == Wire::claude) environment.push_back("ANTHROPIC_BASE_URL=https" + nobody);
    if (!listens(row.wire) && row.wire != Wire::claude)
        environment.push_back("OPENAI_BASE_URL=https" + nobody + "/v1");
    return environment;
}

bool needs_new_connection(const FaultRow& row) {
    if (row.wire != Wire::realtime) return false;
    const Json fault = fault_of(row);
    if (fault.is_null() || fault.contains("path")) return false;
    const std::string name = fault.at("fault");
    return name == "refuse" || name == "status" || name == "withhold" || name == "fragment";
}

}  // namespace atlas::test
