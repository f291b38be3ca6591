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
    EXPECT_TRUE(watched_.first_timer_armed()) << "no deadline in state " << app.state;
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
    EXPECT_GT(recognizer.started, 0);
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
    if (told.end["status"] != "completed" || !audible) return;
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
    for (const auto& heard : recognizer.heard)
        EXPECT_EQ(heard.blocks, sounds_.word(heard.code).blocks)
            << "the sound of \"" << sounds_.word(heard.code).text << "\" was cut or doubled";
}

}  // namespace atlas::sim
