#include "tools/ledger_error.hpp"

#include "tools/ledger_corpus.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

// How far the ledger's guess of what was heard is from what was heard: speech with known word times, cut at
// random places. The table is printed; docs/turn-taking.md repeats it.
namespace atlas::test {

namespace {

constexpr int cuts = 20;  // of each reply

struct Speaker {
    TimedVoice voice;
    double stretch;
};
constexpr std::array speakers = {Speaker{TimedVoice::slt, 1.0}, Speaker{TimedVoice::kal, 1.2},
                                 Speaker{TimedVoice::awb, 0.8}};

struct Condition {
    const char* name;
    Disturbance disturbance;
};
constexpr std::array conditions = {Condition{"as spoken", {}},
                                   Condition{"0-800 ms of silence first", {true, false, -100}},
                                   Condition{"the same and 300 ms pauses", {true, true, -100}},
                                   Condition{"silence first, noise -50 dB", {true, false, -50}}};

// The half of the corpus that nothing was tuned on.
using Spoken = std::vector<std::vector<SpokenReply>>;  // by speaker
Spoken speak(std::span<const Speaker> by, bool one_clip) {
    Spoken spoken;
    for (const Speaker& speaker : by) {
        std::vector<SpokenReply>& replies = spoken.emplace_back();
        for (std::size_t i = 1; i < assistant_replies().size(); i += 2) {
            replies.push_back(speak_reply(assistant_replies()[i], speaker.voice, speaker.stretch, one_clip));
        }
    }
    return spoken;
}

Spoken disturbed(const Spoken& spoken, const Disturbance& how) {
    Spoken made;
    std::uint32_t seed = 0;
    for (const auto& replies : spoken) {
        made.emplace_back();
        for (const SpokenReply& reply : replies) made.back().push_back(disturbed(reply, how, ++seed));
    }
    return made;
}

Summary measure(const Spoken& spoken, const char* condition, Method method) {
    std::vector<int> all;
    for (const auto& replies : spoken) {
        const auto some = errors(replies, method, cuts, 7);
        all.insert(all.end(), some.begin(), some.end());
    }
    const Summary found = summary(std::move(all));
    std::printf("%-28s %-30s  %4.2f  %+5.2f  %6d  %3d  %3d   %5.1f %%\n", condition,
                std::string(name(method)).c_str(), found.mean, found.bias, found.median, found.p95,
                found.most, 100 * found.within_one);
    return found;
}

void print_head() {
    std::printf("%-28s %-30s  mean   bias  median  p95  max  within 1\n", "condition", "method");
}

void expect_within_words(const Spoken& spoken) {
    print_head();
    for (const Condition& condition : conditions) {
        const Spoken made = disturbed(spoken, condition.disturbance);
        const Summary bytes = measure(made, condition.name, Method::bytes);
        measure(made, condition.name, Method::voiced_bytes);
        measure(made, condition.name, Method::no_pauses);
        const Summary ledger = measure(made, condition.name, Method::ledger);
        EXPECT_LE(ledger.median, 1) << condition.name;
        EXPECT_LE(ledger.p95, 2) << condition.name;
        EXPECT_LT(ledger.mean, bytes.mean / 2) << condition.name;
    }
}

TEST(LedgerError, IsAWordAtMostForClipsAsTheGatewayCutsThem) { expect_within_words(speak(speakers, false)); }

TEST(LedgerError, IsAWordAtMostForRepliesInOneLongClip) {
    expect_within_words(speak(std::span(speakers).first(2), true));
}

TEST(LedgerError, StaysSmallWhileTheClipIsStillBeingSynthesised) {
    const Spoken spoken = disturbed(speak(std::span(speakers).last(2), false), conditions[1].disturbance);
    print_head();
    const Summary unknown = measure(spoken, conditions[1].name, Method::ledger_growing);
    EXPECT_LE(unknown.median, 1);
    EXPECT_LE(unknown.p95, 2);
    const Summary known = measure(spoken, conditions[1].name, Method::ledger_growing_known_pace);
    EXPECT_LE(known.p95, 2);
    EXPECT_LT(known.mean, unknown.mean);
}

}  // namespace

}  // namespace atlas::test
