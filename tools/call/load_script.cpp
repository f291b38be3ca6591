#include "call/load_script.hpp"

namespace atlas::caller {

LoadScript::LoadScript(const LoadPace& pace, std::uint64_t seed, int number)
    : pace_(pace),
      random_(seed * 1'000'003 + static_cast<std::uint64_t>(number)),
      replies_(static_cast<std::uint64_t>(number)) {}

void LoadScript::ready(net::TimePoint now) { pause(now); }

void LoadScript::pause(net::TimePoint now) {
    state_ = State::pausing;
    // Not a distribution of the library: those differ from one library to the next.
    const auto span = static_cast<std::uint64_t>((pace_.longest_pause - pace_.least_pause).count()) + 1;
    deadline_ = now + pace_.least_pause + net::Duration(static_cast<std::int64_t>(random_() % span));
}

void LoadScript::expect(net::TimePoint now) {
    state_ = State::expecting;
    deadline_ = now + pace_.reply_limit;
}

bool LoadScript::talks(net::TimePoint now) {
    switch (state_) {
        case State::waiting:
        case State::talking:
            return false;
        case State::pausing:
            if (!late(now)) return false;
            state_ = State::talking;
            return talking_ = true;
        case State::expecting:
            if (!late(now)) return false;
            ++missing_replies_;
            pause(now);
            return false;
        case State::listening:
            if (interrupts_ && now >= interrupt_at_) {
                state_ = State::interrupting;
                deadline_ = now + pace_.flush_limit;
                return talking_ = true;
            }
            if (!late(now)) return false;
            ++missing_replies_;  // it never ended
            pause(now);
            return false;
        case State::interrupting:
            if (!late(now)) return false;
            ++missing_flushes_;
            talking_ ? void(state_ = State::talking) : expect(now);
            return false;
    }
    return false;
}

void LoadScript::talk_ended(net::TimePoint now) {
    talking_ = false;
    if (state_ == State::talking) expect(now);
}

void LoadScript::reply_began(net::TimePoint now) {
    if (state_ != State::expecting) return;
    state_ = State::listening;
    deadline_ = now + pace_.listen_limit;
    ++replies_;
    interrupts_ =
        pace_.interrupt_every > 0 && replies_ % static_cast<std::uint64_t>(pace_.interrupt_every) == 0;
    interrupt_at_ = now + pace_.interrupt_after;
}

void LoadScript::reply_ended(net::TimePoint now) {
    if (state_ == State::listening) return pause(now);
    if (state_ != State::interrupting) return;
    // It was over before the words came: they are a turn like any other.
    talking_ ? void(state_ = State::talking) : expect(now);
}

void LoadScript::reply_flushed(net::TimePoint now) { reply_ended(now); }

}  // namespace atlas::caller
