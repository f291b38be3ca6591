#pragma once

#include "call/virtual_caller.hpp"
#include "call_support.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

namespace atlas::caller {

using namespace std::chrono_literals;

// A caller and a gateway in virtual time; the caller says one file of half a second.
class VirtualCallerTest : public testing::Test, public CallObserver {
protected:
    VirtualCallerTest() {
        plan.url = "ws://gateway.test/v1/voice";
        plan.utterances = {{test::speech(500ms), {}, false}};
    }
    void call() {
        caller.emplace(loop, connector, sounds, std::make_shared<const CallPlan>(plan), this,
                       [this] { ++over; });
        loop.run_ready();
    }
    // The call up to the moment when the whole file has been said.
    void call_and_speak() {
        call();
        loop.advance(700ms + 540ms);
    }
    void complete_reply(std::uint32_t turn, std::chrono::milliseconds length) {
        gateway.reply(turn, "user", length);
        loop.advance(length);
        gateway.end(turn);
    }
    const CallResult& result() const { return caller->result(); }

    void heard(std::span<const std::int16_t> samples) override {
        line.insert(line.end(), samples.begin(), samples.end());
    }

    test::ManualLoop loop;
    test::FakeWebsocketConnector connector{loop};
    test::ScriptedGateway gateway{loop, connector};
    SoundStore sounds;
    CallPlan plan;
    std::vector<std::int16_t> line;
    int over = 0;
    std::optional<VirtualCaller> caller;
};

}  // namespace atlas::caller
