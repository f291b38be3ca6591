#include "system/fault_call.hpp"

#include "call/virtual_caller.hpp"
#include "support/run_until.hpp"
#include "system/system_under_test.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

namespace atlas::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr int caller_rate = 16000;
constexpr milliseconds spoken = 1200ms;
constexpr int canned_lines = 3;

std::shared_ptr<const caller::Recording> tone() {
    caller::Recording recording{"tone", caller_rate, {}};
    const auto samples = static_cast<std::size_t>(caller_rate * spoken.count() / 1000);
    for (std::size_t i = 0; i < samples; ++i) {
        const double phase = 2 * std::numbers::pi * 300 * static_cast<double>(i) / caller_rate;
        recording.samples.push_back(static_cast<std::int16_t>(9000 * std::sin(phase)));
    }
    return std::make_shared<const caller::Recording>(std::move(recording));
}

// What the caller's ear makes of each thing said: when the reply begins, and the longest pause in it.
class Ear final : public caller::CallObserver {
public:
    explicit Ear(net::Loop& loop) : loop_(loop) {}

    struct Answer {
        std::optional<net::Duration> first_sound;  // after our last word
        milliseconds longest_pause{0};
    };

    void saying(const caller::Utterance&, std::optional<std::uint32_t>) override {
        last_word_ = loop_.now() + spoken;
        answers_.emplace_back();
        listening_ = false;
    }
    void audible(const caller::TurnResult&) override {
        if (answers_.empty()) return;
        if (!answers_.back().first_sound)
            answers_.back().first_sound = std::max(net::Duration::zero(), loop_.now() - last_word_);
        silent_samples_ = 0;
        listening_ = true;
    }
    void turn_over(const caller::TurnResult&) override { listening_ = false; }
    void heard(std::span<const std::int16_t> samples) override {
        for (const std::int16_t sample : samples) {
            if (sample == 0) {
                ++silent_samples_;
                continue;
            }
            if (listening_) note_pause();
            silent_samples_ = 0;
        }
    }
    const std::vector<Answer>& answers() const { return answers_; }

private:
    void note_pause() {
        constexpr std::int64_t samples_per_ms = 24;
        auto& longest = answers_.back().longest_pause;
        longest = std::max(longest, milliseconds(silent_samples_ / samples_per_ms));
    }

    net::Loop& loop_;
    net::TimePoint last_word_{};
    std::vector<Answer> answers_;
    std::int64_t silent_samples_ = 0;
    bool listening_ = false;
};

// ---- words for what was measured

// Above this a silence needs a reason: the gateway's silence_worth_a_reason.
constexpr milliseconds worth_a_reason = 1500ms;

// Limits lie where no outcome does, so that a slow machine changes no word.
std::string bucket(net::Duration silence) {
    for (const auto& [limit, name] : {std::pair{worth_a_reason, "at once"},
                                      {3000ms, "within 3 s"},
                                      {6000ms, "within 6 s"},
                                      {10000ms, "within 10 s"},
                                      {20000ms, "within 20 s"}}) {
        if (silence < limit) return name;
    }
    return "after more than 20 s";
}

// How long the gateway tries before it gives up varies by chance.
std::string wide_bucket(net::Duration silence) {
    return silence < 10s ? "within 10 s" : bucket(std::max(silence, net::Duration(10s)));
}

// What the gateway says of it in its log.
class Log {
public:
    explicit Log(const std::string& text) : lines_(text) {}

    // Why a turn was silent before or within its reply.
    std::string reason_of_silence(std::uint32_t turn, bool in_reply) {
        const std::string number = "\"turn\":" + std::to_string(turn) + ",";
        const std::string what = in_reply ? "in_reply" : "before";
        const std::regex silence("\"silence_" + what + "\":\\d+,\"silence_reason\":\"(\\w+)\"");
        return find("turn.ended", number, silence);
    }
    // Why the recogniser was given up.
    std::string reason_of_deafness() {
        static const std::regex reason("\"stage\":\"recognizer\",\"reason\":\"(\\w+)\"");
        return find("provider.failed", "", reason);
    }

private:
    std::string find(const std::string& event, const std::string& part, const std::regex& wanted) {
        std::istringstream lines(lines_);
        for (std::string line; std::getline(lines, line);) {
            const bool right = line.find("\"event\":\"" + event + "\"") != std::string::npos;
            std::smatch found;
            if (right && line.find(part) != std::string::npos && std::regex_search(line, found, wanted))
                return "`" + found[1].str() + "`";
        }
        return "no reason";
    }

    std::string lines_;
};

struct KnownLine {
    std::string text;
    std::string name;
};

const std::vector<KnownLine>& known_lines() {
    static const FaultCallWords said;
    static const std::vector<KnownLine> lines{
        {said.first_reply, "the reply"},
        {said.second_reply, "the second reply"},
        {said.continuation, "its continuation"},
        {"One moment, please.", "“One moment, please.”"},
        {"Sorry, I had a problem just then. Could you say that again?", "“Sorry, I had a problem …”"},
        {"I am sorry, I cannot hear you at the moment. Please call again in a minute.",
         "“I am sorry, I cannot hear you …”"},
    };
    return lines;
}

std::size_t common_start(std::string_view a, std::string_view b) {
    const auto ends = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<std::size_t>(ends.first - a.begin());
}

void trim(std::string& text) {
    text.erase(0, text.find_first_not_of(' '));
    text.erase(text.find_last_not_of(' ') + 1);
}

// The line that `heard` begins with, as far as it does. `unheard` of an earlier line may follow, too.
struct Recognized {
    std::size_t length = 0;
    std::string name;
    KnownLine unheard{};
};

Recognized recognize(const std::string& heard, const KnownLine& unheard) {
    Recognized best;
    const auto consider = [&](const KnownLine& line, const std::string& whole, const std::string& part) {
        const std::size_t length = common_start(heard, line.text);
        if (length < 2 || length <= best.length) return;
        const bool all = length == line.text.size();
        best = {length, all ? whole : part, {line.text.substr(length), line.name}};
        trim(best.unheard.text);
    };
    consider(unheard, "the rest of " + unheard.name, "more of " + unheard.name);
    for (const KnownLine& line : known_lines()) consider(line, line.name, "the beginning of " + line.name);
    return best;
}

// "One moment, please. It is the lib" → "“One moment, please.”, the beginning of the reply"
std::string described(std::string heard) {
    std::string description;
    KnownLine unheard;
    for (trim(heard); !heard.empty(); trim(heard)) {
        Recognized line = recognize(heard, unheard);
        if (line.length == 0) line = {heard.size(), "“" + heard + "”", {}};
        description += (description.empty() ? "" : ", ") + line.name;
        heard.erase(0, line.length);
        if (!line.unheard.text.empty()) unheard = line.unheard;
    }
    return description.empty() ? "nothing" : description;
}

// Of one answer: "at once", "within 3 s: `end_of_turn`".
std::string silence_of(const Ear::Answer& answer, std::uint32_t turn, Log& log) {
    std::string words = bucket(*answer.first_sound);
    if (*answer.first_sound >= worth_a_reason) words += ": " + log.reason_of_silence(turn, false);
    if (answer.longest_pause >= worth_a_reason) {
        words += ", then a pause " + bucket(answer.longest_pause).replace(0, 6, "of up to") + ": " +
                 log.reason_of_silence(turn, true);
    }
    return words;
}

// The codes of what the app was told besides: "warning language_model_failed: overloaded …"
std::string told(const std::vector<std::string>& problems) {
    std::set<std::string> codes;
    for (const std::string& problem : problems) {
        for (const char* kind : {"warning ", "error "}) {
            if (!problem.starts_with(kind)) continue;
            const std::size_t from = std::string_view(kind).size();
            codes.insert("`" + problem.substr(from, problem.find(':') - from) + "`");
        }
    }
    std::string words;
    for (const std::string& code : codes) words += (words.empty() ? "" : ", ") + code;
    return words;
}

// The reason's first word: behind it stand figures and the service's own words.
std::string with_reason(const caller::TurnResult& turn) {
    if (turn.status.empty()) return "does not end";
    if (turn.reason.empty()) return turn.status;
    return turn.status + ": `" + turn.reason.substr(0, turn.reason.find_first_of(":,")) + "`";
}

std::string end_of(const caller::CallResult& result) {
    if (result.timed_out) return "goes on in silence";
    if (result.close_code == 1000) return "goes on";
    return "ends: `" + result.close_reason + "`, " + std::to_string(result.close_code);
}

bool is_question(const caller::TurnResult& turn) { return turn.cause == "user"; }

// The turns of the first question, or of what was said instead of an answer.
std::vector<const caller::TurnResult*> first_turns(const caller::CallResult& result, std::size_t asked) {
    std::vector<const caller::TurnResult*> turns;
    int questions = 0;
    for (const auto& turn : result.turns) {
        if (is_question(turn) && ++questions == 2 && asked == 2) break;
        turns.push_back(&turn);
    }
    return turns;
}

std::string first_silence(const CallOutcome& outcome, const std::vector<const caller::TurnResult*>& turns,
                          const std::vector<Ear::Answer>& answers, Log& log) {
    if (answers.empty()) return "said before the first word";
    if (turns.empty()) return "all the time: no reason";
    const caller::TurnResult& turn = *turns.front();
    if (outcome.heard == "nothing" || !answers[0].first_sound)
        return "all the time" + (turn.reason.empty() ? ": no reason" : ": `" + turn.reason + "`");
    if (is_question(turn)) return silence_of(answers[0], turn.turn, log);
    return wide_bucket(*answers[0].first_sound) + ": " + log.reason_of_deafness();
}

std::string second_turn_of(const caller::CallResult& result, const std::vector<Ear::Answer>& answers,
                           Log& log) {
    if (answers.size() < 2) return result.utterances < 2 ? "" : "was never reached";
    const auto& last = result.turns.back();
    if (last.status != "completed") return with_reason(last);
    if (described(last.heard) != "the second reply") return "heard: " + described(last.heard);
    if (!answers[1].first_sound) return "nothing is heard";
    const std::string silence = silence_of(answers[1], last.turn, log);
    return silence == "at once" ? "works" : "works, " + silence;
}

CallOutcome outcome_of(const caller::CallResult& result, const std::vector<Ear::Answer>& answers, Log log) {
    CallOutcome outcome;
    const auto turns = first_turns(result, answers.size());
    std::string heard;
    for (const auto* turn : turns) heard += turn->heard + " ";
    outcome.heard = described(heard);
    outcome.silence = first_silence(outcome, turns, answers, log);
    outcome.turn = turns.empty() ? "none" : with_reason(*turns.front());
    outcome.call = end_of(result);
    outcome.told = told(result.problems);
    outcome.next = second_turn_of(result, answers, log);
    return outcome;
}

std::string story_of(const caller::CallResult& result, const std::vector<Ear::Answer>& answers,
                     const std::string& log, const Json& requests) {
    std::ostringstream story;
    for (const auto& answer : answers) {
        story << "first sound after ";
        if (answer.first_sound)
            story << std::chrono::duration_cast<milliseconds>(*answer.first_sound).count() << " ms";
        else
            story << "-";
        story << ", longest pause " << answer.longest_pause.count() << " ms\n";
    }
    story << caller::to_json(result) << "\n" << log << "what the sandbox was asked:\n";
    for (const Json& request : requests) story << request.dump() << "\n";
    return story.str();
}

// ---- the call

// The lines that stand in for speech are synthesised at the start, and a failure comes later.
void wait_for_canned_lines(SystemUnderTest& system) {
    const auto spoken_already = [&system] {
        int completed = 0;
        const Json report = system.report();
        for (const auto& request : report.at("requests")) {
            const std::string what = request.at("what");
            const bool speech = what == "response.create" || what == "POST /v1/audio/speech";
            if (speech && request.value("outcome", "") == "completed") ++completed;
        }
        return completed >= canned_lines;
    };
    EXPECT_TRUE(run_until(system.loop(), "the canned lines", spoken_already));
}

std::shared_ptr<const caller::CallPlan> plan_of(const FaultRow& row, const std::string& url) {
    static const auto recording = tone();
    caller::CallPlan plan;
    plan.url = url;
    plan.hello.version = "fault-table";
    plan.utterances.assign(row.times == Times::once ? 2 : 1, caller::Utterance{recording, {}, false});
    plan.keep_sound = true;
    plan.time_limit = 45s;
    return std::make_shared<const caller::CallPlan>(std::move(plan));
}

bool falls_silent_while_listening(const FaultRow& row) {
    if (row.times == Times::always) return false;
    if (row.fault == FaultKind::stall) return row.wire == Wire::flux || row.wire == Wire::nova;
    return row.fault == FaultKind::withhold && row.wire == Wire::nova;
}

Json script_of(const FaultRow& row) {
    const FaultCallWords said;
    Json transcripts{said.first_question, said.second_question};
    // The connection that fell silent has heard the first question, too.
    if (falls_silent_while_listening(row)) transcripts.insert(transcripts.begin(), said.first_question);
    Json script{{"transcripts", transcripts},
                {"transcripts_shared", true},
                {"replies",
                 {{{"match", "connection broke"}, {"text", said.continuation}},
                  {{"match", "first"}, {"text", said.first_reply}},
                  {{"match", "second"}, {"text", said.second_reply}}}}};
    if (const Json fault = fault_of(row); !fault.is_null()) script["faults"] = Json::array({fault});
    return script;
}

}  // namespace

FaultCallResult call_with(const FaultRow& row) {
    SystemUnderTest system("scripted", environment_of(row));
    const bool never_spoke =
        row.fault == FaultKind::nobody_listens && (row.wire == Wire::realtime || row.wire == Wire::speech);
    if (!never_spoke) wait_for_canned_lines(system);
    system.script(script_of(row));
    if (needs_new_connection(row)) system.hang_up();

    const auto connector = net::make_websocket_connector(system.loop(), {});
    caller::SoundStore sounds;
    Ear ear(system.loop());
    bool over = false;
    caller::VirtualCaller call(system.loop(), *connector, sounds, plan_of(row, system.url()), &ear,
                               [&over] { over = true; });
    EXPECT_TRUE(run_until(
        system.loop(), "the end of the call", [&over] { return over; }, 60s));
    system.gateway().wait_for_line("call.ended", 2s);

    FaultCallResult result;
    if (system.sandbox().wait_for_exit(1ms))
        throw std::runtime_error("the sandbox ended: " + system.sandbox().all());
    const std::string log = system.gateway().all();
    result.outcome = outcome_of(call.result(), ear.answers(), Log(log));
    result.story = story_of(call.result(), ear.answers(), log, system.report().at("requests"));
    return result;
}

}  // namespace atlas::test
