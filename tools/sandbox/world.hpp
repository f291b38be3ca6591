#pragma once

#include "sandbox/report.hpp"
#include "sandbox/script.hpp"
#include "sandbox/services/claude_cache.hpp"
#include "sandbox/speech/engine.hpp"
#include "sandbox/stamps.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>

namespace boost::asio {
class io_context;
}

namespace atlas::sandbox {

class WebsocketPeer;

// One timer on the wires' loop. After cancel() or its end its function is not called any more.
class Timer {
public:
    explicit Timer(boost::asio::io_context& loop);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    void start(std::chrono::milliseconds delay, std::function<void()> on_expiry);  // replaces what was set
    void cancel();

private:
    struct State;
    std::shared_ptr<State> state_;
};

// What every service needs. Lives as long as the program.
struct World {
    boost::asio::io_context& loop;
    Report& report;
    Script& script;
    Engines& engines;
    std::string audio_directory;                  // where received audio is kept as raw PCM; empty: nowhere
    PromptCache prompt_cache{};                   // Claude's
    std::set<WebsocketPeer*> realtime_sockets{};  // open ones
    Stamps stamps{};
};

}  // namespace atlas::sandbox
