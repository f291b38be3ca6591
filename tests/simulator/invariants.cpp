#include "atlas/conversation/speakable.hpp"
#include "simulator/scenario.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

// What must hold in every call, whatever happens in it.

namespace atlas::sim {
namespace {

using providers::ModelMessage;

constexpr Milliseconds worth_a_reason{1500};

bool is_suffix(const std::vector<std::string>& part, const std::vector<std::string>& whole) {
    return part.size() <= whole.size() && std::equal(part.rbegin(), part.rend(), whole.rbegin());
}

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const auto& word : words) all += word + " ";
    return all;
}

// How many words both begin with.
std::size_t common(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<std::size_t>(end.first - a.begin());
}

}  // namespace

// As the voice reads a text, numbers and signs included.
std::vector<std::string> Scenario::spoken_form(const std::string& text) const {
    return plain_words(conversation::speakable(text, talk.language));
}

// ---- while it lasts

// No state without a deadline.
void Scenario::check_deadline() {
    if (over_ || !app.ready || app.closed || !wire.closed.is_null()) return;
    wire.catch_up();
    if (!wire.closed.is_null()) return;
    // The call's own longest time is no deadline of a state.
    const auto due = watched_.first_timer_due();
    EXPECT_TRUE(due) << "no deadline in state " << wire.state;
    EXPECT_LE(due.value_or(loop_.now()), loop_.now() + longest_wait(wire.state)) << "in state " << wire.state;
}

Duration Scenario::longest_wait(const std::string& state) const {
    if (state == "listening") return std::max(talk.idle_limit, talk.idle_prompt_after);
    if (state == "user_speaking") return std::max(talk.turn_limit, talk.settle_limit);
    return std::max({talk.first_audio_limit, talk.rescue_limit, talk.progress_limit});
}

// Tool calls and results come in pairs; the assistant remembers what it believes was heard, no more, no less.
void Scenario::check_request(const SimulatedModel::Request& request) {
    wire.catch_up();
    const auto& messages = request.what.messages;
    EXPECT_FALSE(messages.empty());
    std::set<std::string> seen;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        std::vector<std::string> calls, results;
        for (const auto& call : messages[i].calls) calls.push_back(call.id);
        if (i + 1 < messages.size())
            for (const auto& result : messages[i + 1].results) results.push_back(result.id);
        EXPECT_EQ(calls, results) << "every tool call has its result in the next message";
        for (const auto& call : calls) EXPECT_TRUE(seen.insert(call).second) << "a tool call twice";
    }
    if (request.summary) return;
    std::size_t question = messages.size();
    while (question > 0) {
        const auto& message = messages[--question];
        const bool plain = message.role == ModelMessage::Role::user && message.results.empty();
        if (plain && !message.text.starts_with("[The connection broke")) break;
    }
    std::vector<std::string> remembered;
    for (std::size_t i = 0; i < question; ++i)
        if (messages[i].role == ModelMessage::Role::assistant)
            for (auto& word : plain_words(messages[i].text)) remembered.push_back(std::move(word));
    const auto believed = wire.heard_words();
    EXPECT_TRUE(is_suffix(remembered, believed) &&
                (history_may_be_cut || remembered.size() == believed.size()))
        << "remembered: " << joined(remembered) << "\nheard: " << joined(believed);
}

// ---- at its end

void Scenario::check_end() {
    EXPECT_TRUE(recognizer.started > 0 || deepgram_);
    for (const auto& [id, told] : wire.turns) {
        const bool cut_off = wire.closed.is_null();
        EXPECT_TRUE(!told.end.is_null() || cut_off) << "turn " << id << " never ended";
        if (told.end.is_null()) continue;
        check_heard(id, told);
        check_stages(id, told);
        check_silences(describe(id));
    }
    // Every turn of the caller leads to a reply, a filler or a reason.
    for (const auto& [id, transcript] : wire.transcripts) {
        if (!transcript["final"].get<bool>() || transcript.value("ignored", false)) continue;
        EXPECT_TRUE(wire.turns.contains(id)) << "no reply to: " << transcript.dump();
    }
    if (!caller_words_may_go) check_caller_words();
    if (deepgram_) check_connections();
}

// History equals heard.
void Scenario::check_heard(int id, const ToldTurn& told) {
    if (ear_is_no_witness) return;
    const auto believed = spoken_form(told.end["heard_text"]);
    const auto heard = app.ear.heard(id);
    if (voice_breaks_off && told.end["status"] != "interrupted") {
        const auto begin = common(believed, heard);
        const auto end = common({believed.rbegin(), believed.rend()}, {heard.rbegin(), heard.rend()});
        EXPECT_GE(static_cast<int>(begin + end) + words_off,
                  static_cast<int>(std::max(believed.size(), heard.size())))
            << "turn " << id << "\nbelieved: " << joined(believed) << "\nheard:    " << joined(heard);
        return;
    }
    std::set<int> codes;
    const auto sounds = app.ear.sounds(id);
    for (std::size_t i = 0; i < sounds.size(); ++i) {
        EXPECT_TRUE(codes.insert(sounds[i].code).second)
            << "turn " << id << ": \"" << sounds_.word(sounds[i].code).text << "\" was heard in two parts";
    }
    const bool whole = told.end["status"] == "completed" && !wire.closed.is_null();
    if (whole) {
        EXPECT_EQ(joined(believed), joined(heard)) << "turn " << id;
        for (const auto& sound : sounds)
            EXPECT_TRUE(app.ear.whole(sound)) << "half a word: " << sounds_.word(sound.code).text;
        EXPECT_FALSE(heard.empty() && !spoken_form(told.end["full_text"]).empty())
            << "turn " << id << " counts as completed and nothing was heard";
        return;
    }
    EXPECT_FALSE(told.end.value("reason", "").empty()) << "turn " << id << " ended early without a reason";
    const auto same = static_cast<int>(common(believed, heard));
    const int off = std::max(static_cast<int>(believed.size()), static_cast<int>(heard.size())) - same;
    EXPECT_LE(off, words_off) << "turn " << id << "\nbelieved: " << joined(believed)
                              << "\nheard:    " << joined(heard);
}

std::vector<int> Scenario::words_believed_too_many() const {
    std::vector<int> errors;
    for (const auto& [id, told] : wire.turns) {
        if (told.end.is_null() || told.end["status"] != "interrupted") continue;
        const auto believed = spoken_form(told.end["heard_text"]);
        errors.push_back(static_cast<int>(believed.size()) - static_cast<int>(app.ear.heard(id).size()));
    }
    return errors;
}

// The stages of a turn sum up to the whole.
void Scenario::check_stages(int id, const ToldTurn& told) {
    const auto& stages = told.end["stages_ms"];
    std::int64_t after_start = 0;
    std::int64_t until_audible = 0;
    bool audible = false;
    for (const auto& [name, ms] : stages.items()) {
        EXPECT_GE(ms.get<std::int64_t>(), 0) << name;
        if (name != "end_of_turn" && name != "response") after_start += ms.get<std::int64_t>();
    }
    for (const char* name : {"end_of_turn", "asked", "accepted", "first_text", "first_chunk", "speech_asked",
                             "first_audio", "audible"})
        until_audible += stages.value(name, 0);
    audible = stages.contains("audible");
    if (audible && stages.contains("response")) {
        EXPECT_NEAR(static_cast<double>(until_audible), stages["response"].get<double>(), 1) << stages.dump();
    }
    const bool interrupted = told.end["status"] == "interrupted";
    EXPECT_EQ(stages.contains("cut"), !stages.contains("rest_of_playing")) << "turn " << id << stages.dump();
    EXPECT_TRUE(!interrupted || stages.contains("cut")) << "turn " << id << ": " << stages.dump();
    const auto whole = std::chrono::duration<double, std::milli>(told.ended - told.started).count();
    EXPECT_NEAR(static_cast<double>(after_start), whole, 1.01) << "turn " << id << ": " << stages.dump();
}

// Every silence above 1.5 s carries a reason.
void Scenario::check_silences(const Turn& turn) {
    if (ear_is_no_witness) return;
    const auto slack = std::chrono::duration_cast<Milliseconds>(network.up + network.down +
                                                                2 * network.jitter + app.buffers) +
                       Milliseconds(100 + 10 * voice.voice.leading_blocks);
    const bool asked = turn.told.reason == "user" || turn.told.reason == "text";
    if (asked && turn.waited && *turn.waited > worth_a_reason + slack) {
        EXPECT_TRUE(turn.says_why_silent("before_reply"))
            << turn.waited->count() << " ms of silence without a reason: " << turn.told.end.dump();
    }
    const auto silent = std::chrono::duration_cast<Milliseconds>(turn.told.ended - turn.told.started);
    if (asked && !turn.waited && silent > worth_a_reason) {
        EXPECT_TRUE(turn.says_why_silent("before_reply"))
            << silent.count() << " ms without any sound and without a reason: " << turn.told.end.dump();
    }
    // The pause behind a sentence is part of its sound, and no silence of the server's.
    if (turn.longest_gap > worth_a_reason + slack) {
        EXPECT_TRUE(turn.says_why_silent("in_reply") || turn.told.end.contains("paused_ms"))
            << turn.longest_gap.count() << " ms of silence without a reason: " << turn.told.end.dump();
    }
}

// No word of the caller is lost, and none counts twice: each is in a turn, or was ignored and is on record.
void Scenario::check_caller_words() {
    std::map<std::string, int> balance;
    for (const auto& word : caller.said) {
        auto text = plain_word(sounds_.word(word.code).text);
        if (const auto found = recognizer.mishears.find(text); found != recognizer.mishears.end())
            text = plain_word(found->second);
        if (!text.empty()) ++balance[text];
    }
    for (const auto& [at, text] : caller.typed)
        for (const auto& word : plain_words(text)) ++balance[word];
    for (const auto& [id, transcript] : wire.transcripts) {
        if (transcript.value("ignored", false)) continue;
        for (const auto& word : plain_words(transcript["text"].get<std::string>())) --balance[word];
    }
    for (const auto& [id, told] : wire.turns) {
        if (told.end.is_null()) continue;
        for (const auto& ignored : told.end.value("ignored", Json::array()))
            for (const auto& word : plain_words(ignored.get<std::string>())) --balance[word];
    }
    for (const auto& [word, count] : balance)
        EXPECT_EQ(count, 0) << "\"" << word << "\" was said by the caller and "
                            << (count > 0 ? "is lost" : "counts more often than it was said");
    for (const auto& heard : recognizer.heard)  // through Deepgram's client: check_connections()
        EXPECT_EQ(heard.blocks, sounds_.word(heard.code).blocks)
            << "the sound of \"" << sounds_.word(heard.code).text << "\" was cut or doubled";
}

// Each connection of the recogniser hears one stretch of what was said, in order and without a gap, and it
// begins no later than where the ones before it had heard a word to its end.
void Scenario::check_connections() {
    std::size_t next = 0;  // the first word that none of them has heard whole
    for (const auto& ear : deepgram_->hearing.ears) {
        std::size_t at = caller.said.size();
        const test::Ear::Word* before = nullptr;
        for (const auto& word : ear->words()) {
            if (sounds_.word(word.number).text.empty()) continue;
            // A message to which silence was added, because a decision was asked for, may end inside a word.
            const auto* rest_of = std::exchange(before, &word);
            if (rest_of && rest_of->number == word.number && !ear->whole(*rest_of)) continue;
            const auto& text = sounds_.word(word.number).text;
            if (at == caller.said.size()) {
                const auto said = std::find_if(caller.said.begin(), caller.said.end(),
                                               [&](const auto& other) { return other.code == word.number; });
                at = static_cast<std::size_t>(said - caller.said.begin());
                EXPECT_LE(at, next) << "a connection begins with \"" << text
                                    << "\" and misses words before it";
            }
            ASSERT_LT(at, caller.said.size()) << "\"" << text << "\" comes behind all that was said";
            EXPECT_EQ(caller.said[at].code, word.number) << "\"" << text << "\" came out of order";
            ++at;
            if (ear->whole(word)) next = std::max(next, at);
        }
    }
    EXPECT_EQ(deepgram_->counters().audio.dropped_samples, 0U);
}

// A call that is over asks nobody for anything, and when it is let go of nothing of it is left: no timer, and
// no work that comes back again and again.
void Scenario::check_nothing_goes_on() {
    for (const auto& request : model.requests) EXPECT_LE(request.at, over_since_.value_or(loop_.now()));
    for (const auto& request : voice.requests) EXPECT_LE(request.at, over_since_.value_or(loop_.now()));
    EXPECT_TRUE(!over_since_ || !watched_.first_timer_due()) << "a call that is over waits for a deadline";
    call_.reset();
    canned_->stop();
    loop_.advance(1min);  // what is still on its way through the network
    const auto turns_before = watched_.turns();
    loop_.advance(1min);
    EXPECT_EQ(watched_.turns(), turns_before) << "something of the call still works";
    EXPECT_EQ(watched_.timers(), 0) << "a timer of the call is left";
    if (!deepgram_) return;
    for (const auto& connection : deepgram_->connector.attempts) EXPECT_FALSE(connection->open());
}

}  // namespace atlas::sim
