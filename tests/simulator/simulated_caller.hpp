#pragma once

#include "simulator/simulated_app.hpp"

#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace atlas::sim {

// The person with the app. Does one thing after the other:
//
//     caller.says("Tell me a story").until_hears("second").coughs().listens();
class SimulatedCaller {
public:
    SimulatedCaller(Agenda& agenda, WordSounds& sounds, Random& random, SimulatedApp& app)
        : agenda_(agenda), sounds_(sounds), random_(random), app_(app) {}

    Voice voice{.leading_blocks = 0, .trailing_blocks = 0};

    // ---- into the microphone
    SimulatedCaller& says(std::string text);
    SimulatedCaller& coughs(std::chrono::milliseconds length = 300ms);
    // ---- waiting
    SimulatedCaller& pauses(Duration length);
    SimulatedCaller& until_hears(std::string word);  // from now on
    SimulatedCaller& until_state(std::string state);
    SimulatedCaller& until_told(std::string type);  // a message of this type has come since
    SimulatedCaller& listens();                     // until the assistant has answered and is silent
    SimulatedCaller& asks(std::string text) { return says(std::move(text)).listens(); }
    // ---- by hand
    SimulatedCaller& types(std::string text);
    SimulatedCaller& taps_stop();
    SimulatedCaller& presses();
    SimulatedCaller& releases();
    SimulatedCaller& commits();
    SimulatedCaller& injects(std::string text, bool reply = false);
    SimulatedCaller& changes(Json config);
    SimulatedCaller& hangs_up();
    SimulatedCaller& is_cut_off();
    SimulatedCaller& stays();  // does nothing more, and does not hang up
    SimulatedCaller& does(std::function<void()> what);
    SimulatedCaller& meanwhile(Duration after, std::function<void()> what);  // and goes on at once

    void tick();  // every 40 ms
    bool done() const { return steps_.empty() && mic_.empty(); }
    bool hangs_up_at_the_end() const { return !stays_; }

    struct Said {
        int code = 0;
        TimePoint from, to;
    };
    std::vector<Said> said;  // words that went into the microphone
    std::vector<std::pair<TimePoint, std::string>> typed;
    std::vector<TimePoint> committed;

private:
    struct Step {
        std::function<void()> begin;
        std::function<bool()> over;
        bool begun = false;
    };
    SimulatedCaller& step(std::function<void()> begin, std::function<bool()> over);
    void act();
    void speak();

    Agenda& agenda_;
    WordSounds& sounds_;
    Random& random_;
    SimulatedApp& app_;
    std::deque<Step> steps_;
    std::deque<SoundPiece> mic_;
    std::size_t words_before_ = 0, messages_before_ = 0;
    TimePoint step_began_{};
    int last_code_ = 0;
    bool stays_ = false;
};

}  // namespace atlas::sim
