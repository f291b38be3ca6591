#include "conversation/chance.hpp"

#include <algorithm>
#include <utility>

namespace atlas::conversation {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

Chance::Chance(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 0x2545F4914F6CDD1DU) {}

// splitmix64
std::uint64_t Chance::random() {
    std::uint64_t mixed = (state_ += 0x9E3779B97F4A7C15U);
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
}

// ---- settings

ConversationSettings Chance::limits() {
    ConversationSettings settings;
    settings.turn_limit = any({30s, 5s});
    settings.quiet_limit = settings.turn_limit / 4;
    settings.one_moment_after = any({Duration(2500ms), Duration(0)});
    settings.first_audio_limit = any({8s, 4s});
    settings.rescue_limit = any({6s, 2s});
    settings.progress_limit = any({8s, 3s});
    settings.idle_limit = any({Duration(10min), Duration(20s)});
    settings.idle_prompt_after = any({30s, 5s});
    settings.idle_prompts = static_cast<std::uint32_t>(below(3));
    settings.call_limit = any({Duration(1h), Duration(5min), Duration(1min)});
    settings.goodbye_limit = any({20s, 5s});
    settings.clips_ahead = static_cast<ClipId>(1 + below(4));
    settings.sound_ahead.least = any({1s, 0s, 60s});
    settings.context_tokens = any({16'000, 1'000, 200, 60});
    settings.summarize = !one_in(4);
    return settings;
}

ConversationSettings Chance::settings() {
    ConversationSettings settings = limits();
    absurd_one_in_ = any({1'000'000, 50, 15, 4});
    caller_weight_ = any({1, 2, 4});
    hurry_ = any({2, 6, 20});
    settings.language = any({"en", "de", "multi"});
    if (one_in(2)) settings.lines.greeting = "Hello, this is Atlas. How can I help?";
    if (one_in(8)) settings.lines.goodbye = "";
    if (one_in(8)) settings.lines.trouble = "";
    if (one_in(8)) settings.lines.cannot_hear = "";
    if (one_in(8)) settings.lines.one_moment = "";
    settings.turn_end.manual = one_in(6);
    settings.interruption.enabled = !one_in(6);
    settings.interruption.min_words = static_cast<std::uint32_t>(1 + below(3));
    settings.interruption.protect_greeting = one_in(3);
    settings.interruption.fruitless_holds = below(4);
    settings.speculation.enabled = !one_in(5);
    settings.speculation.confidence = any({0.4, 0.1, 0.8});
    settings.speculation.wasted_tokens = any({50'000, 300});
    settings.speculation.wasted_share = any({0.5, 0.95});
    settings.end_call_tool = !one_in(4);
    settings.tool_rounds = 1 + below(4);
    tools_ = one_in(2);
    if (!tools_) return settings;
    settings.tools.push_back({.name = "look_up", .effect = false, .timeout = 5s, .filler = "I look it up."});
    settings.tools.push_back(
        {.name = "book", .effect = true, .timeout = 3s, .filler = one_in(2) ? "" : "**"});
    settings.tools.push_back({.name = "weather", .effect = false, .timeout = 40s});
    return settings;
}

// ---- time

Duration Chance::pause() {
    if (one_in(200)) return 1s * below(900);
    if (one_in(10 * hurry_)) return 1ms * below(20'000);
    if (one_in(hurry_)) return 1us * below(2'000'000);
    return 1us * below(100'000);
}

Step Chance::next(const FuzzWorld& world) {
    Step step;
    step.after = pause();
    step.late = one_in(30);
    if (one_in(absurd_one_in_)) {
        step.event = absurd(world);
        step.back = one_in(2) ? 0 : static_cast<ReplyId>(below(3));
        return step;
    }
    step.back = one_in(40) ? 1 : 0;  // of a reply that was over when it happened
    for (int tries = 0; tries < 20; ++tries) {
        if (auto event = plausible(world)) {
            step.event = std::move(*event);
            return step;
        }
    }
    step.event = DeadlinePassed{};  // the timer went off too early
    return step;
}

std::optional<Event> Chance::plausible(const FuzzWorld& world) {
    const int choice = below(14 + caller_weight_ * 2);
    if (choice < 6) return of_sound(world);
    if (choice < 10) return of_model(world);
    if (choice < 12) return of_tools(world);
    if (choice == 12) return one_in(4) ? of_app() : std::nullopt;
    if (choice == 13) return one_in(60) ? of_call() : std::nullopt;
    return of_caller(world);
}

// ---- the caller

std::string Chance::words(const FuzzWorld& world) {
    if (one_in(12) && !world.clips.empty()) return world.clips.back().text.substr(0, 40);  // an echo
    return any({"Book a table for two", "What time is it?", "Stop", "mhm", "yeah", "okay", "No wait",
                "Hello there", "and then", "I would like to know the weather in Paris tomorrow", "ja genau",
                "你好", "...", "um"});
}

std::optional<Event> Chance::of_caller(const FuzzWorld& world) {
    const double sure = 0.05 * below(21);
    switch (below(world.settling ? 7 : 10)) {
        case 0:
        case 1:
            if (world.caller.empty()) return std::nullopt;
            if (one_in(4)) return CallerTurnEnded{world.caller + ".", "model", milliseconds(below(900))};
            return CallerTurnEnded{one_in(8) ? "" : world.caller, "model", milliseconds(below(900))};
        case 2:
            return one_in(3) ? Event(CallerTurnEnded{"", "model", 0ms}) : Event(CallerStartedSpeaking{});
        case 3:
        case 4:
            if (world.caller.empty()) return std::nullopt;
            return CallerMayBeDone{one_in(6) ? world.caller + " please" : world.caller, sure};
        case 5:
            if (!world.may_be_done) return std::nullopt;
            return CallerResumed{};
        case 6:
            return one_in(3) ? Event(CallerLoud{}) : Event(CallerStartedSpeaking{});
        default:
            if (!world.caller.empty() && one_in(3)) return CallerTranscriptUpdated{words(world), sure};
            return CallerTranscriptUpdated{
                world.caller.empty() ? words(world) : world.caller + " " + words(world), sure};
    }
}

std::optional<Event> Chance::of_app() {
    switch (below(7)) {
        case 0:
            return CallerTyped{any({"Hello", "What time is it?", " ", "A long text that somebody typed."})};
        case 1:
            return CallerPressedToTalk{};
        case 2:
        case 3:
            return CallerCommitted{};
        case 4:
            return CallerInterrupted{};
        case 5:
            return ContextAdded{any({"The cart holds 3 items.", "", "The user opened the page of shoes."}),
                                one_in(2)};
        default: {
            SettingsChanged change;
            if (one_in(2)) change.manual_turns = one_in(2);
            if (one_in(2)) change.interruptible = !one_in(3);
            if (one_in(3)) change.interruption_words = below(4);
            if (one_in(3)) change.idle_prompts = below(3);
            if (one_in(3)) change.idle_after = 1s * (1 + below(30));
            if (one_in(4)) change.idle_prompt = one_in(2) ? "" : "Hello?";
            if (one_in(4)) change.goodbye_line = one_in(2) ? "" : "Bye.";
            return change;
        }
    }
}

// ---- the model

std::string Chance::written() {
    return any({"Sure, ", "I can do that for you. ", "It is 12.30 p.m. in New York. ", "\n\n", "**Well**, ",
                "👍 ", "The table is booked for two people tomorrow evening. ", "Shall I go on?",
                "1. First, this.\n", "```\nint x = 1;\n```\n", "See https://example.com/a/b for more. ",
                "你好，我可以帮你。", "so", " and", "Do you want that one? ",
                "Dr. Smith paid $29.95 for it — really. ", "…", " "});
}

Effort Chance::effort() {
    if (one_in(2)) return {};
    return {.input_tokens = below(2000),
            .cache_read_tokens = below(2000),
            .output_tokens = below(300),
            .retries = below(2),
            .hedges = below(2)};
}

std::optional<Event> Chance::of_model(const FuzzWorld& world) {
    if (world.summary_asked && one_in(10))
        return SummaryMade{one_in(3) ? "" : "They talked about a table.", effort()};
    if (!world.live || !world.model_asked) return std::nullopt;
    if (!world.accepted && !one_in(3)) return ReplyAccepted{};
    switch (below(14)) {
        case 0:
        case 1:
            return ReplyTextEnded{0, any({"end_turn", "max_tokens", "tool_use"}), effort()};
        case 2:
            if (!one_in(3)) return std::nullopt;
            return ReplyTextFailed{0, "language_model_stalled", effort()};
        case 3:
        case 4: {
            if (!tools_ && !one_in(4)) return std::nullopt;
            const char* name =
                any({"look_up", "book", "weather", "book", "look_up", "no_such_tool", "end_call"});
            return ReplyCalledTool{0, {"call_" + std::to_string(next_call_++), name, "{}"}};
        }
        default: {
            std::string text = written();
            if (one_in(40)) {
                for (int i = 0; i < 12; ++i) text += written();
            }
            return ReplyText{0, std::move(text)};
        }
    }
}

std::optional<Event> Chance::of_tools(const FuzzWorld& world) {
    if (world.calls.empty()) return std::nullopt;
    const auto recent = std::min<std::size_t>(world.calls.size(), 4);
    const auto& call =
        world.calls[world.calls.size() - 1 - static_cast<std::size_t>(below(static_cast<int>(recent)))];
    if (call.answered && !one_in(20)) return std::nullopt;
    return ToolAnswered{call.id, any({"done", "It rains.", ""}), one_in(6)};
}

// ---- sound

AudioTime Chance::length_of(const std::string& text) {
    if (one_in(15)) return AudioTime::zero();
    return AudioTime(static_cast<AudioTime::rep>(text.size()) * (40'000 + below(40'000)));
}

std::vector<SpeechSpan> Chance::speech(AudioTime length) {
    if (one_in(3) || length == AudioTime::zero()) return {};
    return {{length / 20, length / 3}, {length / 2, length}};
}

std::optional<Event> Chance::of_sound(const FuzzWorld& world) {
    if (!world.live || world.clips.empty()) return std::nullopt;
    const auto* clip = world.front();
    if (clip != nullptr && one_in(2)) return of_clip(*clip);
    if (world.paused || world.sound() == AudioTime::zero()) return std::nullopt;
    return of_player(world);
}

std::optional<Event> Chance::of_clip(const FuzzWorld::Clip& clip) {
    const AudioTime length = length_of(clip.text);
    if (!clip.started && !one_in(20)) return ClipStarted{0, clip.id};
    switch (below(12)) {
        case 0: {
            const AudioTime part = clip.started ? length / (1 + below(4)) : AudioTime::zero();
            return ClipFailed{0, clip.id, part, "speech_stalled", speech(part), effort()};
        }
        case 1:
        case 2:
        case 3:
        case 4:
            return ClipGrew{0, clip.id, std::max(clip.length, length / 2), speech(length / 2)};
        default: {
            const AudioTime all = clip.started ? std::max(clip.length, length) : AudioTime::zero();
            return ClipSynthesized{0, clip.id, all, speech(all), effort()};
        }
    }
}

std::optional<Event> Chance::of_player(const FuzzWorld& world) {
    if (!world.audible) return ReplyAudible{};
    const AudioTime sound = world.sound();
    const bool all_played = world.played >= sound;
    if (!all_played && !one_in(3)) {
        return ReplyPlayed{0, std::min(sound, world.played + AudioTime(below(1'500'000)))};
    }
    AudioTime end{};
    for (const auto& clip : world.clips) {
        end += clip.length;
        if (clip.settled && !clip.played && clip.length > AudioTime::zero() && world.played >= end) {
            return ClipPlayed{0, clip.id};
        }
    }
    if (!all_played) return std::nullopt;
    if (world.finished) return ReplyPlayedOut{};
    return one_in(2) ? Event(ReplyRanDry{}) : Event(ReplyAudible{});
}

std::optional<Event> Chance::of_call() {
    switch (below(3)) {
        case 0:
            return RecognizerLost{"recognizer_disconnected"};
        case 1:
            return CallerLeft{"user"};
        default:
            return CallMustEnd{TimePoint{} + 1s * below(20), TimePoint{} + 20s + 1s * below(60)};
    }
}

// ---- anything, about anything

Event Chance::absurd(const FuzzWorld& world) {
    const auto clip = static_cast<ClipId>(below(6));
    const AudioTime length = one_in(3) ? AudioTime::zero() : AudioTime(below(9'000'000));
    switch (below(20)) {
        case 0:
            return CallerResumed{};
        case 1:
            return CallerTurnEnded{words(world), "", 1ms * below(100'000)};
        case 2:
            return CallerMayBeDone{words(world), one_in(2) ? 1.0 : -7.0};
        case 3:
            return ReplyText{0, written()};
        case 4:
            return ReplyTextEnded{0, ""};
        case 5:
            return ReplyTextFailed{0, "language_model_refused"};
        case 6:
            return ReplyCalledTool{0,
                                   {"call_" + std::to_string(next_call_++), any({"book", "look_up"}), "{"}};
        case 7:
            return ToolAnswered{"call_" + std::to_string(below(next_call_ + 2)), "late", one_in(2)};
        case 8:
            return SummaryMade{"nobody asked"};
        case 9:
            return ClipStarted{0, clip};
        case 10:
            return ClipGrew{0, clip, length};
        case 11:
            return ClipSynthesized{0, clip, length};
        case 12:
            return ClipFailed{0, clip, length, "speech_refused"};
        case 13:
            return ClipPlayed{0, clip};
        case 14:
            return ReplyAudible{};
        case 15:
            return ReplyRanDry{};
        case 16:
            return ReplyPlayed{0, length};
        case 17:
            return ReplyPlayedOut{};
        case 18:
            return CallerInterrupted{};
        default:
            return DeadlinePassed{};
    }
}

}  // namespace atlas::conversation
