#pragma once

#include "atlas/conversation/conversation_settings.hpp"
#include "atlas/conversation/events.hpp"

#include <string>
#include <vector>

namespace atlas::conversation {

// One event of a story, told so that it keeps its sense when others before it are left out: replies are
// counted back from the latest one, and times from the moment of the event.
struct Step {
    Duration after{};  // since the event before
    Event event;
    ReplyId back = 0;   // about the latest reply, the one before it, …
    bool late = false;  // deadlines that were reached meanwhile are reported after it
};

struct FuzzCase {
    ConversationSettings settings;
    std::vector<Step> steps;
};

// As lines of C++, near enough to be made a test of; of the settings only what is not the default.
std::string to_code(const ConversationSettings& settings);
std::string to_code(const Step& step);
std::string to_code(const FuzzCase& story);

}  // namespace atlas::conversation
