#include "conversation/invariants.hpp"

#include <gtest/gtest.h>

#include <string>

// A rule is worth something only if it can be broken: each is, once, by commands that no conversation gives.

namespace atlas::conversation {
namespace {

using namespace std::chrono_literals;

class Watched {
public:
    explicit Watched(ConversationSettings settings = {}) : conversation_(settings), watch_(settings) {
        happens(CallStarted{}, true);
    }

    // What the conversation really does with the event, and then these commands.
    Watched& happens(const Event& event, bool keeps_its_own, std::vector<Command> more = {}) {
        std::vector<Command> commands;
        conversation_.handle(event, now_, commands);
        if (!keeps_its_own) commands.clear();
        commands.insert(commands.end(), more.begin(), more.end());
        watch_.happened(event, now_, commands, look_at(conversation_));
        return *this;
    }
    Watched& commands(std::vector<Command> commands) {
        return happens(CallerLoud{}, true, std::move(commands));
    }
    Watched& caller_says(const std::string& text) {
        return happens(CallerTurnEnded{text, "model", 300ms}, true);
    }
    Watched& later(Duration time) { return now_ += time, *this; }
    Watched& left_alone() { return watch_.was_left_alone(look_at(conversation_)), *this; }

    std::string broken() const { return watch_.broken() ? watch_.broken()->rule : ""; }

private:
    Conversation conversation_;
    Invariants watch_;
    TimePoint now_{1h};
};

TurnRecord record_of(TurnId turn) {
    TurnRecord record;
    record.turn = turn;
    return record;
}

ConversationSettings with_tools() {
    ConversationSettings settings;
    settings.tools = {{.name = "book", .effect = true}, {.name = "look_up", .effect = false}};
    return settings;
}

Event called(const std::string& id, const std::string& tool) { return ReplyCalledTool{1, {id, tool, "{}"}}; }

TEST(Invariants, HoldInAnOrdinaryTurn) {
    Watched watched;
    watched.happens(CallerStartedSpeaking{}, true).caller_says("Hello there.");
    watched.happens(ReplyText{1, "Hello to you, too. "}, true).happens(ReplyTextEnded{1, "end_turn"}, true);
    watched.happens(ClipStarted{1, 0}, true).happens(ReplyAudible{1}, true);
    watched.later(1s).happens(ClipSynthesized{1, 0, 1s}, true).later(1s).happens(ReplyPlayed{1, 1s}, true);
    watched.happens(ReplyPlayedOut{1}, true);
    EXPECT_EQ(watched.broken(), "");
}

TEST(Invariants, NoticeWhatComesForAReplyThatIsOver) {
    EXPECT_EQ(Watched().commands({FinishReply{1}}).broken(), "what is over is never heard of again");
    EXPECT_EQ(Watched().caller_says("Hello.").commands({ResumeReply{7}}).broken(),
              "what is over is never heard of again");
}

TEST(Invariants, NoticeTwoAtATime) {
    Watched replies;
    EXPECT_EQ(replies.caller_says("Hello.").commands({SynthesizeClip{2, 0, "Hello."}}).broken(),
              "one reply at a time");
    Watched turns;
    EXPECT_EQ(turns.caller_says("Hello.").commands({ShowTurnStarted{2}}).broken(), "one turn at a time");
}

TEST(Invariants, NoticeWhenSilenceIsBroken) {
    const auto in_silence = [](Command command) {
        return Watched(with_tools()).commands({PauseReply{1}, std::move(command)}).broken();
    };
    EXPECT_EQ(in_silence(ShowReplyText{1, 1, 0, "Hello.", {}}), "what is made in silence is not shown");
    EXPECT_EQ(in_silence(StopReply{1}), "what is made in silence is discarded, not stopped");
    EXPECT_EQ(in_silence(PlayCannedLine{1}), "what is made in silence has no kept lines");
    EXPECT_EQ(in_silence(FinishReply{1}), "what is made in silence is not finished");
    EXPECT_EQ(in_silence(ResumeReply{1}), "what is made in silence stays silent");
    Watched tools(with_tools());
    tools.commands({PauseReply{1}}).happens(called("a", "book"), true);
    EXPECT_EQ(tools.commands({CallTool{1, {"a", "book", "{}"}, 1s}}).broken(),
              "what has an effect waits for the end of the turn");
}

TEST(Invariants, NoticeAHoldWithinAHoldAndAReleaseWithoutOne) {
    Watched held;
    held.caller_says("Hello.");
    EXPECT_EQ(held.commands({PauseReply{1, 1}, PauseReply{1, 1}}).broken(),
              "a reply that is held is not held again");
    EXPECT_EQ(Watched().caller_says("Hello.").commands({ResumeReply{1}}).broken(),
              "only a reply that is held goes on");
}

TEST(Invariants, NoticeWhatIsAskedAfterTheEndOfAReply) {
    Watched watched;
    watched.caller_says("Hello.");
    EXPECT_EQ(watched.commands({FinishReply{1}, SynthesizeClip{1, 0, "More."}}).broken(),
              "a reply that has all its text asks for no more");
}

TEST(Invariants, NoticeAQuestionThatNoModelWouldTake) {
    const Message caller{Message::Role::caller, "Hello."};
    const Message assistant{Message::Role::assistant, "Yes?"};
    const Message calls{Message::Role::assistant, "", {{"a", "book", "{}"}}};
    const Message results{Message::Role::caller, "", {}, {{"a", "done"}}};
    const Message nothing{Message::Role::caller, " "};
    const auto asked = [](std::vector<Message> messages) {
        return Watched().caller_says("Hello.").commands({AskModel{1, std::move(messages), 0, true}}).broken();
    };
    EXPECT_EQ(asked({caller, calls, results}), "");
    EXPECT_EQ(asked({caller, assistant}), "the last word of a question is the caller's");
    EXPECT_EQ(asked({calls, caller}), "every tool call is followed by its result");
    EXPECT_EQ(asked({caller, calls, caller, results}), "every tool call is followed by its result");
    EXPECT_EQ(asked({caller, results}), "no result is without its call");
    EXPECT_EQ(asked({caller, nothing}), "no message is empty");
}

TEST(Invariants, NoticeAToolThatIsCalledTwiceOrCancelledLate) {
    const CallTool call{1, {"a", "book", "{}"}, 1s};
    Watched twice(with_tools());
    twice.caller_says("Hello.").happens(called("a", "book"), true);
    EXPECT_EQ(twice.commands({call}).broken(), "a tool is called once for a call");
    Watched late(with_tools());
    late.caller_says("Hello.").happens(called("a", "book"), true).happens(ToolAnswered{"a", "done"}, true);
    EXPECT_EQ(late.commands({CancelTool{"a", "timeout"}}).broken(), "only a tool that runs is cancelled");
    EXPECT_EQ(Watched(with_tools()).commands({CallTool{1, {"b", "other", "{}"}, 1s}}).broken(),
              "only the app's own tools are called");
}

TEST(Invariants, NoticeARecordThatDoesNotAddUp) {
    const auto recorded = [](TurnRecord record) {
        if (record.stages.empty()) record.stages = {{"end_of_turn", 300ms}};
        return Watched().caller_says("Hello.").commands({RecordTurn{std::move(record)}}).broken();
    };
    EXPECT_EQ(recorded(record_of(9)), "a record belongs to the open turn");
    TurnRecord failed = record_of(1);
    failed.status = TurnStatus::failed;
    EXPECT_EQ(recorded(failed), "what went wrong has a reason, and nothing else has");
    TurnRecord negative = record_of(1);
    negative.stages = {{"asked", -1ms}};
    EXPECT_EQ(recorded(negative), "no stage is shorter than nothing");
    TurnRecord slow = record_of(1);
    slow.response = 305ms;
    EXPECT_EQ(recorded(slow), "the response is a part of the stages");
    TurnRecord longer = record_of(1);
    longer.stages = {{"asked", 400ms}};
    EXPECT_EQ(recorded(longer), "the stages are no longer than the turn");
    TurnRecord shorter = record_of(1);
    shorter.stages = {{"rest_of_playing", 290ms}};
    EXPECT_EQ(recorded(shorter), "the stages sum up to the turn");
    TurnRecord cut_too_early = record_of(1);
    cut_too_early.stages = {{"cut", 290ms}};
    EXPECT_EQ(recorded(cut_too_early), "the stages sum up to the turn");
    TurnRecord unheard = record_of(1);
    unheard.heard_text = "Never said.";
    EXPECT_EQ(recorded(unheard), "only what was shown can be heard");
}

TEST(Invariants, NoticeALongSilenceThatIsNotOnRecord) {
    const auto recorded = [](Duration in_reply, std::vector<SilenceRecord> silences) {
        Watched watched;
        watched.caller_says("Hello.").happens(ReplyText{1, "Hello to you, too. "}, true);
        watched.happens(ClipStarted{1, 0}, true).happens(ReplyAudible{1}, true);
        watched.happens(ReplyRanDry{1}, true).later(in_reply).happens(ReplyAudible{1}, true);
        TurnRecord record = record_of(1);
        record.stages = {{"end_of_turn", 300ms},
                         {"cut", std::chrono::round<std::chrono::milliseconds>(in_reply)}};
        record.response = 300ms;
        record.silences = std::move(silences);
        return watched.commands({RecordTurn{record}}).broken();
    };
    // The record is right; that the conversation itself knows nothing of it is noticed later.
    const std::string none = "the assistant's states belong to a turn";
    EXPECT_EQ(recorded(1499ms, {}), none);
    EXPECT_EQ(recorded(1500ms, {}), "every long silence in a reply is on record");
    EXPECT_EQ(recorded(1500ms, {{true, 1500ms, "speech"}}), none);
    EXPECT_EQ(recorded(1500ms, {{true, 1500ms, ""}}), "every silence has a reason");
    EXPECT_EQ(recorded(2s, {{true, 1500ms, "speech"}}), "every long silence in a reply is on record");
    Watched before;
    TurnRecord record = record_of(1);
    record.stages = {{"end_of_turn", 300ms}, {"cut", 1200ms}};
    before.caller_says("Hello.").later(1200ms);
    EXPECT_EQ(before.commands({RecordTurn{record}}).broken(),
              "every long silence before a reply is on record");
}

TEST(Invariants, NoticeHistoryThatDiffersFromWhatWasHeard) {
    const auto remembered = [](const std::string& text) {
        Invariants watch{ConversationSettings()};
        Transcript transcript(1000);
        const TimePoint now{1h};
        watch.happened(CallStarted{}, now, std::vector<Command>{}, {State::listening, now + 1s, transcript});
        transcript.add_assistant(text);
        TurnRecord record = record_of(1);
        record.heard_text = "Hello you.";
        const std::vector<Command> commands{ShowTurnStarted{1}, ShowReplyText{1, 1, 0, "Hello you.", {}},
                                            RecordTurn{record}};
        watch.happened(CallerLoud{}, now, commands, {State::listening, now + 1s, transcript});
        return watch.broken() ? watch.broken()->rule : "";
    };
    EXPECT_EQ(remembered("Hello you."), "");
    EXPECT_EQ(remembered("Hello"), "the history holds what was heard");
    EXPECT_EQ(remembered(""), "") << "nothing was added: it may have been dropped at once";
}

TEST(Invariants, NoticeWordsThatLeadToNothing) {
    EXPECT_EQ(Watched().commands({ShowTranscript{1, 1, "Hello.", 6, true}}).broken(),
              "the caller's final words lead to a reply or to the end");
    EXPECT_EQ(Watched().commands({ShowTranscript{1, 1, "你好", 6, true}}).broken(),
              "no more is settled than there is");
    EXPECT_EQ(Watched().commands({ShowTranscript{1, 1, "Hello", 3, true}}).broken(),
              "all of a final transcript is settled");
}

TEST(Invariants, NoticeWhatFollowsTheEnd) {
    Watched watched;
    watched.happens(CallerLeft{"user"}, true);
    EXPECT_EQ(watched.broken(), "");
    EXPECT_EQ(watched.commands({ShowWarning{"code", "late"}}).broken(),
              "nothing follows the end of the call");
    EXPECT_EQ(Watched().left_alone().broken(), "left alone, every call ends");
}

// A turn about which nothing happens; its deadline is moved by this much whenever it is reached.
std::string after_waiting(std::optional<Duration> moved_by, int times) {
    Invariants watch{ConversationSettings()};
    const Transcript transcript(1000);
    TimePoint now{1h};
    const std::vector<Command> begin{ShowTurnStarted{1}, ShowState{State::thinking, 1}};
    const auto seen = [&] {
        return Seen{State::thinking, moved_by ? std::optional(now + *moved_by) : std::nullopt, transcript};
    };
    watch.happened(CallStarted{}, now, begin, seen());
    for (int time = 0; time < times; ++time) {
        now += moved_by.value_or(0s);
        watch.happened(DeadlinePassed{}, now, std::vector<Command>{}, seen());
    }
    return watch.broken() ? watch.broken()->rule : "";
}

TEST(Invariants, NoticeADeadlineThatIsMissingOrDoesNotGoAwayOrIsMovedForEver) {
    EXPECT_EQ(after_waiting(std::nullopt, 1), "no state is without a deadline");
    EXPECT_EQ(after_waiting(0s, 7), "");
    EXPECT_EQ(after_waiting(0s, 8), "a deadline that is reached goes away");
    EXPECT_EQ(after_waiting(1s, 20), "");
    EXPECT_EQ(after_waiting(1s, 100), "there is never dead air");
    EXPECT_EQ(after_waiting(20s, 1), "no state is waited in for too long");
}

TEST(Invariants, NoticeAStateThatOnlyTheEndOfTheCallWouldEnd) {
    const auto waiting = [](State state, Duration wait) {
        Invariants watch{ConversationSettings()};
        const Transcript transcript(1000);
        const TimePoint now{1h};
        std::vector<Command> commands;
        if (state != State::listening) commands.push_back(ShowState{state});
        watch.happened(CallStarted{}, now, commands, {state, now + wait, transcript});
        return watch.broken() ? watch.broken()->rule : "";
    };
    EXPECT_EQ(waiting(State::listening, 10min), "");
    EXPECT_EQ(waiting(State::listening, 1h), "no state is waited in for too long");
    EXPECT_EQ(waiting(State::caller_speaking, 30s), "");
    EXPECT_EQ(waiting(State::caller_speaking, 10min), "no state is waited in for too long");
}

TEST(Invariants, NoticeSpeechWithoutWordsAndTooManyClips) {
    EXPECT_EQ(Watched().caller_says("Hello.").commands({SynthesizeClip{1, 0, " ... "}}).broken(),
              "only words are synthesised");
    Watched many;
    many.caller_says("Hello.");
    std::vector<Command> clips;
    for (ClipId clip = 0; clip < 4; ++clip) clips.push_back(SynthesizeClip{1, clip, "More."});
    EXPECT_EQ(many.commands(clips).broken(), "no more than a few clips are made ahead of the caller");
}

}  // namespace
}  // namespace atlas::conversation
