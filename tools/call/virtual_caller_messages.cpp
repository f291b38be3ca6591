#include "call/virtual_caller.hpp"

#include <algorithm>
#include <utility>

// What the server says.
namespace atlas::caller {
namespace {

std::string quoted(const std::string& code, const std::string& message) { return code + ": " + message; }

}  // namespace

void VirtualCaller::on_text(std::string_view text) {
    if (over_) return;
    const ReceivedMessage received = parse_server_message(text);
    if (!received.problem.empty()) return problem(received.problem);
    check_order(received.seq);
    std::visit([this](const auto& message) { on(message); }, received.message);
    if (observer_ != nullptr) observer_->received(received.message);
    if (const auto* end = std::get_if<TurnEnd>(&received.message); end != nullptr && observer_ != nullptr) {
        observer_->turn_over(result_.turn(end->turn));
    }
    run();
}

// client-protocol.md §3: numbered 1, 2, 3 without a gap.
void VirtualCaller::check_order(std::uint64_t seq) {
    const std::uint64_t expected = std::exchange(received_seq_, seq) + 1;
    if (seq == expected) return;
    problem("`s` must be " + std::to_string(expected) + ", received " + std::to_string(seq));
}

void VirtualCaller::on(const Ready& ready) {
    if (result_.ready) return problem("a second ready");
    ready_by_.reset();
    const bool as_offered =
        ready.audio_in == plan_->hello.audio_in && ready.audio_out == plan_->hello.audio_out;
    if (!as_offered) {
        result_.connect_error = "ready names an audio format that was not offered";
        return leave("bad ready", plan_->goodbye_timeout);
    }
    result_.ready = ready;
    if (leaving_) return;
    const net::TimePoint now = loop_.now();
    microphone_.emplace(ready.audio_in, sounds_.silence(ready.audio_in), now);
    Player::Loudspeaker loudspeaker;
    if (plan_->keep_sound && observer_ != nullptr) {
        loudspeaker = [this](std::span<const std::int16_t> samples) { observer_->heard(samples); };
    }
    PlayerSettings settings;
    settings.rate = ready.audio_out.rate;
    player_.emplace(settings, std::move(loudspeaker));
    if (ready.audio_out.codec == audio::Codec::opus) decoder_.emplace(ready.audio_out.rate);
    script_.call_ready(now);
}

void VirtualCaller::on(const State& state) { script_.state_changed(state.state, loop_.now()); }

void VirtualCaller::on(const UserTranscript& transcript) {
    if (transcript.turn == transcript_.turn && transcript.rev <= transcript_.rev) return;
    transcript_ = transcript;
}

void VirtualCaller::on(const TurnStart& start) {
    TurnResult& turn = result_.turn(start.turn);
    turn.cause = start.reason;
    if (transcript_.turn == start.turn) turn.user = transcript_.text;
    script_.turn_started(start.turn, start.reason, loop_.now());
}

void VirtualCaller::on(const AgentText& text) {
    TurnResult* turn = result_.find_turn(text.turn);
    if (turn == nullptr) return problem("agent.text of a turn that was not started");
    constexpr std::size_t longest_text = 1024 * 1024;
    if (turn->agent.size() < longest_text) turn->agent += text.text;
}

void VirtualCaller::on(const AudioFlush& flush) {
    TurnResult* turn = result_.find_turn(flush.turn);
    if (turn == nullptr) return problem("audio.flush of a turn that was not started");
    turn->flushed = true;
    if (player_) player_->flush(flush.turn, flush.keep_ms, loop_.now());
    script_.turn_flushed(flush.turn, loop_.now());
}

void VirtualCaller::on(const TurnEnd& end) {
    if (result_.find_turn(end.turn) == nullptr) problem("turn.end of a turn that was not started");
    TurnResult& turn = result_.turn(end.turn);
    turn.user = end.user_text;
    turn.agent = end.full_text;
    turn.heard = end.heard_text;
    turn.status = end.status;
    turn.reason = end.reason;
    turn.stages_ms = end.stages_ms;
    if (player_) player_->end_turn(end.turn, loop_.now());
    script_.turn_ended(end.turn, loop_.now());
}

void VirtualCaller::on(const Ping& ping) { send(write_pong(ping.time_ms, ++sent_seq_)); }

void VirtualCaller::on(const Warning& warning) {
    problem("warning " + quoted(warning.code, warning.message));
}

void VirtualCaller::on(const Error& error) {
    if (!result_.ready) result_.connect_error = quoted(error.code, error.message);
    problem("error " + quoted(error.code, error.message));
}

void VirtualCaller::on(const Closed& closed) {
    result_.close_reason = closed.reason;
    result_.usage = closed.usage;
    microphone_.reset();
    ready_by_.reset();
    if (!std::exchange(leaving_, true)) gone_by_ = loop_.now() + plan_->goodbye_timeout;
}

// ---- sound

void VirtualCaller::on_binary(std::span<const std::byte> bytes) {
    if (over_ || bytes.empty()) return;
    const auto header = read_audio_header(bytes);
    if (!header)
        return problem("a binary message of " + std::to_string(bytes.size()) + " bytes has no header");
    if (header->kind != audio_kind) return;  // of a newer server
    if (!player_) return problem("audio came before ready");
    hear(*header, bytes.subspan(audio_header_bytes));
    run();
}

void VirtualCaller::hear(const AudioHeader& header, std::span<const std::byte> payload) {
    // `stream` is the lower half of the turn's number; only recent turns can be meant.
    const auto turn = std::find_if(
        result_.turns.rbegin(), result_.turns.rend(),
        [&header](const TurnResult& one) { return static_cast<std::uint16_t>(one.turn) == header.stream; });
    if (turn == result_.turns.rend()) return problem("audio of a turn that was not started");
    const auto samples = decode(header, payload);
    const bool last = (header.flags & flag_last) != 0;
    complain_about(player_->receive(turn->turn, header.timestamp, last, samples, loop_.now()), turn->turn);
}

std::span<const std::int16_t> VirtualCaller::decode(const AudioHeader& header,
                                                    std::span<const std::byte> payload) {
    samples_.clear();
    if (!decoder_) {
        audio::take_pcm16(payload, samples_);
        return samples_;
    }
    if ((header.flags & flag_first) != 0) decoder_->reset();
    if (payload.empty()) return samples_;
    const auto decoded = decoder_->decode(payload);
    if (!decoded.ok()) problem("audio cannot be decoded: " + decoded.error);
    return decoded.samples;
}

// One complaint for each kind of fault in a row, not one for each message.
void VirtualCaller::complain_about(Received outcome, std::uint32_t turn) {
    if (outcome == std::exchange(last_outcome_, outcome)) return;
    const std::string of = " of turn " + std::to_string(turn);
    switch (outcome) {
        case Received::played:
            return;
        case Received::ignored:
            return problem("audio" + of + " came after its end or flush");
        case Received::gap:
            return problem("audio" + of + " is missing: `ts` jumped ahead");
        case Received::repeated:
            return problem("audio" + of + " came again: `ts` went back");
        case Received::no_room:
            return problem("audio" + of + " came too far ahead of time: some was dropped");
    }
}

}  // namespace atlas::caller
