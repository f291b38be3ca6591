#include "simulator/wire.hpp"

#include "support/schema_check.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace atlas::sim {
namespace {

const test::SchemaSet& schemas() {
    static const test::SchemaSet set = test::server_schemas();
    return set;
}

}  // namespace

void Wire::catch_up() {
    while (peer_ && read_ < peer_->sent.size()) {
        const auto& message = peer_->sent[read_++];
        if (message.binary) {
            read_audio(message);
        } else {
            read_text(message);
        }
    }
}

void Wire::read_text(const test::SentMessage& message) {
    const auto problem = schemas().find_problem(message.bytes);
    EXPECT_FALSE(problem) << *problem << "\n" << message.bytes;
    const auto& told = all.emplace_back(message.at, Json::parse(message.bytes)).second;
    EXPECT_EQ(told["s"], ++seq_) << "numbered without a gap";
    EXPECT_TRUE(closed.is_null()) << "after closed: " << message.bytes;
    const std::string type = told["t"];
    const int turn = told.value("turn", 0);
    if (type == "turn.start") {
        EXPECT_EQ(open_, 0) << "two turns at once: " << message.bytes;
        EXPECT_FALSE(turns.contains(turn)) << "a turn begins twice: " << message.bytes;
        open_ = turn;
        turns[turn].reason = told["reason"];
        turns[turn].started = message.at;
    } else if (type == "turn.end") {
        EXPECT_EQ(open_, turn) << "the end of another turn: " << message.bytes;
        open_ = 0;
        dead_.insert(turn);
        turns[turn].end = told;
        turns[turn].ended = message.at;
        ended.push_back(turn);
    } else if (type == "audio.flush") {
        EXPECT_EQ(open_, turn) << message.bytes;
        dead_.insert(turn);
    } else if (type == "tool.call" && turn != open_) {
        // A function that changes nothing may be asked early, for a turn that has yet to begin.
        EXPECT_FALSE(dead_.contains(turn)) << "of a dead reply: " << message.bytes;
        EXPECT_FALSE(turns.contains(turn)) << "of a turn that is over: " << message.bytes;
        EXPECT_FALSE(effects.contains(told["name"])) << "an effect before its turn: " << message.bytes;
    } else if (type == "agent.text" || type == "tool.call") {
        EXPECT_FALSE(dead_.contains(turn)) << "of a dead reply: " << message.bytes;
        EXPECT_EQ(open_, turn) << message.bytes;
    } else if (type == "user.transcript") {
        const auto found = transcripts.find(turn);
        if (found != transcripts.end()) {
            EXPECT_GT(told["rev"], found->second["rev"]) << message.bytes;
        }
        transcripts[turn] = told;
    } else if (type == "warning") {
        warnings.push_back(told["code"]);
    } else if (type == "state") {
        state = told["state"];
    } else if (type == "closed") {
        closed = told;
    }
}

void Wire::read_audio(const test::SentMessage& message) {
    const auto byte = [&message](std::size_t at) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(message.bytes.at(at)));
    };
    const auto turn = static_cast<int>(byte(2) | byte(3) << 8U);
    EXPECT_FALSE(dead_.contains(turn)) << "sound of a dead reply, turn " << turn;
    EXPECT_EQ(open_, turn) << "sound of a turn that is not told of";
    const std::uint32_t position = byte(4) | byte(5) << 8U | byte(6) << 16U | byte(7) << 24U;
    EXPECT_EQ(position, next_sample_[turn]) << "sound without a gap, turn " << turn;
    next_sample_[turn] = position + static_cast<std::uint32_t>((message.bytes.size() - 8) / 2);
    auto& told = turns[turn];
    if (!told.first_frame) told.first_frame = message.at;
}

std::vector<std::string> Wire::heard_words() const {
    std::vector<std::string> words;
    for (const int turn : ended)
        for (auto& word : plain_words(turns.at(turn).end["heard_text"].get<std::string>()))
            words.push_back(std::move(word));
    return words;
}

}  // namespace atlas::sim
