#include "call/load_caller.hpp"

#include <algorithm>
#include <utility>

namespace atlas::caller {
namespace {

constexpr std::size_t most_turns = 1'000'000;
constexpr std::size_t most_kinds = 50;
constexpr auto report_every = std::chrono::milliseconds(400);

double ms(net::Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

}  // namespace

void LoadTally::keep(LoadTurn turn) {
    if (turns.size() < most_turns)
        turns.push_back(std::move(turn));
    else
        ++turns_dropped;
}

void LoadTally::note(const std::string& problem) {
    const std::string kind = problem.substr(0, 120);
    if (problems.contains(kind) || problems.size() < most_kinds) return void(++problems[kind]);
    ++problems["others"];
}

// "q", letters a to j, "x", letters a to j, "q", as the sandbox's {label} is written.
std::string find_turn_label(std::string_view text) {
    const auto digits = [&text](std::size_t at) {
        while (at < text.size() && text[at] >= 'a' && text[at] <= 'j') ++at;
        return at;
    };
    for (std::size_t at = text.find('q'); at != std::string_view::npos; at = text.find('q', at + 1)) {
        const std::size_t middle = digits(at + 1);
        if (middle == at + 1 || middle >= text.size() || text[middle] != 'x') continue;
        const std::size_t end = digits(middle + 1);
        if (end == middle + 1 || end >= text.size() || text[end] != 'q') continue;
        return std::string(text.substr(at, end + 1 - at));
    }
    return {};
}

LoadCaller::LoadCaller(net::Loop& loop, net::WebsocketConnector& connector, const LoadPlan& plan,
                       LoadTally& tally, int number)
    : loop_(loop), connector_(connector), plan_(plan), tally_(tally), script_(plan.pace, plan.seed, number) {}

void LoadCaller::start() {
    began_ = loop_.now();
    ++tally_.placed;
    pending_ = connector_.connect(plan_.request,
                                  [this](net::WebsocketConnected done) { connected(std::move(done)); });
}

void LoadCaller::connected(net::WebsocketConnected connected) {
    pending_.reset();
    if (!connected.websocket) {
        const std::string why = connected.http_status != 0
                                    ? "refused with status " + std::to_string(connected.http_status)
                                    : "not connected: " + connected.error;
        return fail(why);
    }
    websocket_ = std::move(connected.websocket);
    net::WebsocketHandlers handlers;
    handlers.on_text = [this](std::string_view text) { on_text(text); };
    handlers.on_binary = [this](std::span<const std::byte> bytes) { on_binary(bytes); };
    handlers.on_closed = [this](const net::WebsocketClosed& closed) { on_closed(closed); };
    websocket_->start(std::move(handlers));
    send(write_hello(plan_.hello, ++sent_seq_));
    if (leaving_) websocket_->close(1000, "bye");
}

void LoadCaller::on_closed(const net::WebsocketClosed& closed) {
    if (!leaving_) return fail("closed with code " + std::to_string(closed.code) + " " + closed.error);
    if (closed.code != 1000) tally_.note("goodbye answered with code " + std::to_string(closed.code));
    over_ = true;
}

void LoadCaller::fail(const std::string& problem) {
    if (std::exchange(over_, true)) return;
    tally_.note(problem);
    ++tally_.ended_early;
    keep_turn();
}

void LoadCaller::hang_up() {
    if (over_ || std::exchange(leaving_, true)) return;
    keep_turn();
    for (int i = 0; i < script_.missing_replies(); ++i) tally_.note("no reply in time");
    for (int i = 0; i < script_.missing_flushes(); ++i) tally_.note("no flush in time");
    if (pending_ || !websocket_) {
        pending_.reset();
        over_ = true;
        return;
    }
    websocket_->send_text(write_bye("done", ++sent_seq_));
}

// ---- what is due

void LoadCaller::tick(net::TimePoint now) {
    if (over_ || leaving_ || !microphone_) return;
    if (script_.talks(now)) {
        microphone_->say(plan_.talk);
        talking_ = true;
        talk_ended_.reset();
    }
    send_frames(now);
    report_playback(now);
}

void LoadCaller::send_frames(net::TimePoint now) {
    while (const auto frame = microphone_->next_frame(now)) {
        AudioHeader header{.kind = audio_kind, .timestamp = frame->timestamp};
        if (frame->first) header.flags |= flag_first;
        if (frame->discontinuity) header.flags |= flag_discontinuity;
        if (websocket_->send_binary(write_audio_header(header), frame->payload)) {
            ++tally_.frames_sent;
        } else {
            microphone_->frame_was_lost();
            tally_.note("the gateway does not read: frames were lost");
        }
        if (!talking_ || !frame->end_of_speech) continue;
        talking_ = false;
        talk_ended_ = now;
        script_.talk_ended(now);
    }
}

void LoadCaller::report_playback(net::TimePoint now) {
    if (!reply_ || !reply_->began() || reply_->cut()) return;
    const bool heard = reply_->heard_all(now);
    if (now < next_report_ && !heard) return;
    send_playback(now);
    if (heard) reply_over(now);
}

void LoadCaller::send_playback(net::TimePoint now) {
    protocol::Playback playback;
    playback.turn = reply_->turn();
    playback.played_ms = reply_->played_ms(now);
    playback.buffered_ms = reply_->received_ms() - playback.played_ms;
    playback.underruns = static_cast<std::uint64_t>(underruns_);
    send(write_playback(playback, ++sent_seq_));
    next_report_ = now + report_every;
}

void LoadCaller::reply_over(net::TimePoint now) {
    reply_.reset();
    script_.reply_ended(now);
}

void LoadCaller::keep_turn() {
    if (kept_) tally_.keep(std::move(*kept_));
    kept_.reset();
}

void LoadCaller::send(const std::string& text) {
    if (!websocket_->send_text(text)) tally_.note("the gateway does not read: messages were lost");
}

// ---- what the server says

void LoadCaller::on_text(std::string_view text) {
    if (over_) return;
    const ReceivedMessage received = parse_server_message(text);
    if (!received.problem.empty()) return tally_.note("bad message: " + received.problem);
    if (received.seq != std::exchange(received_seq_, received.seq) + 1) tally_.note("a message is missing");
    if (leaving_) return;
    std::visit([this](const auto& message) { on(message); }, received.message);
}

void LoadCaller::on(const Ready& ready) {
    if (microphone_) return tally_.note("a second ready");
    if (!(ready.audio_in == plan_.hello.audio_in && ready.audio_out == plan_.hello.audio_out))
        return tally_.note("ready names another audio format");
    const net::TimePoint now = loop_.now();
    tally_.ready_ms.add(ms(now - began_));
    ++tally_.ready;
    microphone_.emplace(ready.audio_in, plan_.silence, now);
    script_.ready(now);
}

void LoadCaller::on(const State& state) {
    if (state.state == "paused" && reply_) reply_->held();
}

void LoadCaller::on(const UserTranscript& transcript) {
    auto label = find_turn_label(transcript.text);
    if (label.empty()) return;
    transcript_turn_ = transcript.turn;
    label_ = std::move(label);
}

void LoadCaller::on(const TurnStart& start) {
    keep_turn();
    turn_ = start.turn;
    underruns_ = 0;
    reply_.emplace(start.turn, plan_.hello.audio_out.rate);
    kept_.emplace();
    if (start.reason != "user") tally_.note("a turn of the agent's own: " + start.reason);
    if (transcript_turn_ == start.turn) kept_->label = label_;
    kept_->talk_ended = std::exchange(talk_ended_, std::nullopt);
    kept_->flushed = std::exchange(flushed_, std::nullopt);
}

void LoadCaller::on(const AudioFlush& flush) {
    const net::TimePoint now = loop_.now();
    if (!reply_ || reply_->turn() != flush.turn) return;
    flushed_ = now;
    ++tally_.interruptions;
    reply_->flushed(flush.keep_ms, now);
    send_playback(now);
    reply_.reset();
    script_.reply_flushed(now);
}

void LoadCaller::on(const TurnEnd& end) {
    if (end.turn == turn_ && kept_ && kept_->label.empty()) kept_->label = find_turn_label(end.user_text);
    if (end.status == "completed") ++tally_.completed;
    if (end.status == "failed") tally_.note("turn failed: " + end.reason);
    if (!reply_ || reply_->turn() != end.turn) return;
    if (!reply_->complete()) reply_over(loop_.now());  // nothing more of it will come
}

void LoadCaller::on(const Ping& ping) { send(write_pong(ping.time_ms, ++sent_seq_)); }
void LoadCaller::on(const Warning& warning) { tally_.note("warning " + warning.code); }
void LoadCaller::on(const Error& error) { tally_.note("error " + error.code); }
void LoadCaller::on(const Closed& closed) {
    leaving_ = true;
    tally_.note("the gateway ended a call: " + closed.reason);
    ++tally_.ended_early;
    keep_turn();
}

// ---- sound

void LoadCaller::on_binary(std::span<const std::byte> bytes) {
    const net::TimePoint now = loop_.now();
    if (over_ || leaving_) return;
    const auto header = read_audio_header(bytes);
    if (!header) return tally_.note("a binary message without a header");
    if (header->kind != audio_kind) return;
    ++tally_.frames_received;
    if (!reply_ || static_cast<std::uint16_t>(reply_->turn()) != header->stream)
        return tally_.note("audio of a turn that is not being heard");
    const audio::AudioFormat& format = plan_.hello.audio_out;
    const std::size_t payload = bytes.size() - audio_header_bytes;
    const bool opus = format.codec == audio::Codec::opus;
    const auto samples = static_cast<std::int64_t>(opus && payload > 0 ? audio::samples_per_frame(format)
                                                   : opus              ? 0
                                                                       : payload / 2);
    const auto arrival = reply_->frame(header->timestamp, samples, (header->flags & flag_last) != 0, now);
    if (arrival.first) {
        if (kept_) kept_->first_audio = now;
        script_.reply_began(now);
        send_playback(now);
    }
    if (arrival.gap) ++tally_.frames_missing;
    if (arrival.late_by <= net::Duration::zero()) return;
    ++underruns_;
    ++tally_.frames_late;
    tally_.late_ms.add(ms(arrival.late_by));
}

}  // namespace atlas::caller
