#pragma once

#include "sandbox/services/listen_audio.hpp"
#include "sandbox/transport/message.hpp"
#include "sandbox/world.hpp"

#include <openssl/evp.h>

#include <cstdio>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace atlas::sandbox {

// What both listening services share: receiving audio and its rules, the verdict, faults of the connection,
// a tick. The service adds what it says. Owned by the transport.
class ListenSession : public WebsocketSession {
public:
    struct Opening {
        std::string service;
        std::string request_id;
        std::string key_scheme;  // for the verdict
        DeepgramAudio audio;
        std::vector<std::string> keyterms;
        std::string language = "en";
        std::optional<Fault> fault;
        std::shared_ptr<void> counted;  // one of the service's open connections, as long as it lives
    };
    ListenSession(World& world, WebsocketPeer& peer, const Request& request, Opening opening);
    ~ListenSession() override;

    void text(std::string_view message) final;
    void binary(std::span<const std::uint8_t> message) final;
    void ping() final;
    void ended(const WebsocketEnd& end) final;

protected:
    virtual void said(std::string_view message) = 0;  // a text message
    virtual void heard(double ms) = 0;                // audio was passed to the recogniser
    virtual void recognised(const RecognizerEvent& event) = 0;
    virtual void tick() = 0;                            // every 100 ms
    virtual void fault_struck(const Fault& fault) = 0;  // error_event, noise_start

    void send(std::string json);
    void close(std::optional<std::uint16_t> code, std::string reason = {});
    void violation(std::string_view rule, std::string_view detail);
    void warning(std::string_view rule, std::string_view detail);
    bool has(std::string_view fault_name) const { return opening_.fault && opening_.fault->has(fault_name); }
    void close_stream_seen();
    std::string audio_hash() const;

    double ms_open() const;
    double ms_since_message() const;  // binary or text
    double ms_since_frame() const;    // any frame
    std::optional<double> ms_since_audio() const;

    World& world_;
    WebsocketPeer& peer_;
    Opening opening_;
    std::shared_ptr<ConnectionRecord> record_;
    std::unique_ptr<RecognizerSession> recognizer_;
    double received_ms_ = 0;  // audio received
    double passed_ms_ = 0;    // audio given to the recogniser
    double throttle_ = 0;     // audio is taken at no more than this many times real time; 0: at once
    bool close_stream_ = false;
    bool closing_ = false;                   // we have decided to end it
    bool silent_ = false;                    // withheld or stalled: nothing is said any more
    std::function<void()> when_all_passed_;  // CloseStream waits for throttled audio

private:
    void schedule();
    void take(std::span<const std::uint8_t> message);
    void pass(std::span<const std::uint8_t> bytes);
    void pass_throttled();
    void check_faults();
    void finish_verdict();

    ListenAudio audio_;
    Timer timer_;
    std::deque<std::vector<std::uint8_t>> waiting_;  // throttled audio; reading stops above 5 s
    double waiting_ms_ = 0;
    bool fault_done_ = false;
    Clock::time_point opened_ = Clock::now();
    Clock::time_point last_message_ = opened_;
    Clock::time_point last_frame_ = opened_;
    std::optional<Clock::time_point> first_audio_;
    std::optional<Clock::time_point> last_audio_;
    double longest_gap_ms_ = 0;
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> hash_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

}  // namespace atlas::sandbox
