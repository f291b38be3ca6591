#pragma once

#include "atlas/net/loop.hpp"
#include "call/virtual_caller.hpp"

#include <functional>
#include <ostream>
#include <string>
#include <string_view>

namespace atlas::caller {

struct TerminalStyle {
    bool live = false;  // a person watches: words appear in place while they are heard
    bool color = false;
    std::size_t width = 100;
};

// What can be shown on this file descriptor: NO_COLOR, TERM and the size of the window count.
TerminalStyle detect_style(int descriptor);

// What of a server's text may reach a terminal: no control characters, which could command it.
std::string printable(std::string_view text);

// Shows one call while it goes on: a line for each thing that happens, with the time since the call was
// taken. `out` and `clock` outlive it.
class Terminal final : public CallObserver {
public:
    Terminal(std::ostream& out, const TerminalStyle& style, std::function<net::TimePoint()> clock);

    void calling(std::string_view url);
    void over(const CallResult& result);

    void received(const ServerMessage& message) override;
    void saying(const Utterance& utterance, std::optional<std::uint32_t> interrupts) override;
    void audible(const TurnResult& turn) override;
    void stopped(const TurnResult& turn) override;
    void turn_over(const TurnResult& turn) override;
    void problem(std::string_view text) override;

private:
    enum class Look { plain, caller, agent, quiet, bad };

    void show(const Ready& ready);
    void show(const State& state);
    void show(const UserTranscript& transcript);
    void show(const TurnStart&) {}
    void show(const AgentText& text);
    void show(const AudioFlush& flush);
    void show(const GoingAway& leaving);
    template <class Other>
    void show(const Other&) {}

    void line(std::string_view who, std::string_view text, Look look = Look::plain);
    void live_line(std::string_view who, std::string_view text);
    void clear_live_line();
    std::string start_of_line(std::string_view who) const;
    std::string painted(std::string_view text, Look look) const;

    std::ostream& out_;
    TerminalStyle style_;
    std::function<net::TimePoint()> clock_;
    net::TimePoint began_;
    bool live_shown_ = false;
};

}  // namespace atlas::caller
