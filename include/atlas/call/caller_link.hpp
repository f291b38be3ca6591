#pragma once

#include "atlas/audio/audio_pacer.hpp"
#include "atlas/audio/opus_decoder.hpp"
#include "atlas/audio/opus_encoder.hpp"
#include "atlas/audio/resampler.hpp"
#include "atlas/net/loop.hpp"
#include "atlas/net/websocket.hpp"
#include "atlas/protocol/client_codec.hpp"
#include "atlas/protocol/negotiation.hpp"
#include "atlas/protocol/protocol_guard.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace atlas::call {

// The caller's connection: hears and speaks in frames, translates messages, keeps the protocol's rules. It
// moves sound and decides nothing about the conversation. Owned by Call; destroying it closes the socket.
class CallerLink {
public:
    struct Settings {
        net::Duration hello_timeout = std::chrono::seconds(10);
        std::chrono::milliseconds lead{600};  // how far ahead of the caller's ear we send
        // A client may be this far ahead of time with its audio (what it kept while the network was gone).
        std::chrono::milliseconds audio_credit{20'000};
    };

    // Called from the loop. Any of them may destroy the link, except while it is speaking a frame.
    struct Handlers {
        std::function<void(protocol::Hello)> on_hello;
        std::function<void(protocol::ReceivedMessage)> on_message;  // all but hello, ping, pong and playback
        std::function<void(std::span<const std::int16_t>)> on_audio;  // at the agreed rate
        std::function<void()> on_loud;     // about a second of loud sound was heard
        std::function<void()> on_audible;  // the reply's first frame was sent, or the first after on_dry
        std::function<void()> on_dry;      // the caller has heard all there is, and more is to come
        std::function<void(std::uint32_t clip)> on_clip_played;
        std::function<void()> on_progress;    // about once a second while a reply plays
        std::function<void()> on_played_out;  // after finish(): everything was heard
        std::function<void(const protocol::ProtocolError&)> on_error;  // was told to the client already
        std::function<void(const net::WebsocketClosed&)> on_closed;    // once, last
    };

    CallerLink(net::Loop& loop, std::unique_ptr<net::Websocket> websocket, const protocol::ClientCodec& codec,
               Settings settings, Handlers handlers);
    ~CallerLink();

    // After hello: from now on frames have these formats. The ready message goes out with it.
    void agree(const protocol::AudioChoice& formats, const protocol::Ready& ready,
               bool player_pauses = false);
    void send(const protocol::ServerMessage& message);
    void refuse(protocol::ProtocolError error);  // tells it; closes when it is fatal
    void close(std::uint16_t code, std::string_view reason);

    // What the client says of its player; ignored when it is about another turn than the one being spoken.
    void report_played(std::uint32_t turn, std::chrono::milliseconds played);

    // One reply at a time. Samples are synthesis_sample_rate; returns false when the queue is full (a
    // minute).
    void begin_reply(std::uint32_t turn);
    // Holds the reply where it is, or before its beginning, and lets it go on.
    void pause();
    void resume();
    bool speak(std::span<const std::int16_t> samples);
    void end_clip(std::uint32_t clip);  // on_clip_played follows when the caller has heard up to here
    void finish();                      // no more will come
    void stop_speaking();               // forgets what was not sent

    std::chrono::microseconds spoken_length() const;    // of the current reply, queued so far
    std::chrono::microseconds played_position() const;  // how much of it the caller has heard
    std::chrono::milliseconds audio_in() const;         // heard from the caller in this call
    std::chrono::milliseconds audio_out() const;        // sent to the caller in this call
    int underruns() const { return underruns_; }
    std::string_view peer_address() const { return websocket_->peer_address(); }

private:
    struct ClipEnd {
        std::uint32_t clip;
        std::int64_t position;  // in samples of the pacer
    };

    void on_text(std::string_view text);
    void on_binary(std::span<const std::byte> bytes);
    void hear(const protocol::AudioFrame& frame);
    void note_loudness(std::span<const std::int16_t> samples);
    bool within_credit(std::int64_t samples);
    void tick();
    void send_due_frames();
    void send_frame(const audio::PacedFrame& frame);
    void send_end_mark();
    void report_progress();
    void arm();
    void too_slow();

    net::Loop& loop_;
    std::unique_ptr<net::Websocket> websocket_;
    const protocol::ClientCodec& codec_;
    Settings settings_;
    Handlers handlers_;
    protocol::ProtocolGuard guard_;
    std::uint64_t seq_ = 0;
    bool closing_ = false;
    std::unique_ptr<net::Timer> hello_timer_;

    // Hearing.
    audio::AudioFormat in_{};
    std::unique_ptr<audio::OpusDecoder> decoder_;
    std::vector<std::int16_t> heard_;  // the frame being decoded; keeps its memory
    std::int64_t heard_samples_ = 0;
    net::TimePoint heard_until_{};  // when the sound so far would end, had all of it come in time
    bool complained_too_fast_ = false;
    std::int64_t loud_samples_ = 0;  // since on_loud was told last

    // Speaking.
    audio::AudioFormat out_{};
    std::optional<audio::AudioPacer> pacer_;
    std::optional<audio::Resampler> resampler_;
    std::unique_ptr<audio::OpusEncoder> encoder_;
    std::vector<std::int16_t> resampled_;
    std::vector<std::byte> packet_;
    std::uint32_t turn_ = 0;
    std::deque<ClipEnd> clip_ends_;
    bool speaking_ = false;
    bool player_pauses_ = false;  // the client's, at state paused
    bool audible_ = false;
    bool dry_ = false;
    bool finished_ = false;
    bool end_marked_ = false;       // the flag of the last frame was sent
    std::int64_t sent_before_ = 0;  // samples of earlier replies
    int underruns_ = 0;
    net::TimePoint progress_at_{};
    std::unique_ptr<net::Timer> frame_timer_;
};

}  // namespace atlas::call
