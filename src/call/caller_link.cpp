#include "atlas/call/caller_link.hpp"

#include "atlas/audio/level.hpp"
#include "atlas/net/grid.hpp"
#include "atlas/providers/speech_synthesizer.hpp"

#include <algorithm>
#include <utility>

namespace atlas::call {
namespace {

using namespace std::chrono_literals;

constexpr auto progress_interval = 1s;
constexpr auto grid = 10ms;             // of all pacers; a listener has more than half a second in hand
constexpr auto together = 120ms;        // of sound leave in one packet
constexpr auto longest_unseen = 160ms;  // between two looks at how far the caller has heard
constexpr std::size_t resampler_step = providers::synthesis_sample_rate / 10;
constexpr double loud_dbfs = -42;  // a voice near the microphone is 15 to 25 dB louder
constexpr std::chrono::milliseconds longest_report = 24h;  // more than any turn; keeps the arithmetic whole

std::chrono::microseconds time_of(std::int64_t samples, int rate) {
    return std::chrono::microseconds(samples * 1'000'000 / rate);
}

}  // namespace

CallerLink::CallerLink(net::Loop& loop, std::unique_ptr<net::Websocket> websocket,
                       const protocol::ClientCodec& codec, Settings settings, Handlers handlers)
    : loop_(loop),
      websocket_(std::move(websocket)),
      codec_(codec),
      settings_(settings),
      handlers_(std::move(handlers)),
      hello_timer_(loop.make_timer([this] {
          refuse(protocol::make_error(
              protocol::ErrorCode::hello_timeout,
              "the first message must be a hello, within " +
                  std::to_string(
                      std::chrono::duration_cast<std::chrono::milliseconds>(settings_.hello_timeout)
                          .count()) +
                  " ms of connecting"));
      })),
      frame_timer_(loop.make_timer([this] { tick(); })) {
    hello_timer_->expire_after(settings_.hello_timeout);
    websocket_->start({.on_text = [this](std::string_view text) { on_text(text); },
                       .on_binary = [this](std::span<const std::byte> bytes) { on_binary(bytes); },
                       .on_closed =
                           [this](const net::WebsocketClosed& closed) {
                               closing_ = true;
                               hello_timer_->cancel();
                               frame_timer_->cancel();
                               handlers_.on_closed(closed);
                           }});
}

CallerLink::~CallerLink() = default;

void CallerLink::agree(const protocol::AudioChoice& formats, const protocol::Ready& ready,
                       bool player_pauses) {
    in_ = formats.in;
    player_pauses_ = player_pauses;
    out_ = formats.out;
    if (in_.codec == audio::Codec::opus) decoder_ = std::make_unique<audio::OpusDecoder>(in_.rate);
    if (out_.codec == audio::Codec::opus) {
        encoder_ = std::make_unique<audio::OpusEncoder>(
            audio::OpusEncoderSettings{.rate = out_.rate, .frame_ms = out_.frame_ms});
        packet_.resize(audio::max_opus_packet_bytes);
    }
    audio::PacerSettings pacing;
    pacing.rate = out_.rate;
    pacing.frame_ms = out_.frame_ms;
    pacing.lead = settings_.lead;
    pacing.group = together;
    pacer_.emplace(pacing);
    resampler_.emplace(providers::synthesis_sample_rate, out_.rate);
    send(ready);
    guard_.ready_sent();
}

// ---- messages

void CallerLink::send(const protocol::ServerMessage& message) {
    if (closing_) return;
    if (!websocket_->send_text(codec_.encode(message, ++seq_))) too_slow();
}

void CallerLink::refuse(protocol::ProtocolError error) {
    if (closing_) return;
    error = guard_.judge(std::move(error));
    send(protocol::to_message(error));
    if (error.fatal) close(error.close_code, protocol::info(error.code).name);
    handlers_.on_error(error);
}

void CallerLink::close(std::uint16_t code, std::string_view reason) {
    if (std::exchange(closing_, true)) return;
    hello_timer_->cancel();
    frame_timer_->cancel();
    websocket_->close(code, reason);
}

// The queue towards the client is full: a megabyte, half a minute of sound. Later sound would be worse than
// a fresh connection.
void CallerLink::too_slow() {
    if (std::exchange(closing_, true)) return;
    frame_timer_->cancel();
    websocket_->close(1013, "slow_client");
    handlers_.on_error(protocol::make_error(protocol::ErrorCode::slow_client, "the send queue is full"));
}

void CallerLink::on_text(std::string_view text) {
    if (closing_) return;
    auto decoded = codec_.decode_text(text);
    if (auto* error = std::get_if<protocol::ProtocolError>(&decoded)) return refuse(std::move(*error));
    auto& received = std::get<protocol::ReceivedMessage>(decoded);
    if (auto error = guard_.admit(received)) return refuse(std::move(*error));
    if (auto* hello = std::get_if<protocol::Hello>(&received.message)) {
        hello_timer_->cancel();
        return handlers_.on_hello(std::move(*hello));
    }
    if (const auto* ping = std::get_if<protocol::Ping>(&received.message)) {
        return send(protocol::Pong{ping->time_ms, std::nullopt});
    }
    if (const auto* playback = std::get_if<protocol::Playback>(&received.message))
        return report_played(playback->turn, std::chrono::milliseconds(playback->played_ms));
    if (std::holds_alternative<protocol::Pong>(received.message)) return;
    handlers_.on_message(std::move(received));
}

void CallerLink::report_played(std::uint32_t turn, std::chrono::milliseconds played) {
    if (!speaking_ || turn != turn_) return;
    played = std::min(played, longest_report);
    pacer_->report_played(audio::samples_in(played, out_.rate), loop_.now());
    tick();
}

// ---- hearing

void CallerLink::on_binary(std::span<const std::byte> bytes) {
    if (closing_) return;
    auto decoded = codec_.decode_audio(bytes, in_);
    if (std::holds_alternative<protocol::EmptyMessage>(decoded)) return;
    if (auto error = guard_.admit_audio()) return refuse(std::move(*error));
    if (auto* error = std::get_if<protocol::ProtocolError>(&decoded)) return refuse(std::move(*error));
    hear(std::get<protocol::AudioFrame>(decoded));
}

void CallerLink::hear(const protocol::AudioFrame& frame) {
    if (frame.payload.empty()) return;
    std::span<const std::int16_t> samples;
    if (decoder_) {
        auto sound = decoder_->decode(frame.payload);
        if (!sound.ok()) {
            return refuse(
                protocol::make_error(protocol::ErrorCode::audio_undecodable, std::move(sound.error)));
        }
        samples = sound.samples;
    } else {
        heard_.clear();
        audio::take_pcm16(frame.payload, heard_);
        samples = heard_;
    }
    if (!within_credit(static_cast<std::int64_t>(samples.size()))) return;
    note_loudness(samples);
    handlers_.on_audio(samples);
}

// Not a judgement about speech: only that it was not silent.
void CallerLink::note_loudness(std::span<const std::int16_t> samples) {
    if (audio::measure_level(samples).rms_dbfs < loud_dbfs) return;
    loud_samples_ += static_cast<std::int64_t>(samples.size());
    if (loud_samples_ < in_.rate) return;
    loud_samples_ = 0;
    handlers_.on_loud();
}

// Sound cannot be recorded faster than time passes; a client that sends more is broken or means harm.
bool CallerLink::within_credit(std::int64_t samples) {
    const auto now = loop_.now();
    const auto until = std::max(heard_until_, now) + audio::duration_of(samples, in_.rate);
    if (until <= now + settings_.audio_credit) {
        heard_until_ = until;
        heard_samples_ += samples;
        complained_too_fast_ = false;
        return true;
    }
    if (!std::exchange(complained_too_fast_, true)) {
        refuse(protocol::make_error(protocol::ErrorCode::audio_too_fast,
                                    "audio may run at most " +
                                        std::to_string(settings_.audio_credit.count()) +
                                        " ms ahead of real time; the rest is dropped"));
    }
    return false;
}

// ---- speaking

void CallerLink::begin_reply(std::uint32_t turn) {
    stop_speaking();
    turn_ = turn;
    speaking_ = true;
    audible_ = finished_ = end_marked_ = dry_ = false;
    pacer_->begin(turn);
    if (encoder_) encoder_->reset();
}

void CallerLink::pause() {
    if (speaking_) pacer_->pause(loop_.now(), player_pauses_);
}

void CallerLink::resume() {
    if (!speaking_) return;
    pacer_->resume(loop_.now());
    send_due_frames();
}

bool CallerLink::speak(std::span<const std::int16_t> samples) {
    if (!speaking_) return true;
    bool fits = true;
    while (!samples.empty()) {  // in steps, so that a whole clip at once leaves no large buffer behind
        const auto step = samples.first(std::min(samples.size(), resampler_step));
        samples = samples.subspan(step.size());
        resampled_.clear();
        resampler_->process(step, resampled_);
        fits = pacer_->push(resampled_) == resampled_.size() && fits;
    }
    send_due_frames();
    return fits;
}

void CallerLink::end_clip(std::uint32_t clip) {
    if (!speaking_) return;
    resampled_.clear();
    resampler_->flush(resampled_);
    pacer_->push(resampled_);
    clip_ends_.push_back({clip, pacer_->pushed()});
    send_due_frames();
}

void CallerLink::finish() {
    if (!speaking_) return;
    finished_ = true;
    pacer_->finish();
    send_due_frames();
    send_end_mark();
}

// All was sent before it was known that nothing follows: the flag comes with a message without sound.
void CallerLink::send_end_mark() {
    if (closing_ || !audible_ || end_marked_ || pacer_->queued() > 0) return;
    end_marked_ = true;
    const auto position = static_cast<std::uint32_t>(pacer_->sent());
    const auto header = codec_.encode_audio_header(protocol::audio_last, turn_, position);
    if (!websocket_->send_binary(header)) too_slow();
}

void CallerLink::stop_speaking() {
    if (!speaking_) return;
    speaking_ = false;
    frame_timer_->cancel();
    underruns_ += pacer_->stats().underruns;
    const auto ended = pacer_->clear(loop_.now());
    sent_before_ += ended.sent;
    resampler_->reset();
    clip_ends_.clear();
    websocket_->drop_queued_binary();
}

void CallerLink::tick() {
    if (closing_ || !speaking_) return;
    send_due_frames();
    if (speaking_ && !closing_) report_progress();
}

void CallerLink::send_due_frames() {
    while (!closing_) {
        const auto frame = pacer_->next_frame(loop_.now());
        if (!frame) break;
        send_frame(*frame);
    }
    if (!closing_) arm();
}

void CallerLink::send_frame(const audio::PacedFrame& frame) {
    std::uint8_t flags = 0;
    if (frame.first) flags |= protocol::audio_first;
    if (frame.last) flags |= protocol::audio_last;
    end_marked_ = frame.last;
    const auto header = codec_.encode_audio_header(flags, turn_, static_cast<std::uint32_t>(frame.position));
    std::span<const std::byte> payload;
    if (encoder_) {
        const auto encoded = encoder_->encode(frame.samples, packet_);
        payload = std::span(packet_).first(encoded.size);
    } else {
        payload = audio::pcm16_bytes(frame.samples);
    }
    if (!websocket_->send_binary(header, payload)) return too_slow();
    const bool first = !std::exchange(audible_, true);
    if (first) progress_at_ = loop_.now();
    if (std::exchange(dry_, false) || first) handlers_.on_audible();
}

// Tells what the caller has heard since the last look. Handlers only post, so that nothing here is destroyed.
void CallerLink::report_progress() {
    const auto now = loop_.now();
    const auto played = pacer_->played_estimate(now);
    while (!clip_ends_.empty() && clip_ends_.front().position <= played) {
        const auto clip = clip_ends_.front().clip;
        clip_ends_.pop_front();
        handlers_.on_clip_played(clip);
    }
    if (!dry_ && pacer_->starved(now)) {
        dry_ = true;
        handlers_.on_dry();
    }
    if (audible_ && now - progress_at_ >= progress_interval) {
        progress_at_ = now;
        handlers_.on_progress();
    }
    if (finished_ && pacer_->finished_playing(now)) {
        finished_ = false;  // told once
        handlers_.on_played_out();
    }
}

void CallerLink::arm() {
    const auto now = loop_.now();
    auto next = pacer_->next_due(now);
    const auto consider = [&next](std::optional<net::TimePoint> other) {
        if (other && (!next || *other < *next)) next = other;
    };
    if (audible_) consider(now + longest_unseen);
    if (finished_) consider(pacer_->playing_ends(now));
    if (next) {
        frame_timer_->expire_at(net::on_grid(*next, grid));
    } else {
        frame_timer_->cancel();
    }
}

// ---- figures

std::chrono::microseconds CallerLink::spoken_length() const {
    return speaking_ ? time_of(pacer_->pushed(), out_.rate) : std::chrono::microseconds(0);
}

std::chrono::microseconds CallerLink::played_position() const {
    return speaking_ ? time_of(pacer_->played_estimate(loop_.now()), out_.rate)
                     : std::chrono::microseconds(0);
}

std::chrono::milliseconds CallerLink::audio_in() const {
    return std::chrono::milliseconds(in_.rate > 0 ? audio::ms_in(heard_samples_, in_.rate) : 0);
}

std::chrono::milliseconds CallerLink::audio_out() const {
    const auto sent = sent_before_ + (speaking_ ? pacer_->sent() : 0);
    return std::chrono::milliseconds(out_.rate > 0 ? audio::ms_in(sent, out_.rate) : 0);
}

}  // namespace atlas::call
