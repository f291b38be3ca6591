#pragma once

#include "atlas/conversation/conversation.hpp"
#include "conversation/fuzz_case.hpp"
#include "conversation/fuzz_world.hpp"
#include "conversation/invariants.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace atlas::conversation {

// Plays one story to a conversation of its own, in virtual time, and watches what must hold.
class FuzzRun {
public:
    explicit FuzzRun(const ConversationSettings& settings);

    // False: the call has ended or a rule is broken; nothing more is to be learned.
    bool play(const Step& step);
    void leave_alone();  // until well after every call must have ended

    // Told of every event and what it led to.
    using Listener = std::function<void(const Event&, std::span<const Command>)>;
    void listen(Listener listener) { listener_ = std::move(listener); }

    const FuzzWorld& world() const { return world_; }
    const std::optional<Broken>& broken() const { return watch_.broken(); }
    const Conversation& conversation() const { return conversation_; }
    std::size_t events() const { return events_; }
    TimePoint now() const { return now_; }

private:
    void happens(const Event& event);
    void pass_until(TimePoint end);

    Conversation conversation_;
    Invariants watch_;
    FuzzWorld world_;
    TimePoint now_;
    Duration longest_;  // that the call may last
    std::vector<Command> commands_;
    Listener listener_;
    std::size_t events_ = 0;
};

// What a whole story breaks.
std::optional<Broken> play(const FuzzCase& story);

}  // namespace atlas::conversation
