#pragma once

#include "atlas/conversation/events.hpp"
#include "atlas/conversation/sound_ahead.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace atlas::conversation {

// A function of the app that the model may call.
struct Tool {
    std::string name;
    std::string description{};
    std::string schema{};  // of its arguments, JSON Schema as text
    bool effect = true;    // does something in the world: never on speculation, never cancelled by a barge-in
    Duration timeout = std::chrono::seconds(10);
    std::string filler{};  // said when it is slow
};

// When the caller's turn is over.
struct TurnEndSettings {
    bool manual = false;  // only a commit ends a turn
    // The silence that ends a turn whose end is not obvious, adapted to the caller within these bounds.
    std::chrono::milliseconds patience{1200};
    std::chrono::milliseconds least_patience{600};
    std::chrono::milliseconds most_patience{3000};
};

struct InterruptionSettings {
    bool enabled = true;
    std::uint32_t min_words = 1;
    bool protect_greeting = false;
    Duration noise_limit = std::chrono::milliseconds(600);  // held by a sound without words at most so long
    Duration overheard_limit = std::chrono::milliseconds(1200);  // after "mhm": is more to come?
    Duration longest_hold = std::chrono::seconds(3);
    int fruitless_holds = 2;  // in one reply; after these only words hold it
};

struct SpeculationSettings {
    bool enabled = true;
    double confidence = 0.4;  // that the turn is over; adapted upwards when it was too optimistic
    int tries_per_turn = 3;
    double wasted_share = 0.5;  // of the speculations of a call; beyond it only the surest are tried
    std::int64_t wasted_tokens = 50'000;  // per call
};

// What is said when the server itself has something to say. Empty: nothing.
struct Lines {
    std::string greeting{};  // the first words on connect; empty: wait for the caller
    std::string trouble = "Sorry, I had a problem just then. Could you say that again?";
    std::string cannot_hear = "I am sorry, I cannot hear you at the moment. Please call again in a minute.";
    std::string one_moment = "One moment, please.";
    std::string idle_prompt = "Are you still there?";
    std::string goodbye = "I have to end the call now. Goodbye!";
};

// In microdollars: millionths of a dollar.
struct Prices {
    double input_token = 0.1, cache_read_token = 0.01, cache_written_token = 0.125, output_token = 0.5;
    double listening_second = 128;  // of the caller's audio
    double spoken_second = 250;     // of synthesised audio
};

struct ConversationSettings {
    std::string language = "en";
    Lines lines;
    TurnEndSettings turn_end;
    InterruptionSettings interruption;
    SpeculationSettings speculation;
    std::vector<Tool> tools;
    bool end_call_tool = true;  // the model may hang up
    int tool_rounds = 5;        // questions with tools in one reply; then it must answer
    Prices prices;

    // How long each state may last before something is done about it.
    Duration turn_limit = std::chrono::seconds(30);   // no news of a caller who began to speak
    Duration quiet_limit = std::chrono::seconds(8);   // no news and no sound of one who said words
    Duration settle_limit = std::chrono::seconds(3);  // asked the recogniser to end the turn: an answer
    Duration commit_grace = std::chrono::milliseconds(500);  // the same, when it may have nothing more to say
    Duration one_moment_after = std::chrono::milliseconds(2500);  // thinking in silence; zero: never
    Duration tool_filler_after = std::chrono::milliseconds(1500);
    Duration first_audio_limit = std::chrono::seconds(8);  // thinking, nothing to be heard yet
    Duration rescue_limit = std::chrono::seconds(6);       // the spoken apology, the same
    Duration progress_limit = std::chrono::seconds(8);     // speaking, no news of text, audio or playing
    Duration idle_limit = std::chrono::minutes(10);        // nobody says anything
    Duration idle_prompt_after = std::chrono::seconds(30);
    std::uint32_t idle_prompts = 0;  // then the call ends; 0: it ends at idle_limit
    Duration call_limit = std::chrono::hours(1);
    Duration goodbye_limit = std::chrono::seconds(20);  // beyond call_limit, to end politely

    ClipId clips_ahead = 3;
    SoundAheadSettings sound_ahead;
    std::int64_t context_tokens = 16'000;
    bool summarize = true;
};

}  // namespace atlas::conversation
