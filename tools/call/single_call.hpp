#pragma once

#include "atlas/audio/wav.hpp"
#include "call/call_options.hpp"
#include "call/terminal.hpp"
#include "call/virtual_caller.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

namespace atlas::caller {

// Where a program prints, and how.
struct Streams {
    std::ostream& out;
    std::ostream& err;
    TerminalStyle out_style;
    TerminalStyle err_style;
};

// `atlas-call` as a person starts it: one call, its terminal, its files, its exit code.
class SingleCall final : private CallObserver {
public:
    // `on_over` comes once, from the loop; then exit_code() is there.
    SingleCall(net::Loop& loop, net::WebsocketConnector& connector, const CallOptions& options,
               Streams streams, std::function<void()> on_over);

    // Reads the files and places the call. False when a file is wrong, which it then has printed: the call is
    // over before it began, with exit_usage.
    bool start();
    void hang_up();  // the person has heard enough

    int exit_code() const { return exit_code_; }

private:
    bool open_out_file(const CallPlan& plan);
    bool refuse(const std::string& problem);
    void finish();

    void received(const ServerMessage& message) override { terminal_.received(message); }
    void saying(const Utterance& utterance, std::optional<std::uint32_t> interrupts) override {
        terminal_.saying(utterance, interrupts);
    }
    void audible(const TurnResult& turn) override { terminal_.audible(turn); }
    void stopped(const TurnResult& turn) override { terminal_.stopped(turn); }
    void turn_over(const TurnResult& turn) override { terminal_.turn_over(turn); }
    void problem(std::string_view text) override { terminal_.problem(text); }
    void heard(std::span<const std::int16_t> samples) override;

    net::Loop& loop_;
    net::WebsocketConnector& connector_;
    const CallOptions& options_;
    Streams streams_;
    std::function<void()> on_over_;
    Terminal terminal_;
    SoundStore sounds_;
    audio::WavWriter out_file_;
    std::optional<audio::WavError> out_error_;
    std::unique_ptr<VirtualCaller> caller_;
    int exit_code_ = exit_usage;
};

}  // namespace atlas::caller
