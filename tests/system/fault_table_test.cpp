#include "system/fault_table.hpp"

#include "system/fault_call.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>
#include <vector>

// Every provider with every fault, once over real sockets: what the caller hears, and whether the call goes
// on. Each call has a gateway and a sandbox of its own; they only wait, so several run at a time.
//
// ATLAS_FAULT=<part of a row's name> runs those rows alone and prints their outcomes in the table's form.

namespace atlas::test {
namespace {

constexpr std::size_t calls_at_a_time = 10;

std::string as_written(const CallOutcome& outcome) {
    std::string text;
    for (const std::string* member :
         {&outcome.heard, &outcome.silence, &outcome.turn, &outcome.call, &outcome.told, &outcome.next})
        text += (text.empty() ? "{\"" : ", \"") + *member + "\"";
    return text + "}";
}

std::string name_of(const FaultRow& row) {
    return std::string(title(row.wire)) + ", " + words(row) +
           (row.times == Times::once ? ", once" : ", always");
}

const char* selection() { return std::getenv("ATLAS_FAULT"); }

bool selected(const FaultRow& row) {
    return selection() == nullptr || name_of(row).find(selection()) != std::string::npos;
}

FaultCallResult call_or_say_why(const FaultRow& row) {
    try {
        return call_with(row);
    } catch (const std::exception& error) {
        FaultCallResult failed;
        failed.story = error.what();
        return failed;
    }
}

// What each row's call was like; nothing of a row that was not selected, and of one whose programs failed.
std::vector<FaultCallResult> measure_all() {
    const auto& rows = fault_table();
    std::vector<FaultCallResult> results(rows.size());
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < rows.size(); i = next++) {
            if (selected(rows[i])) results[i] = call_or_say_why(rows[i]);
        }
    };
    {
        std::vector<std::jthread> lanes;
        for (std::size_t i = 0; i < calls_at_a_time; ++i) lanes.emplace_back(work);
    }
    // Limits of time lie close to some rows, and calls side by side make each other late on a busy machine: a
    // row that differs is called again, alone. What differs three times behaves in another way.
    for (std::size_t i = 0; i < rows.size(); ++i)
        for (int again = 0; again < 2 && selected(rows[i]) && results[i].outcome != rows[i].expected;
             ++again) {
            std::cerr << "again: " << name_of(rows[i]) << ", was " << as_written(results[i].outcome) << "\n";
            if (selection() != nullptr) std::cerr << results[i].story << "\n";
            results[i] = call_or_say_why(rows[i]);
        }
    if (selection() == nullptr) return results;
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (selected(rows[i])) std::cerr << "row " << i << " " << as_written(results[i].outcome) << "\n";
    return results;
}

// What the calls were like then is what every test below looks at.
const std::vector<FaultCallResult>& measured() {
    static const std::vector<FaultCallResult> results = measure_all();
    return results;
}

void expect_as_documented(Wire wire) {
    const auto& rows = fault_table();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].wire != wire || !selected(rows[i])) continue;
        const FaultCallResult& was = measured()[i];
        if (was.outcome == rows[i].expected) continue;
        ADD_FAILURE() << "row " << i << ", " << name_of(rows[i]) << "\n  expected "
                      << as_written(rows[i].expected) << "\n  was      " << as_written(was.outcome) << "\n"
                      << was.story;
    }
}

TEST(FaultTable, DeepgramFluxFailsAsDocumented) { expect_as_documented(Wire::flux); }
TEST(FaultTable, DeepgramNovaFailsAsDocumented) { expect_as_documented(Wire::nova); }
TEST(FaultTable, ClaudeFailsAsDocumented) { expect_as_documented(Wire::claude); }
TEST(FaultTable, OpenAiRealtimeFailsAsDocumented) { expect_as_documented(Wire::realtime); }
TEST(FaultTable, OpenAiSpeechFailsAsDocumented) { expect_as_documented(Wire::speech); }

// ---- what no fault may do, whatever the table says

bool goes_on_or_says_why(const CallOutcome& outcome) {
    return outcome.call == "goes on" ||
           (outcome.call == "ends: `failed`, 1011" && outcome.heard == "“I am sorry, I cannot hear you …”" &&
            outcome.told == "`recognizer_failed`");
}

TEST(FaultTable, ACallGoesOnOrEndsWithWordsAndAReason) {
    const auto& rows = fault_table();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const CallOutcome& outcome = measured()[i].outcome;
        if (!selected(rows[i])) continue;
        EXPECT_TRUE(goes_on_or_says_why(outcome)) << name_of(rows[i]) << ": " << as_written(outcome);
        if (outcome.turn != "completed") {
            EXPECT_TRUE(outcome.turn.starts_with("failed: `")) << name_of(rows[i]) << ": " << outcome.turn;
            EXPECT_FALSE(outcome.told.empty()) << name_of(rows[i]) << ": the app was not told";
        }
    }
}

TEST(FaultTable, OnlyAVoiceThatNeverWasLeavesTheCallerWithoutAWord) {
    const auto& rows = fault_table();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool never_spoke = rows[i].fault == FaultKind::nobody_listens &&
                                 (rows[i].wire == Wire::realtime || rows[i].wire == Wire::speech);
        if (!selected(rows[i]) || never_spoke) continue;
        EXPECT_NE(measured()[i].outcome.heard, "nothing") << name_of(rows[i]);
    }
}

TEST(FaultTable, EverySilenceHasAReason) {
    const auto& rows = fault_table();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const CallOutcome& outcome = measured()[i].outcome;
        EXPECT_EQ((outcome.silence + outcome.next).find("no reason"), std::string::npos)
            << name_of(rows[i]) << ": " << as_written(outcome);
    }
}

TEST(FaultTable, IsThePageForOperators) {
    if (selection() != nullptr) GTEST_SKIP() << "not all was measured";
    std::vector<CallOutcome> outcomes;
    for (const FaultCallResult& result : measured()) outcomes.push_back(result.outcome);
    constexpr const char* page = ATLAS_DOCS_DIR "/failures.md";
    if (std::getenv("ATLAS_WRITE_DOCS") != nullptr) {
        std::ofstream(page) << failures_page(outcomes);
        return;
    }
    std::stringstream text;
    text << std::ifstream(page).rdbuf();
    EXPECT_EQ(text.str(), failures_page(outcomes)) << "run this program with ATLAS_WRITE_DOCS=1";
}

}  // namespace
}  // namespace atlas::test
