#include "sandbox/services/deepgram_sessions.hpp"
#include "sandbox/services/flux_turns.hpp"

#include <algorithm>
#include <array>

namespace atlas::sandbox {
namespace {

constexpr std::string_view net0000 =
    "Deepgram did not provide a response message within the timeout window. See https://dpgr.am/net0000";

// One Flux connection: the wire's rules round FluxTurns.
class FluxSession final : public ListenSession {
public:
    FluxSession(World& world, WebsocketPeer& peer, const Request& request, FluxSettings settings,
                Opening opening)
        : ListenSession(world, peer, request, std::move(opening)),
          turns_(
              std::move(settings), opening_.request_id,
              {has("noise_start"), has("flapping"), has("unknown_events"), world.script.old_flux},
              [this](std::string json) { send(std::move(json)); },
              [this] {
                  if (recognizer_) recognizer_->flush([] {});
              }),
          configure_timer_(world.loop) {
        turns_.on_told([this](std::string_view event, int segment) { stamp(event, segment); });
        turns_.connected();
    }

private:
    void said(std::string_view message) override {
        const auto read = read_flux_message(message, world_.script.old_flux);
        if (const auto* problem = std::get_if<Unparsable>(&read)) {
            violation("unparsable_message", std::string(message.substr(0, 200)));
            turns_.error("UNPARSABLE_CLIENT_MESSAGE", problem->description);
            return close({});
        }
        if (std::holds_alternative<CloseStream>(read)) {
            close_stream_seen();
            turns_.closing();
            return close({});  // without a status: the client sees 1005 (deepgram.md §2.2)
        }
        if (std::holds_alternative<ForceEndTurn>(read)) return turns_.force_end_turn();
        configure(std::get<FluxConfigure>(read));
    }

    // Acknowledged a little later, so that a second one in the meantime is one too many.
    void configure(const FluxConfigure& change) {
        if (configuring_) {
            violation("configure_pending", "a Configure was sent before the last one was acknowledged");
            return turns_.refuse_configure("TOO_MANY_PENDING", "Too many pending Configure messages.");
        }
        configuring_ = true;
        configure_timer_.start(world_.script.wait("deepgram.configure"), [this, change] {
            configuring_ = false;
            if (const auto problem = check_configure(change, turns_.settings()))
                violation("configure", problem->description);
            if (!closing_) turns_.configure(change);
        });
    }

    void stamp(std::string_view event, int segment) {
        if (segment < 0) return;  // no words of the script
        constexpr std::array events{"StartOfTurn", "EagerEndOfTurn", "TurnResumed", "EndOfTurn"};
        const auto found = std::ranges::find(events, event);
        if (found != events.end())
            world_.stamps.add(*found, {peer_.connection(), static_cast<std::uint64_t>(segment)});
    }

    void heard(double ms) override { turns_.audio(ms); }
    void recognised(const RecognizerEvent& event) override { turns_.recognised(event); }

    void tick() override {
        if (ms_since_frame() > world_.script.limit("deepgram.flux_idle_ms")) {
            violation("idle", "no frame, not even a ping, for too long");
            return close(1011, std::string(net0000));
        }
        const auto quiet = ms_since_audio();
        const bool starving = turns_.turn_open() && quiet && *quiet > 1000;
        if (starving && !warned_)
            warning("audio_stopped_in_turn",
                    "a turn is open and no audio came for a second; Flux's time is audio time");
        warned_ = starving;
    }

    void fault_struck(const Fault& fault) override {
        if (fault.has("error_event")) {
            turns_.error(fault.text("error", "INTERNAL_SERVER_ERROR"), "The sandbox was told to fail.");
            close({});
        }
        if (fault.has("noise_start")) turns_.noise();
    }

    FluxTurns turns_;
    Timer configure_timer_;
    bool configuring_ = false;
    bool warned_ = false;
};

}  // namespace

std::unique_ptr<WebsocketSession> make_flux_session(World& world, WebsocketPeer& peer, const Request& request,
                                                    FluxSettings settings, ListenSession::Opening opening) {
    return std::make_unique<FluxSession>(world, peer, request, std::move(settings), std::move(opening));
}

}  // namespace atlas::sandbox
