#include "sandbox/services/deepgram_sessions.hpp"
#include "sandbox/services/nova_results.hpp"

namespace atlas::sandbox {
namespace {

// The wire's own words (deepgram.md §1.6).
constexpr const char* net0000 =
    "Deepgram did not provide a response message within the timeout window. See https://dpgr.am/net0000";
constexpr const char* net0001 =
    "Deepgram did not receive audio data or a text message within the timeout window. See "
    "https://dpgr.am/net0001";

// One Nova connection: the wire's rules round NovaResults.
class NovaSession final : public ListenSession {
public:
    NovaSession(World& world, WebsocketPeer& peer, const Request& request, NovaSettings settings,
                Opening opening)
        : ListenSession(world, peer, request, std::move(opening)),
          settings_(settings),
          results_(
              std::move(settings), opening_.request_id,
              {has("no_speech_final"), has("no_utterance_end"), has("no_finalize"), has("empty_finalize"),
               has("missing_optional"), has("integers"), has("unknown_events")},
              [this](std::string json) { send(std::move(json)); },
              [this] {
                  if (recognizer_) recognizer_->flush([] {});
              }) {
        throttle_ = world.script.limit("deepgram.throttle");
    }

private:
    void said(std::string_view message) override {
        const auto read = read_nova_message(message);
        if (const auto* problem = std::get_if<Unparsable>(&read)) {
            violation("unparsable_message", std::string(message.substr(0, 200)));
            return results_.schema_error(problem->description, std::string(message.substr(0, 200)));
        }
        if (std::holds_alternative<KeepAlive>(read)) return keep_alive();
        if (std::holds_alternative<Finalize>(read)) return finalize();
        if (const auto* change = std::get_if<NovaConfigure>(&read)) return results_.configured(*change);
        if (std::holds_alternative<CloseStream>(read) && !close_stream_) {
            close_stream_seen();
            when_all_passed_ = [this] { close_stream(); };
            if (received_ms_ <= passed_ms_) std::exchange(when_all_passed_, nullptr)();
        }
    }

    void keep_alive() {
        record_->numbers["keep_alives"] += 1;
        const auto now = Clock::now();
        if (last_keep_alive_) {
            const double ms = std::chrono::duration<double, std::milli>(now - *last_keep_alive_).count();
            auto& longest = record_->numbers["longest_keep_alive_gap_ms"];
            longest = std::max(longest, ms);
        }
        last_keep_alive_ = now;
    }

    void finalize() {
        results_.finalizing();
        if (!recognizer_) return results_.finalized();
        recognizer_->flush([this] {
            if (!closing_) results_.finalized();
        });
    }

    void close_stream() {
        const auto end = [this] {
            results_.closing();
            results_.metadata(audio_hash());
            close(1000);
        };
        if (!recognizer_) return end();
        recognizer_->flush([this, end] {
            if (!closing_) end();
        });
    }

    void heard(double ms) override { results_.audio(ms); }
    void recognised(const RecognizerEvent& event) override { results_.recognised(event); }

    void tick() override {
        if (close_stream_) return;
        const bool no_audio = !ms_since_audio();
        if (ms_since_message() > world_.script.limit("deepgram.gap_ms")) {
            violation(no_audio ? "first_audio" : "gap", "no audio or text message for too long");
            return close(1011, net0001);
        }
        if (no_audio && ms_open() > world_.script.limit("deepgram.first_audio_ms") && !warned_) {
            warned_ = true;
            warning("first_audio", "no audio within the first ten seconds");
        }
        if (no_audio && ms_open() > world_.script.limit("deepgram.keepalive_only_ms")) {
            violation("keepalive_only", "KeepAlive alone does not hold a connection: audio must come");
            close(1011, net0000);
        }
    }

    void fault_struck(const Fault& fault) override {
        if (fault.has("error_event")) results_.schema_error("The sandbox was told to send an error.", "{}");
        if (fault.has("noise_start")) results_.noise();
    }

    NovaSettings settings_;
    NovaResults results_;
    std::optional<Clock::time_point> last_keep_alive_;
    bool warned_ = false;
};

}  // namespace

std::unique_ptr<WebsocketSession> make_nova_session(World& world, WebsocketPeer& peer, const Request& request,
                                                    NovaSettings settings, ListenSession::Opening opening) {
    return std::make_unique<NovaSession>(world, peer, request, std::move(settings), std::move(opening));
}

}  // namespace atlas::sandbox
