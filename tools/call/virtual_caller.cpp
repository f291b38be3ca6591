#include "call/virtual_caller.hpp"

#include <algorithm>
#include <utility>

// The shell: timers, frames, the script's steps. What the server says is in virtual_caller_messages.cpp.
namespace atlas::caller {
namespace {

constexpr net::Duration short_goodbye = std::chrono::seconds(1);

std::int64_t milliseconds(net::Duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

net::WebsocketRequest request_of(const CallPlan& plan) {
    net::WebsocketRequest request;
    request.url = plan.url;
    request.headers = plan.headers;
    request.subprotocol = "atlas.v1";
    request.connect_timeout = plan.connect_timeout;
    request.options.max_queued_bytes = 512 * 1024;
    request.options.ping_interval = std::chrono::seconds(10);
    request.options.pong_timeout = std::chrono::seconds(10);
    return request;
}

}  // namespace

VirtualCaller::VirtualCaller(net::Loop& loop, net::WebsocketConnector& connector, SoundStore& sounds,
                             std::shared_ptr<const CallPlan> plan, CallObserver* observer,
                             std::function<void()> on_over)
    : loop_(loop),
      sounds_(sounds),
      plan_(std::move(plan)),
      observer_(observer),
      on_over_(std::move(on_over)),
      timer_(loop.make_timer([this] {
          armed_.reset();
          run();
      })),
      limit_at_(loop.now() + plan_->time_limit),
      script_(plan_->utterances, plan_->times) {
    result_.utterances = plan_->utterances.size();
    pending_ = connector.connect(request_of(*plan_), [this](net::WebsocketConnected connected) {
        on_connected(std::move(connected));
    });
    arm();
}

VirtualCaller::~VirtualCaller() = default;

void VirtualCaller::on_connected(net::WebsocketConnected connected) {
    pending_.reset();
    result_.http_status = connected.http_status;
    if (!connected.websocket) {
        result_.connect_error = connected.error;
        result_.http_body = std::move(connected.body);
        return over();
    }
    websocket_ = std::move(connected.websocket);
    if (websocket_->subprotocol() != "atlas.v1")
        problem("the server did not agree to the subprotocol atlas.v1");
    net::WebsocketHandlers handlers;
    handlers.on_text = [this](std::string_view text) { on_text(text); };
    handlers.on_binary = [this](std::span<const std::byte> bytes) { on_binary(bytes); };
    handlers.on_closed = [this](const net::WebsocketClosed& closed) { on_closed(closed); };
    websocket_->start(std::move(handlers));
    send(write_hello(plan_->hello, ++sent_seq_));
    ready_by_ = loop_.now() + plan_->ready_timeout;
    arm();
}

void VirtualCaller::on_closed(const net::WebsocketClosed& closed) {
    result_.close_code = closed.code;
    if (result_.close_reason.empty()) result_.close_reason = closed.reason;
    result_.close_error = closed.error;
    if (!result_.ready && result_.connect_error.empty()) {
        result_.connect_error =
            "the server closed the connection before ready, with code " + std::to_string(closed.code);
    }
    over();
}

// ---- what is due

void VirtualCaller::run() {
    if (over_) return;
    const net::TimePoint now = loop_.now();
    check_deadlines(now);
    if (over_) return;
    send_due_frames(now);
    report_playback(now);
    if (microphone_) script_.speaking_changed(microphone_->speaking(), now);
    if (player_) script_.playing_changed(player_->playing(), now);
    while (!leaving_) {
        const Step step = script_.next(now);
        if (step.kind == Step::Kind::wait) break;
        carry_out(step, now);
    }
    arm();
}

void VirtualCaller::check_deadlines(net::TimePoint now) {
    if (gone_by_ && now >= *gone_by_) {
        gone_by_.reset();
        return websocket_->close(1000, "bye");  // on_closed follows, if need be without the server
    }
    if (now >= limit_at_ && !result_.timed_out) {
        result_.timed_out = true;
        if (!websocket_) return over();
        return leave("time limit", short_goodbye);
    }
    if (ready_by_ && now >= *ready_by_) {
        result_.connect_error = "the server did not answer hello with ready within " +
                                std::to_string(milliseconds(plan_->ready_timeout)) + " ms";
        leave("no ready", short_goodbye);
    }
}

void VirtualCaller::send_due_frames(net::TimePoint now) {
    while (microphone_) {
        const auto frame = microphone_->next_frame(now);
        if (!frame) return;
        AudioHeader header{.kind = audio_kind, .timestamp = frame->timestamp};
        if (frame->first) header.flags |= flag_first;
        if (frame->discontinuity) header.flags |= flag_discontinuity;
        if (frame->end_of_speech) last_word_at_ = frame->recorded_at;
        if (websocket_->send_binary(write_audio_header(header), frame->payload)) {
            ++sent_frames_;
            continue;
        }
        microphone_->frame_was_lost();
        if (!std::exchange(frames_lost_, true))
            problem("the server takes our audio too slowly: frames were lost");
    }
}

void VirtualCaller::report_playback(net::TimePoint now) {
    if (!player_) return;
    notes_.clear();
    player_->poll(now, notes_);
    for (const PlaybackNote& note : notes_) {
        if (TurnResult* turn = result_.find_turn(note.report.turn)) note_playback(note, *turn);
        send(write_playback(note.report, ++sent_seq_));
    }
}

void VirtualCaller::note_playback(const PlaybackNote& note, TurnResult& turn) {
    turn.played_ms = note.report.played_ms;
    turn.underruns = note.report.underruns;
    if (note.kind == PlaybackNote::Kind::started) {
        const bool answers = last_word_at_ && turn.cause != "greeting" && turn.cause != "notice";
        if (answers) turn.response_ms = milliseconds(note.at - *last_word_at_);
        if (answers) last_word_at_.reset();
        script_.turn_audible(turn.turn, note.at);
        if (observer_ != nullptr) observer_->audible(turn);
    }
    if (note.kind == PlaybackNote::Kind::flushed) {
        if (turn.to_be_interrupted) turn.stop_ms = milliseconds(note.at - interrupted_at_);
        if (observer_ != nullptr) observer_->stopped(turn);
    }
    if (note.kind == PlaybackNote::Kind::resumed) ++result_.underruns;
}

void VirtualCaller::carry_out(const Step& step, net::TimePoint now) {
    if (step.kind == Step::Kind::hang_up) return leave("done", plan_->goodbye_timeout);
    const Utterance& utterance = plan_->utterances[step.utterance];
    if (step.interrupts) {
        result_.turn(*step.interrupts).to_be_interrupted = true;
        interrupted_at_ = now;
    } else if (utterance.interrupts) {
        result_.missed_interruption = true;
        problem("the reply was over before it could be interrupted");
    }
    if (observer_ != nullptr) observer_->saying(utterance, step.interrupts);
    last_word_at_.reset();
    if (utterance.recording) {
        const auto sound = sounds_.speech(utterance.recording, result_.ready->audio_in);
        if (sound->spoken_frames() == 0) problem(utterance.recording->name + " is too quiet to be speech");
        if (microphone_) microphone_->say(sound);
        script_.speaking_changed(microphone_ && microphone_->speaking(), now);
    } else {
        last_word_at_ = now;
        send(write_input_text(utterance.text, ++sent_seq_));
    }
}

void VirtualCaller::arm() {
    if (over_) return;
    std::optional<net::TimePoint> first;
    const auto consider = [&first](std::optional<net::TimePoint> other) {
        if (other && (!first || *other < *first)) first = other;
    };
    if (!result_.timed_out) consider(limit_at_);
    consider(ready_by_);
    consider(gone_by_);
    if (microphone_) consider(microphone_->next_due());
    if (player_) consider(player_->next_due());
    if (!leaving_) consider(script_.deadline());
    if (!first || (armed_ && *armed_ <= *first)) return;  // a deadline that fell away finds nothing to do
    armed_ = first;
    timer_->expire_at(*first);
}

// ---- the end

void VirtualCaller::hang_up(std::string_view reason) {
    if (over_) return;
    if (!websocket_) {
        result_.connect_error = "hung up before the call was taken";
        return over();
    }
    leave(reason, plan_->goodbye_timeout);
    arm();
}

void VirtualCaller::leave(std::string_view reason, net::Duration patience) {
    if (leaving_) return;
    send(write_bye(reason, ++sent_seq_));
    leaving_ = true;
    microphone_.reset();  // nothing is read after bye
    ready_by_.reset();
    gone_by_ = loop_.now() + patience;
}

void VirtualCaller::over() {
    if (std::exchange(over_, true)) return;
    timer_->cancel();
    pending_.reset();
    microphone_.reset();
    if (player_) {
        report_playback(loop_.now());
        const int rate = result_.ready->audio_out.rate;
        result_.received_ms = audio::ms_in(player_->received_samples(), rate);
        result_.heard_ms = audio::ms_in(player_->heard_samples(), rate);
        result_.sent_ms = sent_frames_ * result_.ready->audio_in.frame_ms;
    }
    result_.said = script_.said();
    result_.everything_answered = script_.everything_answered();
    loop_.post([this, alive = std::weak_ptr<int>(alive_)] {
        if (!alive.expired()) on_over_();
    });
}

void VirtualCaller::send(const std::string& text) {
    if (leaving_ || over_) return;
    if (!websocket_->send_text(text)) problem("the server takes our messages too slowly: one was lost");
}

void VirtualCaller::problem(std::string text) {
    if (observer_ != nullptr) observer_->problem(text);
    result_.note_problem(std::move(text));
}

}  // namespace atlas::caller
