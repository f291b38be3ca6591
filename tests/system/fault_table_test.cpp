#include "system/fault_table.hpp"

#include "system/fault_call.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>
#include <vector>

// Every provider with every fault, once over real sockets: what the caller hears, and whether the call goes
// on. Each call has a gateway and a sandbox of its own; they only wait, so several run at a time.

namespace atlas::test {
namespace {

constexpr std::size_t calls_at_a_time = 8;

std::string as_written(const CallOutcome& outcome) {
    std::string text;
    for (const std::string* member :
         {&outcome.heard, &outcome.silence, &outcome.turn, &outcome.call, &outcome.told, &outcome.next})
        text += (text.empty() ? "{\"" : ", \"") + *member + "\"";
    return text + "}";
}

std::string name_of(const FaultRow& row) {
    return words(row) + (row.times == Times::once ? ", once" : ", always");
}

// What is wrong with a row; empty when all is as the table says.
std::string check(const FaultRow& row) {
    try {
        const FaultCallResult result = call_with(row);
        if (result.outcome == row.expected) return {};
        const auto number = &row - fault_table().data();
        return "row " + std::to_string(number) + ", " + name_of(row) + "\n  expected " +
               as_written(row.expected) + "\n  was      " + as_written(result.outcome) + "\n" + result.story;
    } catch (const std::exception& error) {
        return name_of(row) + ": " + error.what();
    }
}

std::vector<const FaultRow*> rows_of(Wire wire) {
    const char* only = std::getenv("ATLAS_FAULT");  // a part of a row's name
    std::vector<const FaultRow*> rows;
    for (const FaultRow& row : fault_table()) {
        const bool wanted = only == nullptr || name_of(row).find(only) != std::string::npos;
        if (row.wire == wire && wanted) rows.push_back(&row);
    }
    return rows;
}

// The rows that are not as they should be.
std::vector<const FaultRow*> check_side_by_side(const std::vector<const FaultRow*>& rows) {
    std::vector<const FaultRow*> wrong;
    std::atomic<std::size_t> next = 0;
    std::mutex lock;
    const auto work = [&] {
        for (std::size_t i = next++; i < rows.size(); i = next++) {
            const std::string problem = check(*rows[i]);
            if (problem.empty()) continue;
            const std::lock_guard locked(lock);
            wrong.push_back(rows[i]);
            std::cerr << "once more, alone: " << problem << "\n";
        }
    };
    {
        std::vector<std::jthread> lanes;
        for (std::size_t i = 0; i < calls_at_a_time; ++i) lanes.emplace_back(work);
    }
    return wrong;
}

// A silence of a busy machine is not the gateway's: what is wrong must be so a second time, alone.
void check_all_of(Wire wire) {
    for (const FaultRow* row : check_side_by_side(rows_of(wire))) {
        const std::string problem = std::getenv("ATLAS_FAULT_ONCE") == nullptr ? check(*row) : "x";
        if (!problem.empty()) ADD_FAILURE() << problem;
    }
}

TEST(FaultTable, DeepgramFluxFailsAsThePageSays) { check_all_of(Wire::flux); }
TEST(FaultTable, DeepgramNovaFailsAsThePageSays) { check_all_of(Wire::nova); }
TEST(FaultTable, ClaudeFailsAsThePageSays) { check_all_of(Wire::claude); }
TEST(FaultTable, OpenAiRealtimeFailsAsThePageSays) { check_all_of(Wire::realtime); }
TEST(FaultTable, OpenAiSpeechFailsAsThePageSays) { check_all_of(Wire::speech); }

TEST(FaultTable, IsThePageForOperators) {
    constexpr const char* page = ATLAS_DOCS_DIR "/failures.md";
    if (std::getenv("ATLAS_WRITE_DOCS") != nullptr) {
        std::ofstream(page) << failures_page();
        return;
    }
    std::stringstream text;
    text << std::ifstream(page).rdbuf();
    EXPECT_EQ(text.str(), failures_page()) << "run this test with ATLAS_WRITE_DOCS=1";
}

}  // namespace
}  // namespace atlas::test
