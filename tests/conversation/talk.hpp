#pragma once

#include "atlas/conversation/conversation.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace atlas::conversation {

using namespace std::chrono_literals;

// A conversation under test with its clock and everything it asked for since the last look.
class Talk {
public:
    explicit Talk(ConversationSettings settings = {}) : conversation(std::move(settings)) {
        happens(CallStarted{});
    }

    void happens(const Event& event) { conversation.handle(event, now, commands); }

    // Lets time pass, reporting every deadline at its moment.
    void pass(Duration time) {
        const auto end = now + time;
        for (auto next = conversation.deadline(); next && *next <= end; next = conversation.deadline()) {
            now = std::max(now, *next);
            happens(DeadlinePassed{});
        }
        now = end;
    }

    // The first command of this kind since the last forget(); none is a failure of the test.
    template <typename Wanted>
    const Wanted* issued() const {
        for (const auto& command : commands) {
            if (const auto* found = std::get_if<Wanted>(&command)) return found;
        }
        return nullptr;
    }
    template <typename Wanted>
    std::vector<Wanted> all() const {
        std::vector<Wanted> found;
        for (const auto& command : commands) {
            if (const auto* match = std::get_if<Wanted>(&command)) found.push_back(*match);
        }
        return found;
    }
    void forget() { commands.clear(); }

    // Short stories that many tests begin with.
    ReplyId caller_says(const std::string& text) {
        happens(CallerStartedSpeaking{});
        happens(CallerTranscriptUpdated{text, 0.9});
        happens(CallerTurnEnded{text, "model", 300ms});
        const auto asked = all<AskModel>();
        return asked.empty() ? 0 : asked.back().reply;
    }
    void model_writes(ReplyId reply, const std::string& text) {
        happens(ReplyText{reply, text});
        happens(ReplyTextEnded{reply, "end_turn"});
    }
    void clip_arrives(ReplyId reply, ClipId clip, AudioTime length) {
        happens(ClipStarted{reply, clip});
        if (clip == 0) happens(ReplyAudible{reply});
        happens(ClipSynthesized{reply, clip, length});
    }
    std::string last_assistant() const {
        const auto& messages = conversation.transcript().messages();
        return messages.empty() || messages.back().role != Message::Role::assistant ? ""
                                                                                    : messages.back().text;
    }

    Conversation conversation;
    TimePoint now{1h};
    std::vector<Command> commands;
};

}  // namespace atlas::conversation
