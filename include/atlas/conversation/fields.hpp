#pragma once

#include "atlas/conversation/commands.hpp"
#include "atlas/conversation/conversation_settings.hpp"
#include "atlas/conversation/events.hpp"
#include "atlas/conversation/members.hpp"
#include "atlas/conversation/transcript.hpp"
#include "atlas/conversation/turn_record.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

// What every setting, event and command consists of, by name: for whatever writes, reads or compares them as
// a whole. A member that is added there and not named here does not compile.
namespace atlas::conversation {

template <std::size_t count>
struct Named {
    std::string_view type;
    std::array<std::string_view, count> members;
};

template <class... Name>
constexpr Named<sizeof...(Name)> named(std::string_view type, Name... members) {
    return {type, {members...}};
}

struct NotNamed {};
template <class T>
inline constexpr NotNamed fields{};

template <class T>
concept HasFields = !std::is_same_v<std::remove_cv_t<decltype(fields<std::remove_cv_t<T>>)>, NotNamed>;

template <HasFields T>
constexpr std::string_view type_name() {
    return fields<std::remove_cv_t<T>>.type;
}

// Calls `use(name, member)` for each member, in the order of declaration.
template <HasFields T, class Use>
void for_each_field(T& value, Use&& use) {
    constexpr auto& names = fields<std::remove_cv_t<T>>.members;
    with_members<names.size()>(value, [&](auto&... members) {
        std::size_t next = 0;
        (use(names[next++], members), ...);
    });
}

// ---- the values of enumerations, in their order

template <class T>
inline constexpr NotNamed values{};
template <class T>
concept HasValues = std::is_enum_v<T> && !std::is_same_v<std::remove_cv_t<decltype(values<T>)>, NotNamed>;

template <class... Name>
constexpr std::array<std::string_view, sizeof...(Name)> one_of(Name... names) {
    return {names...};
}

template <>
inline constexpr auto values<State> = one_of("listening", "caller_speaking", "thinking", "speaking", "paused",
                                             "ended");
template <>
inline constexpr auto values<CannedLine> = one_of("trouble", "cannot_hear", "one_moment");
template <>
inline constexpr auto values<StopReason> = one_of("barge_in", "cancelled", "error");
template <>
inline constexpr auto values<TurnStatus> = one_of("completed", "interrupted", "failed");
template <>
inline constexpr auto values<TurnReason> = one_of("user", "greeting", "text", "notice", "idle", "context");
template <>
inline constexpr auto values<Message::Role> = one_of("caller", "assistant");

// ---- events

template <>
inline constexpr auto fields<SpeechSpan> = named("SpeechSpan", "from", "to");
template <>
inline constexpr auto fields<ToolCall> = named("ToolCall", "id", "name", "arguments");
template <>
inline constexpr auto fields<Effort> = named("Effort", "input_tokens", "cache_read_tokens",
                                             "cache_written_tokens", "output_tokens", "retries", "hedges");
template <>
inline constexpr auto fields<CallStarted> = named("CallStarted");
template <>
inline constexpr auto fields<CallerStartedSpeaking> = named("CallerStartedSpeaking");
template <>
inline constexpr auto fields<CallerTranscriptUpdated> = named("CallerTranscriptUpdated", "text",
                                                              "confidence");
template <>
inline constexpr auto fields<CallerMayBeDone> = named("CallerMayBeDone", "text", "confidence");
template <>
inline constexpr auto fields<CallerResumed> = named("CallerResumed");
template <>
inline constexpr auto fields<CallerTurnEnded> = named("CallerTurnEnded", "text", "trigger",
                                                      "since_last_word");
template <>
inline constexpr auto fields<CallerLoud> = named("CallerLoud");
template <>
inline constexpr auto fields<CallerTyped> = named("CallerTyped", "text");
template <>
inline constexpr auto fields<CallerPressedToTalk> = named("CallerPressedToTalk");
template <>
inline constexpr auto fields<CallerCommitted> = named("CallerCommitted");
template <>
inline constexpr auto fields<CallerInterrupted> = named("CallerInterrupted", "reply");
template <>
inline constexpr auto fields<ContextAdded> = named("ContextAdded", "text", "wants_reply");
template <>
inline constexpr auto fields<SettingsChanged> = named("SettingsChanged", "manual_turns", "interruptible",
                                                      "interruption_words", "idle_prompt", "idle_after",
                                                      "idle_prompts", "goodbye_line");
template <>
inline constexpr auto fields<ReplyAccepted> = named("ReplyAccepted", "reply", "prompt");
template <>
inline constexpr auto fields<ReplyText> = named("ReplyText", "reply", "text");
template <>
inline constexpr auto fields<ReplyCalledTool> = named("ReplyCalledTool", "reply", "call");
template <>
inline constexpr auto fields<ReplyTextEnded> = named("ReplyTextEnded", "reply", "stop_reason", "effort");
template <>
inline constexpr auto fields<ReplyTextFailed> = named("ReplyTextFailed", "reply", "reason", "effort");
template <>
inline constexpr auto fields<ToolAnswered> = named("ToolAnswered", "call", "content", "is_error");
template <>
inline constexpr auto fields<SummaryMade> = named("SummaryMade", "text", "effort");
template <>
inline constexpr auto fields<ClipStarted> = named("ClipStarted", "reply", "clip");
template <>
inline constexpr auto fields<ClipGrew> = named("ClipGrew", "reply", "clip", "length", "speech");
template <>
inline constexpr auto fields<ClipSynthesized> = named("ClipSynthesized", "reply", "clip", "length", "speech",
                                                      "effort");
template <>
inline constexpr auto fields<ClipFailed> = named("ClipFailed", "reply", "clip", "length", "reason", "speech",
                                                 "effort");
template <>
inline constexpr auto fields<ClipPlayed> = named("ClipPlayed", "reply", "clip");
template <>
inline constexpr auto fields<ReplyAudible> = named("ReplyAudible", "reply");
template <>
inline constexpr auto fields<ReplyRanDry> = named("ReplyRanDry", "reply");
template <>
inline constexpr auto fields<ReplyPlayed> = named("ReplyPlayed", "reply", "position");
template <>
inline constexpr auto fields<ReplyPlayedOut> = named("ReplyPlayedOut", "reply");
template <>
inline constexpr auto fields<RecognizerLost> = named("RecognizerLost", "reason");
template <>
inline constexpr auto fields<CallerLeft> = named("CallerLeft", "reason");
template <>
inline constexpr auto fields<CallMustEnd> = named("CallMustEnd", "at", "by");
template <>
inline constexpr auto fields<DeadlinePassed> = named("DeadlinePassed");

// ---- settings

template <>
inline constexpr auto fields<Tool> = named("Tool", "name", "description", "schema", "effect", "timeout",
                                           "filler");
template <>
inline constexpr auto fields<TurnEndSettings> = named("TurnEndSettings", "manual", "patience",
                                                      "least_patience", "most_patience");
template <>
inline constexpr auto fields<InterruptionSettings> = named("InterruptionSettings", "enabled", "min_words",
                                                           "protect_greeting", "noise_limit",
                                                           "overheard_limit", "longest_hold",
                                                           "fruitless_holds");
template <>
inline constexpr auto fields<SpeculationSettings> = named("SpeculationSettings", "enabled", "confidence",
                                                          "tries_per_turn", "wasted_share", "wasted_tokens");
template <>
inline constexpr auto fields<SoundAheadSettings> = named("SoundAheadSettings", "unlearned", "least", "most");
template <>
inline constexpr auto fields<Lines> = named("Lines", "greeting", "trouble", "cannot_hear", "one_moment",
                                            "idle_prompt", "goodbye");
template <>
inline constexpr auto fields<Prices> = named("Prices", "input_token", "cache_read_token",
                                             "cache_written_token", "output_token", "listening_second",
                                             "spoken_second");
template <>
inline constexpr auto fields<ConversationSettings> =
    named("ConversationSettings", "language", "lines", "turn_end", "interruption", "speculation", "tools",
          "end_call_tool", "tool_rounds", "prices", "turn_limit", "quiet_limit", "settle_limit",
          "commit_grace", "one_moment_after", "tool_filler_after", "first_audio_limit", "rescue_limit",
          "progress_limit", "idle_limit", "idle_prompt_after", "idle_prompts", "call_limit", "goodbye_limit",
          "clips_ahead", "sound_ahead", "context_tokens", "summarize");

// ---- the transcript

template <>
inline constexpr auto fields<ToolResult> = named("ToolResult", "id", "content", "is_error");
template <>
inline constexpr auto fields<Message> = named("Message", "role", "text", "calls", "results");

// ---- records

template <>
inline constexpr auto fields<SpeculationRecord> = named("SpeculationRecord", "tries", "hit", "saved",
                                                        "wasted_tokens");
template <>
inline constexpr auto fields<SilenceRecord> = named("SilenceRecord", "in_reply", "length", "reason");
template <>
inline constexpr auto fields<ToolRecord> = named("ToolRecord", "name", "took", "outcome");
template <>
inline constexpr auto fields<TurnRecord> = named("TurnRecord", "turn", "cause", "status", "reason",
                                                 "user_text", "full_text", "heard_text", "stages", "response",
                                                 "paused", "ignored", "silences", "tools", "speculation",
                                                 "effort", "speech_chars", "cost_microdollars");

// ---- commands

template <>
inline constexpr auto fields<AskModel> = named("AskModel", "reply", "messages", "stable", "may_call_tools");
template <>
inline constexpr auto fields<AbandonModel> = named("AbandonModel", "reply");
template <>
inline constexpr auto fields<CallTool> = named("CallTool", "turn", "call", "timeout");
template <>
inline constexpr auto fields<CancelTool> = named("CancelTool", "call", "reason");
template <>
inline constexpr auto fields<Summarize> = named("Summarize", "messages");
template <>
inline constexpr auto fields<SynthesizeClip> = named("SynthesizeClip", "reply", "clip", "speech", "rest_of");
template <>
inline constexpr auto fields<EndClip> = named("EndClip", "reply", "clip");
template <>
inline constexpr auto fields<PlayCannedLine> = named("PlayCannedLine", "reply", "clip", "line", "instead");
template <>
inline constexpr auto fields<PauseReply> = named("PauseReply", "reply", "turn");
template <>
inline constexpr auto fields<ResumeReply> = named("ResumeReply", "reply");
template <>
inline constexpr auto fields<FinishReply> = named("FinishReply", "reply");
template <>
inline constexpr auto fields<StopReply> = named("StopReply", "reply", "turn", "reason", "keep");
template <>
inline constexpr auto fields<DiscardReply> = named("DiscardReply", "reply");
template <>
inline constexpr auto fields<EndCallerTurn> = named("EndCallerTurn");
template <>
inline constexpr auto fields<AdaptPatience> = named("AdaptPatience", "pause", "factor");
template <>
inline constexpr auto fields<RestartRecognizer> = named("RestartRecognizer", "reason");
template <>
inline constexpr auto fields<EndCall> = named("EndCall", "close_code", "reason");
template <>
inline constexpr auto fields<ShowState> = named("ShowState", "state", "turn");
template <>
inline constexpr auto fields<ShowCallerSpeech> = named("ShowCallerSpeech", "started");
template <>
inline constexpr auto fields<ShowTranscript> = named("ShowTranscript", "turn", "revision", "text",
                                                     "stable_chars", "final", "confidence");
template <>
inline constexpr auto fields<ShowTurnStarted> = named("ShowTurnStarted", "turn", "reason");
template <>
inline constexpr auto fields<ShowReplyText> = named("ShowReplyText", "turn", "reply", "segment", "text",
                                                    "audio_from");
template <>
inline constexpr auto fields<ShowWarning> = named("ShowWarning", "code", "message");
template <>
inline constexpr auto fields<RecordTurn> = named("RecordTurn", "record");

}  // namespace atlas::conversation
