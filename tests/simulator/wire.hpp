#pragma once

#include "simulator/simulated_app.hpp"
#include "support/fake_websocket.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace atlas::sim {

// One turn as the server told of it.
struct ToldTurn {
    std::string reason;
    TimePoint started, ended;
    std::optional<TimePoint> first_frame;
    Json end;  // null: it never ended
};

// Reads everything the server sends, in the order of sending, and fails the test at what must never happen:
// a message that is not as documented or not numbered, two turns at once, anything of a turn that is over.
class Wire {
public:
    void watch(std::shared_ptr<test::FakePeer> peer) { peer_ = std::move(peer); }
    void catch_up();

    std::set<std::string> effects;  // functions that must wait for their turn to begin; set before the call

    std::map<int, ToldTurn> turns;
    std::vector<int> ended;                       // turns, in order
    std::map<int, Json> transcripts;              // the caller's, the latest of each turn
    std::vector<std::pair<TimePoint, Json>> all;  // texts
    std::vector<std::string> warnings;
    Json closed;
    std::string state = "listening";

    std::vector<std::string> heard_words() const;  // of all turns that ended: what the server believes

private:
    void read_text(const test::SentMessage& message);
    void read_audio(const test::SentMessage& message);

    std::shared_ptr<test::FakePeer> peer_;
    std::size_t read_ = 0;
    std::uint64_t seq_ = 0;
    int open_ = 0;  // the turn
    std::set<int> dead_;
    std::map<int, std::uint32_t> next_sample_;
};

}  // namespace atlas::sim
