#include "simulator/simulated_caller.hpp"

#include <algorithm>
#include <utility>

namespace atlas::sim {
namespace {

constexpr int blocks_per_tick = 4;
constexpr auto block = std::chrono::milliseconds(10);

}  // namespace

SimulatedCaller& SimulatedCaller::step(std::function<void()> begin, std::function<bool()> over) {
    steps_.push_back({std::move(begin), std::move(over)});
    return *this;
}

SimulatedCaller& SimulatedCaller::does(std::function<void()> what) {
    return step(std::move(what), [] { return true; });
}

SimulatedCaller& SimulatedCaller::meanwhile(Duration after, std::function<void()> what) {
    return does([this, after, what = std::move(what)] { agenda_.after(after, what); });
}

SimulatedCaller& SimulatedCaller::says(std::string text) {
    return step(
        [this, text = std::move(text)] {
            for (const auto& piece : sounds_.speak(text, voice, random_)) mic_.push_back(piece);
            while (!mic_.empty() && mic_.back().code == 0) mic_.pop_back();
        },
        [this] { return mic_.empty(); });
}

SimulatedCaller& SimulatedCaller::coughs(std::chrono::milliseconds length) {
    return step(
        [this, length] {
            const auto blocks = static_cast<int>(length / block);
            mic_.push_back({sounds_.add("", blocks), blocks});
        },
        [this] { return mic_.empty(); });
}

SimulatedCaller& SimulatedCaller::pauses(Duration length) {
    return step([] {}, [this, length] { return agenda_.now() - step_began_ >= length; });
}

SimulatedCaller& SimulatedCaller::until_hears(std::string word) {
    return step([] {}, [this, word = plain_word(word)] { return app_.ear.heard_word(word, words_before_); });
}

SimulatedCaller& SimulatedCaller::until_state(std::string state) {
    return step([] {}, [this, state = std::move(state)] { return app_.state == state; });
}

SimulatedCaller& SimulatedCaller::until_told(std::string type) {
    return step([] {},
                [this, type = std::move(type)] {
                    for (std::size_t i = messages_before_; i < app_.received.size(); ++i)
                        if (app_.received[i].second["t"] == type) return true;
                    return false;
                });
}

SimulatedCaller& SimulatedCaller::listens() {
    return step([] {},
                [this] {
                    bool answered = false;
                    for (std::size_t i = messages_before_; i < app_.received.size(); ++i)
                        answered = answered || app_.received[i].second["t"] == "turn.end";
                    const bool patient = agenda_.now() - step_began_ < 4s;  // perhaps no answer is to come
                    return (answered || !patient) && app_.state == "listening" && app_.silent();
                });
}

SimulatedCaller& SimulatedCaller::types(std::string text) {
    return does([this, text = std::move(text)] {
        typed.emplace_back(agenda_.now(), text);
        app_.send({{"t", "input.text"}, {"text", text}});
    });
}
SimulatedCaller& SimulatedCaller::taps_stop() {
    return does([this] {
        app_.send({{"t", "interrupt"}, {"turn", app_.turn}, {"played_ms", app_.played(app_.turn).count()}});
    });
}
SimulatedCaller& SimulatedCaller::presses() {
    return does([this] { app_.send({{"t", "ptt"}, {"down", true}}); });
}
SimulatedCaller& SimulatedCaller::releases() {
    return does([this] {
        committed.push_back(agenda_.now());
        app_.send({{"t", "ptt"}, {"down", false}});
    });
}
SimulatedCaller& SimulatedCaller::commits() {
    return does([this] {
        committed.push_back(agenda_.now());
        app_.send({{"t", "input.commit"}});
    });
}
SimulatedCaller& SimulatedCaller::injects(std::string text, bool reply) {
    return does([this, text = std::move(text), reply] {
        app_.send({{"t", "inject"}, {"text", text}, {"reply", reply}});
    });
}
SimulatedCaller& SimulatedCaller::changes(Json config) {
    return does([this, config = std::move(config)] {
        Json message{{"t", "config"}};
        message.update(config);
        app_.send(message);
    });
}
SimulatedCaller& SimulatedCaller::hangs_up() {
    return does([this] { app_.send({{"t", "bye"}}); });
}
SimulatedCaller& SimulatedCaller::is_cut_off() {
    return does([this] { app_.lose_connection(); });
}
SimulatedCaller& SimulatedCaller::stays() {
    stays_ = true;
    return *this;
}

void SimulatedCaller::tick() {
    if (app_.closed || !app_.ready) return;
    act();
    if (!app_.closed) speak();
}

void SimulatedCaller::act() {
    while (!steps_.empty() && !app_.closed) {
        auto& step = steps_.front();
        if (!step.begun) {
            step.begun = true;
            step_began_ = agenda_.now();
            words_before_ = app_.ear.words().size();
            messages_before_ = app_.received.size();
            step.begin();
        }
        if (!step.over()) return;
        steps_.pop_front();
    }
}

void SimulatedCaller::speak() {
    std::vector<SoundPiece> frame;
    for (int left = blocks_per_tick; left > 0;) {
        if (mic_.empty()) {
            frame.push_back({0, left});
            last_code_ = 0;
            break;
        }
        auto& piece = mic_.front();
        const int taken = std::min(left, piece.blocks);
        const auto at = agenda_.now() + block * (blocks_per_tick - left);
        if (piece.code != 0 && !sounds_.word(piece.code).text.empty()) {
            if (piece.code != last_code_) said.push_back({piece.code, at, at});
            said.back().to = at + block * taken;
        }
        last_code_ = piece.code;
        frame.push_back({piece.code, taken});
        left -= taken;
        piece.blocks -= taken;
        if (piece.blocks == 0) mic_.pop_front();
    }
    app_.record(frame);
}

}  // namespace atlas::sim
