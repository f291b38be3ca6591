#pragma once

#include "atlas/conversation/commands.hpp"
#include "atlas/conversation/events.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::conversation {

// What the outside of a conversation knows of it: what it was asked for and how far it is with that.
struct FuzzWorld {
    struct Clip {
        ClipId id = 0;
        std::string text;
        bool started = false;
        bool settled = false;
        bool played = false;
        AudioTime length{};
    };
    struct Call {
        std::string id;
        bool answered = false;
    };

    void note(const Event& event);
    void note(std::span<const Command> commands);

    ReplyId reply = 0;  // the latest
    bool live = false;
    bool speculative = false;
    bool model_asked = false;
    bool accepted = false;
    bool paused = false;
    bool audible = false;
    bool finished = false;
    bool first_of_greeting = false;
    bool settling = false;  // the recogniser was asked to end the caller's turn
    bool summary_asked = false;
    bool ended = false;
    AudioTime played{};
    std::vector<Clip> clips;
    std::vector<Call> calls;  // of tools that run
    std::string caller;       // the recogniser's open turn
    bool may_be_done = false;

    AudioTime sound() const;
    const Clip* front() const;  // the first that is not settled
    Clip* find(ClipId id);

private:
    void begin(ReplyId id);
};

}  // namespace atlas::conversation
