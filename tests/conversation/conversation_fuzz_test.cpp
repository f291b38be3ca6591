#include "conversation/talk.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace atlas::conversation {
namespace {

// Everything that can happen, in any order, also what no well-behaved outside would ever report.
class Chance {
public:
    explicit Chance(unsigned seed) : random_(seed) {}

    int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

    // About the latest reply mostly, an older one sometimes.
    Event event(const Talk& talk) {
        const auto asked = latest_reply(talk);
        const ReplyId reply = asked > 0 && below(5) == 0 ? asked - 1 : asked;
        const auto clips = clips_of(talk, asked);
        const ClipId clip = clips == 0 ? 0 : static_cast<ClipId>(below(static_cast<int>(clips)));
        const AudioTime length = std::chrono::milliseconds(below(3) * 700);
        switch (below(clips == 0 ? 12 : 19)) {
            case 0:
                return CallerStartedSpeaking{};
            case 1:
                return CallerTranscriptUpdated{words(), 0.9};
            case 2:
                return CallerTurnEnded{words(), "model", 200ms};
            case 3:
                return CallerTyped{words()};
            case 4:
                return CallerCommitted{};
            case 5:
                return CallerInterrupted{reply};
            case 6:
                return ReplyText{reply, "One sentence that is long enough. 👍 " + words()};
            case 7:
                return ReplyTextEnded{reply, "end_turn"};
            case 8:
                return below(4) == 0 ? Event(ReplyTextFailed{reply, "language_model_stalled"})
                                     : Event(ReplyText{reply, words()});
            case 9:
                if (sounding_ != asked) return ReplyPlayed{reply, length};
                return ReplyAudible{asked};  // never before the first clip has sound
            case 10:
                return ReplyPlayed{reply, length};
            case 11:
                return below(30) == 0 ? Event(RecognizerLost{"recognizer_disconnected"})
                                      : Event(ReplyPlayedOut{reply});
            case 12:
            case 13:
                sounding_ = asked;
                return ClipStarted{asked, clip};
            case 14:
            case 15:
                return ClipSynthesized{asked, clip, length};
            case 16:
                return ClipPlayed{asked, clip};
            case 17:
                return below(3) == 0 ? Event(ClipFailed{asked, clip, length, "speech_stalled"})
                                     : Event(ClipPlayed{asked, clip});
            default:
                return below(40) == 0 ? Event(CallMustEnd{talk.now + 5s, talk.now + 20s})
                                      : Event(ReplyPlayed{asked, length});
        }
    }

private:
    std::string words() {
        static const std::array<const char*, 5> texts{"", " ", "Hello", "Hello there", "What time is it?"};
        return texts[static_cast<std::size_t>(below(static_cast<int>(texts.size())))];
    }
    static ReplyId latest_reply(const Talk& talk) {
        ReplyId reply = 0;
        for (const auto& clip : talk.all<SynthesizeClip>()) reply = std::max(reply, clip.reply);
        for (const auto& ask : talk.all<AskModel>()) reply = std::max(reply, ask.reply);
        return reply;
    }
    // Only clips that were asked for are ever reported.
    static ClipId clips_of(const Talk& talk, ReplyId reply) {
        ClipId clips = 0;
        for (const auto& clip : talk.all<SynthesizeClip>())
            if (clip.reply == reply) clips = std::max(clips, clip.clip + 1);
        for (const auto& line : talk.all<PlayCannedLine>())
            if (line.reply == reply) clips = std::max(clips, line.clip + 1);
        return clips;
    }

    std::mt19937 random_;
    ReplyId sounding_ = 0;
};

// What must hold whatever happened: one reply at a time, ended by one record; nothing for a reply that is
// over; nothing after the end of the call.
void check_commands(const Talk& talk) {
    ReplyId open = 0;
    TurnId open_turn = 0;
    bool ended = false;
    const auto about = [&](ReplyId reply) { EXPECT_GE(reply, open) << "of a reply that is over"; };
    for (const auto& command : talk.commands) {
        EXPECT_FALSE(ended) << "something follows the end";
        if (const auto* turn = std::get_if<ShowTurnStarted>(&command)) {
            EXPECT_EQ(open_turn, 0U) << "two replies at once";
            EXPECT_GT(turn->turn, 0U);
            open_turn = turn->turn;
        }
        if (const auto* clip = std::get_if<SynthesizeClip>(&command)) about(open = clip->reply);
        if (const auto* finish = std::get_if<FinishReply>(&command)) about(finish->reply);
        if (const auto* shown = std::get_if<ShowReplyText>(&command)) {
            EXPECT_EQ(shown->turn, open_turn);
        }
        if (const auto* record = std::get_if<RecordTurn>(&command)) {
            EXPECT_EQ(record->record.turn, open_turn) << "a record without its turn";
            for (const auto& [stage, time] : record->record.stages) EXPECT_GE(time.count(), 0) << stage;
            open_turn = 0;
        }
        ended = std::holds_alternative<EndCall>(command);
    }
    if (ended) {
        EXPECT_EQ(open_turn, 0U) << "the call ended with a turn unrecorded";
    }
}

class ConversationFuzz : public testing::TestWithParam<unsigned> {};

TEST_P(ConversationFuzz, NoStateIsWithoutADeadlineAndNoDeadlineIsReachedTwice) {
    Chance chance(GetParam());
    ConversationSettings settings;
    if (GetParam() % 2 == 0) settings.lines.greeting = "Hello, this is Atlas. How can I help?";
    Talk talk(settings);
    for (int step = 0; step < 400 && talk.conversation.state() != State::ended; ++step) {
        talk.now +=
            std::chrono::milliseconds(chance.below(50) == 0 ? chance.below(20'000) : chance.below(200));
        talk.happens(chance.event(talk));
        for (int late = 0; talk.conversation.deadline() && *talk.conversation.deadline() <= talk.now;
             ++late) {
            ASSERT_LT(late, 8) << "a deadline that is reached does not go away, step " << step;
            talk.happens(DeadlinePassed{});
        }
        if (talk.conversation.state() == State::ended) break;
        ASSERT_TRUE(talk.conversation.deadline().has_value());
        const bool replying =
            talk.conversation.state() == State::thinking || talk.conversation.state() == State::speaking;
        if (!replying) continue;
        ASSERT_LE(*talk.conversation.deadline(), talk.now + 8s) << "dead air, step " << step;
    }
    talk.pass(2h);
    EXPECT_EQ(talk.conversation.state(), State::ended) << "left alone, every call ends";
    check_commands(talk);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ConversationFuzz, testing::Range(1U, 101U));

}  // namespace
}  // namespace atlas::conversation
