#include "call/call_result.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace atlas::caller {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_problems = 100;
constexpr std::size_t most_turns = 10'000;

std::string ending(const TurnResult& turn) {
    const std::string verb = turn.status == "failed" ? " failed" : " was " + turn.status;
    return verb + (turn.reason.empty() ? "" : " (" + turn.reason + ")");
}

// What is wrong with a turn; empty when it is as it was meant.
std::string complaint(const TurnResult& turn) {
    const std::string name = "turn " + std::to_string(turn.turn);
    if (turn.status.empty()) return name + " did not end";
    if (!turn.to_be_interrupted) return turn.status == "completed" ? "" : name + ending(turn);
    if (turn.status != "interrupted") return name + " was to be interrupted, but it" + ending(turn);
    return turn.flushed ? "" : name + " was interrupted without audio.flush";
}

Json describe(const TurnResult& turn) {
    Json json{{"turn", turn.turn},   {"cause", turn.cause}, {"user", turn.user},
              {"agent", turn.agent}, {"heard", turn.heard}, {"status", turn.status}};
    if (!turn.reason.empty()) json["reason"] = turn.reason;
    json["stages_ms"] = Json::object();
    for (const auto& [stage, time] : turn.stages_ms) json["stages_ms"][stage] = time;
    if (turn.response_ms) json["response_ms"] = *turn.response_ms;
    if (turn.stop_ms) json["stop_ms"] = *turn.stop_ms;
    json["played_ms"] = turn.played_ms;
    json["underruns"] = turn.underruns;
    return json;
}

}  // namespace

TurnResult* CallResult::find_turn(std::uint32_t number) {
    const auto found = std::find_if(turns.rbegin(), turns.rend(),
                                    [number](const TurnResult& turn) { return turn.turn == number; });
    return found == turns.rend() ? nullptr : &*found;
}

TurnResult& CallResult::turn(std::uint32_t number) {
    if (TurnResult* found = find_turn(number)) return *found;
    if (turns.size() == most_turns) turns.erase(turns.begin());
    TurnResult& fresh = turns.emplace_back();
    fresh.turn = number;
    return fresh;
}

void CallResult::note_problem(std::string problem) {
    if (problems.size() < most_problems) problems.push_back(std::move(problem));
}

Verdict judge(const CallResult& result) {
    if (result.timed_out) return Verdict::timed_out;
    if (!result.ready) return Verdict::no_call;
    return explain(result).empty() ? Verdict::good : Verdict::turn_failed;
}

std::string explain(const CallResult& result) {
    if (result.timed_out) return "the call took longer than its time limit";
    if (!result.connect_error.empty()) return result.connect_error;
    if (!result.ready) return "the server did not take the call";
    for (const TurnResult& turn : result.turns) {
        if (auto problem = complaint(turn); !problem.empty()) return problem;
    }
    if (result.missed_interruption) return "a reply was over before it could be interrupted";
    if (result.everything_answered) return {};
    if (result.said == result.utterances) return "the last utterance was not answered";
    return "the call ended after " + std::to_string(result.said) + " of " +
           std::to_string(result.utterances) + " utterances";
}

std::string to_json(const CallResult& result) {
    Json json;
    json["ready"] = result.ready ? Json::parse(result.ready->json, nullptr, false) : Json();
    json["turns"] = Json::array();
    for (const TurnResult& turn : result.turns) json["turns"].push_back(describe(turn));
    json["close"] = {{"code", result.close_code}, {"reason", result.close_reason}};
    if (!result.close_error.empty()) json["close"]["error"] = result.close_error;
    if (!result.usage.empty()) json["usage"] = Json::parse(result.usage, nullptr, false);
    json["audio"] = {{"sent_ms", result.sent_ms},
                     {"received_ms", result.received_ms},
                     {"heard_ms", result.heard_ms},
                     {"underruns", result.underruns}};
    if (!result.connect_error.empty()) {
        json["refused"] = {
            {"status", result.http_status}, {"body", result.http_body}, {"error", result.connect_error}};
    }
    json["problems"] = result.problems;
    json["verdict"] = {{"exit_code", static_cast<int>(judge(result))}, {"why", explain(result)}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace atlas::caller
