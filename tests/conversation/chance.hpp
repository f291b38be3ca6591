#pragma once

#include "conversation/fuzz_case.hpp"
#include "conversation/fuzz_world.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace atlas::conversation {

// Makes up settings and events: mostly what a real outside would report, sometimes what it never should. The
// same seed tells the same story.
class Chance {
public:
    explicit Chance(std::uint64_t seed);

    ConversationSettings settings();
    Step next(const FuzzWorld& world);

private:
    std::uint64_t random();
    int below(int limit) { return static_cast<int>((random() >> 33U) % static_cast<std::uint64_t>(limit)); }
    bool one_in(int times) { return below(times) == 0; }
    template <class T, std::size_t size>
    const T& any(const T (&choices)[size]) {
        return choices[below(static_cast<int>(size))];
    }
    Duration pause();
    ConversationSettings limits();

    std::optional<Event> plausible(const FuzzWorld& world);
    std::optional<Event> of_caller(const FuzzWorld& world);
    std::optional<Event> of_app();
    std::optional<Event> of_model(const FuzzWorld& world);
    std::optional<Event> of_tools(const FuzzWorld& world);
    std::optional<Event> of_sound(const FuzzWorld& world);
    std::optional<Event> of_clip(const FuzzWorld::Clip& clip);
    std::optional<Event> of_player(const FuzzWorld& world);
    std::optional<Event> of_call();
    Event absurd(const FuzzWorld& world);

    std::string words(const FuzzWorld& world);
    std::string written();
    Effort effort();
    AudioTime length_of(const std::string& text);
    std::vector<SpeechSpan> speech(AudioTime length);

    std::uint64_t state_;
    int absurd_one_in_ = 20;
    int caller_weight_ = 3;
    int hurry_ = 3;  // the larger, the sooner things happen
    bool tools_ = false;
    int next_call_ = 0;
};

}  // namespace atlas::conversation
