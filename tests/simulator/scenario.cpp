#include "simulator/scenario.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace atlas::sim {
namespace {

constexpr Duration tick = 40ms;
constexpr Duration rest = 1500ms;  // at the end of a call, so that what comes late shows

// One for all scenarios: a log has a thread of its own. Nothing is as bad as what it would show.
observe::Log& silent_log() {
    static observe::Log log([] {
        observe::LogSettings settings;
        settings.level = static_cast<observe::LogLevel>(static_cast<int>(observe::LogLevel::error) + 1);
        return settings;
    }());
    return log;
}

observe::Metrics& all_metrics() {
    static observe::Metrics metrics;
    return metrics;
}

}  // namespace

std::string Turn::heard() const {
    std::string joined;
    for (const auto& word : words) joined += (joined.empty() ? "" : " ") + word;
    return joined;
}

Milliseconds Turn::stage(const std::string& name) const {
    return Milliseconds(told.end.value("stages_ms", Json::object()).value(name, 0));
}

bool Turn::says_why_silent(const std::string& where) const {
    for (const auto& silence : silences())
        if (silence["at"] == where && !silence["reason"].get<std::string>().empty()) return true;
    return false;
}

Scenario::Scenario(std::uint64_t seed) : random_(seed) {
    settings.instructions = "You are a good listener.";
    settings.server = {"test", "machine-1", "0.1.0"};
}

Scenario::~Scenario() = default;

SimulatedDeepgram& Scenario::hears_through_deepgram(RecognizerKind kind) {
    deepgram_ = std::make_unique<SimulatedDeepgram>(loop_, sounds_, kind);
    return *deepgram_;
}

void Scenario::begin() {
    const auto& lines = talk.lines;
    canned_ = std::make_unique<call::CannedLines>(
        loop_, voice, call::CannedLines::Texts{lines.trouble, lines.cannot_hear, lines.one_moment});
    if (kept_lines) canned_->prepare();
    loop_.advance(10s);
    model.on_request = [this](const auto& request) { check_request(request); };
    providers::LanguageModel* language_model = &model;
    providers::SpeechSynthesizer* synthesizer = &voice;
    if (hedged) {
        resilient_model_ = std::make_unique<providers::ResilientModel>(
            std::vector<providers::ResilientModel::Provider>{{"model", model}}, loop_,
            providers::ResilienceReports{});
        resilient_voice_ = std::make_unique<providers::ResilientSynthesizer>(
            std::vector<providers::ResilientSynthesizer::Provider>{{"voice", voice}}, loop_,
            providers::ResilienceReports{});
        language_model = resilient_model_.get();
        synthesizer = resilient_voice_.get();
    }
    providers::SpeechRecognizerService* listener = &recognizer;
    if (deepgram_) listener = &deepgram_->service();
    services_ = std::make_unique<call::CallServices>(
        call::CallServices{watched_, *listener, *language_model, *synthesizer, *canned_, codec_, silent_log(),
                           all_metrics(), settings});
    began_ = loop_.now();
    auto pair = test::make_fake_websocket(loop_);
    peer_ = pair.peer;
    wire.watch(peer_);
    for (const auto& tool : app.config.value("tools", Json::array()))
        if (tool.value("effect", true)) wire.effects.insert(tool["name"]);
    call_ = std::make_shared<call::Call>("call_1", std::move(pair.websocket), *services_, [this] {
        over_ = true;
        over_since_ = loop_.now();
    });
    if (machine_stops_after) {
        agenda_.after(*machine_stops_after, [this] {
            if (call_ && !over_) call_->drain(loop_.now(), loop_.now() + 10s);
        });
    }
    app.connect(peer_);
}

void Scenario::every_tick() {
    caller.tick();
    app.tick();
    loop_.advance(tick / 2);
    check_deadline();
    loop_.advance(tick / 2);
    wire.catch_up();
}

bool Scenario::at_rest() {
    const bool rests = caller.done() && app.silent() && app.state == "listening" && app.ready;
    if (!rests) rests_since_ = loop_.now();
    return loop_.now() - rests_since_ >= rest;
}

void Scenario::run() {
    begin();
    rests_since_ = loop_.now();
    bool said_bye = false;
    while (!over_ && loop_.now() - began_ < longest) {
        every_tick();
        if (!said_bye && caller.hangs_up_at_the_end() && at_rest()) {
            said_bye = true;
            app.send({{"t", "bye"}});
        }
    }
    for (int i = 0; i < 50; ++i) {  // what the app still has is heard
        app.tick();
        loop_.advance(tick);
    }
    wire.catch_up();
    EXPECT_TRUE(over_) << "the call did not come to rest";
    check_end();
    check_nothing_goes_on();
    if (testing::Test::HasFailure()) ADD_FAILURE() << story();
}

// ---- what came of it

TimePoint Scenario::caller_was_done(const ToldTurn& told) const {
    TimePoint done = began_;
    for (const auto& word : caller.said)
        if (word.to <= told.started) done = std::max(done, word.to);
    for (const auto& [at, text] : caller.typed)
        if (at <= told.started) done = std::max(done, at);
    for (const auto& at : caller.committed)
        if (at <= told.started) done = std::max(done, at);
    return done;
}

Turn Scenario::describe(int id) const {
    Turn turn;
    turn.told = wire.turns.at(id);
    turn.words = app.ear.heard(id);
    const auto sounds = app.ear.sounds(id);
    if (!sounds.empty()) {
        // What is said into a reply waits for its end, and that is no silence.
        auto since = caller_was_done(turn.told);
        for (const auto& word : app.ear.words())
            if (word.from < sounds.front().from) since = std::max(since, word.to);
        turn.waited = std::chrono::duration_cast<Milliseconds>(sounds.front().from - since);
    }
    for (std::size_t i = 1; i < sounds.size(); ++i) {
        const auto silence = std::chrono::duration_cast<Milliseconds>(sounds[i].from - sounds[i - 1].to);
        // As it was spoken. What broke off inside a word has no pause behind that.
        const int behind = sounds_.word(sounds[i - 1].code).silence_behind;
        const int pause =
            (app.ear.whole(sounds[i - 1]) ? behind : 0) + sounds_.word(sounds[i].code).silence_before;
        turn.longest_silence = std::max(turn.longest_silence, silence);
        turn.longest_gap = std::max(turn.longest_gap, silence - Milliseconds(10 * pause));
    }
    return turn;
}

std::vector<Turn> Scenario::turns() const {
    std::vector<Turn> turns;
    for (const auto& [id, told] : wire.turns) turns.push_back(describe(id));
    std::sort(turns.begin(), turns.end(),
              [](const Turn& a, const Turn& b) { return a.told.started < b.told.started; });
    return turns;
}

Turn Scenario::turn(std::size_t index) const {
    const auto all = turns();
    if (index == 0 || index > all.size()) {
        ADD_FAILURE() << "there is no turn " << index << "\n" << story();
        return {};
    }
    return all[index - 1];
}

Milliseconds Scenario::length() const {
    return Milliseconds(wire.closed.is_null() ? 0 : wire.closed["usage"]["duration_ms"].get<std::int64_t>());
}

std::vector<std::string> Scenario::states() const {
    std::vector<std::string> states;
    for (const auto& [at, message] : wire.all)
        if (message["t"] == "state") states.push_back(message["state"]);
    return states;
}

std::vector<Json> Scenario::told(const std::string& type) const {
    std::vector<Json> found;
    for (const auto& [at, message] : wire.all)
        if (message["t"] == type) found.push_back(message);
    return found;
}

std::string Scenario::history() const {
    std::ostringstream out;
    for (auto request = model.requests.rbegin(); request != model.requests.rend(); ++request) {
        if (request->summary) continue;
        for (const auto& message : request->what.messages) {
            out << (message.role == providers::ModelMessage::Role::user ? "caller: " : "assistant: ")
                << message.text;
            for (const auto& call : message.calls) out << " [calls " << call.name << "]";
            for (const auto& result : message.results) out << "[result: " << result.content << "]";
            out << "\n";
        }
        break;
    }
    return out.str();
}

std::string Scenario::story() const {
    std::ostringstream out;
    const auto time = [this, &out](TimePoint at) -> std::ostream& {
        out << std::chrono::duration_cast<Milliseconds>(at - began_).count() << " ms: ";
        return out;
    };
    std::multimap<TimePoint, std::string> lines;
    for (const auto& [at, message] : wire.all) lines.emplace(at, "server " + message.dump());
    for (const auto& word : caller.said)
        lines.emplace(word.from, "caller says \"" + sounds_.word(word.code).text + "\"");
    for (const auto& word : app.ear.words())
        lines.emplace(word.from, "ear, turn " + std::to_string(word.turn) + ": \"" +
                                     sounds_.word(word.code).text + "\" " + std::to_string(word.blocks) +
                                     "/" + std::to_string(sounds_.word(word.code).blocks));
    for (const auto& request : model.requests)
        lines.emplace(request.at, "model is asked" + std::string(request.summary ? " for a summary" : "") +
                                      (request.abandoned ? ", abandoned" : ""));
    for (const auto& request : voice.requests) lines.emplace(request.at, "voice is asked: " + request.text);
    for (const auto& [at, line] : lines) time(at) << line << "\n";
    return out.str();
}

}  // namespace atlas::sim
