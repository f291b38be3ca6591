#include "atlas/call/call.hpp"

#include "atlas/call/hello_settings.hpp"
#include "atlas/call/personalize.hpp"
#include "overloaded.hpp"

#include <algorithm>
#include <exception>
#include <utility>

// What the outside reports, and the inbox. The commands are in call_commands.cpp.

namespace atlas::call {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

}  // namespace

Call::Call(std::string id, std::unique_ptr<net::Websocket> websocket, const CallServices& services,
           std::function<void()> on_over)
    : id_(std::move(id)),
      services_(services),
      on_over_(std::move(on_over)),
      started_(services.loop.now()),
      timer_(services.loop.make_timer([this] { post(conversation::DeadlinePassed{}); })) {
    CallerLink::Handlers handlers;
    handlers.on_hello = [this](const protocol::Hello& hello) { on_hello(hello); };
    handlers.on_message = [this](const protocol::ReceivedMessage& received) { on_message(received); };
    handlers.on_audio = [this](std::span<const std::int16_t> samples) {
        if (recognizer_) recognizer_->send_audio(samples);
    };
    handlers.on_loud = [this] { post(conversation::CallerLoud{}); };
    handlers.on_dry = [this] {
        if (reply_) post(conversation::ReplyRanDry{reply_->id()});
    };
    handlers.on_audible = [this] {
        if (reply_) post(conversation::ReplyAudible{reply_->id()});
    };
    handlers.on_clip_played = [this](std::uint32_t clip) {
        if (reply_) post(conversation::ClipPlayed{reply_->id(), clip});
    };
    handlers.on_progress = [this] {
        if (reply_) post(conversation::ReplyPlayed{reply_->id(), link_->played_position()});
    };
    handlers.on_played_out = [this] {
        if (reply_) post(conversation::ReplyPlayedOut{reply_->id()});
    };
    handlers.on_error = [this](const protocol::ProtocolError& error) { on_error(error); };
    handlers.on_closed = [this](const net::WebsocketClosed& closed) { on_closed(closed); };
    link_ = std::make_unique<CallerLink>(services.loop, std::move(websocket), services.codec,
                                         services.settings.link, std::move(handlers));
}

Call::~Call() = default;

void Call::on_hello(const protocol::Hello& hello) {
    auto chosen = protocol::choose_audio(hello);
    if (auto* error = std::get_if<protocol::ProtocolError>(&chosen)) return link_->refuse(std::move(*error));
    const auto& formats = std::get<protocol::AudioChoice>(chosen);
    const CallSettings& settings = services_.settings;

    auto settled = agree_settings(settings, hello.config);
    if (auto* error = std::get_if<protocol::ProtocolError>(&settled)) return link_->refuse(std::move(*error));
    auto& agreed = std::get<AgreedSettings>(settled);
    instructions_ = std::move(agreed.instructions);
    tools_ = std::move(agreed.tools);
    variables_ = hello.config.variables;
    const auto call_limit = agreed.conversation.call_limit;
    if (!settings.event_log_dir.empty()) record_events(agreed.conversation);
    conversation_.emplace(std::move(agreed.conversation));

    recognizer_ = services_.recognizers.start(
        {.call_id = id_, .sample_rate = formats.in.rate, .language = agreed.language},
        [this](const providers::RecognizerEvent& event) { on_recognizer(event); });
    services_.model.warm_up();
    services_.synthesizer.warm_up();

    protocol::Ready ready;
    ready.call_id = id_;
    ready.audio_in = formats.in;
    ready.audio_out = formats.out;
    ready.heartbeat_ms = settings.heartbeat.count();
    ready.limits.max_message_bytes = static_cast<std::int64_t>(settings.max_message_bytes);
    ready.limits.max_text_chars = static_cast<std::int64_t>(protocol::max_input_text_chars);
    ready.limits.max_call_s = duration_cast<std::chrono::seconds>(call_limit).count();
    ready.limits.hello_timeout_ms = duration_cast<milliseconds>(settings.link.hello_timeout).count();
    ready.server = settings.server;
    link_->agree(formats, ready, hello.has_feature(protocol::feature_pause));

    services_.log.info("call.started", with_id({{"peer", link_->peer_address()},
                                                {"platform", hello.client.platform},
                                                {"client_version", hello.client.version},
                                                {"net", hello.client.net},
                                                {"audio_in", audio::describe(formats.in)},
                                                {"audio_out", audio::describe(formats.out)}}));
    if (hello.resume) {
        link_->send(protocol::Warning{std::string(protocol::warning_resume_unavailable),
                                      "the earlier call is not kept; this is a new one", std::nullopt});
    }
    post(conversation::CallStarted{});
    if (leave_) drain(leave_->first, leave_->second);
}

void Call::on_message(const protocol::ReceivedMessage& received) {
    std::visit(
        overloaded{
            [this](const protocol::Interrupt& interrupt) { on_interrupt(interrupt); },
            [this](const protocol::InputText& input) { post(conversation::CallerTyped{input.text}); },
            [this](const protocol::InputCommit&) { post(conversation::CallerCommitted{}); },
            [this](const protocol::PushToTalk& talk) {
                if (talk.down) return post(conversation::CallerPressedToTalk{});
                post(conversation::CallerCommitted{});
            },
            [this](const protocol::Inject& context) {
                post(conversation::ContextAdded{context.text, context.reply});
            },
            [this](const protocol::ToolResult& result) {
                post(conversation::ToolAnswered{result.call, result.content, result.is_error});
            },
            [this, &received](const protocol::ConfigChange& change) { on_config(change, received.seq); },
            [this](const protocol::Bye& bye) {
                services_.log.info("client.bye", with_id({{"reason", bye.reason}}));
                post(conversation::CallerLeft{"user"});
            },
            [this, &received](const protocol::UnknownMessage& unknown) {
                link_->send(protocol::Warning{std::string(protocol::warning_unknown_type),
                                              "messages of type \"" + unknown.type + "\" are ignored",
                                              received.seq});
            },
            [](const auto&) {},  // hello, ping, pong and playback are the link's affair
        },
        received.message);
}

void Call::on_config(const protocol::ConfigChange& change, std::optional<std::uint64_t> ref) {
    if (change.instructions) {
        auto text = personalize(*change.instructions, variables_, max_prompt_bytes);
        if (text.size() > max_prompt_bytes) {
            return link_->refuse(protocol::make_error(protocol::ErrorCode::text_too_long,
                                                      "`instructions` must have at most " +
                                                          std::to_string(max_prompt_bytes) +
                                                          " bytes once the variables are put in; it has more",
                                                      "instructions"));
        }
        instructions_ = std::move(text);
    }
    post(settings_change(change));
    link_->send(protocol::ConfigOk{ref});
}

// A tap that comes late, about a reply that is over, must not cut the next one.
void Call::on_interrupt(const protocol::Interrupt& interrupt) {
    if (!reply_ || interrupt.turn != reply_turn_) return;
    if (interrupt.played_ms) link_->report_played(interrupt.turn, milliseconds(*interrupt.played_ms));
    post(conversation::CallerInterrupted{reply_->id()});
}

void Call::on_error(const protocol::ProtocolError& error) {
    const auto& about = protocol::info(error.code);
    services_.metrics.client_error(about.name);
    observe::LogFields fields{{"code", about.name}, {"field", error.field}, {"fatal", error.fatal}};
    // It repeats what was received: what the caller typed, or a prompt.
    if (services_.settings.log_words) fields.emplace_back("message", error.message);
    services_.log.warning("client.error", with_id(std::move(fields)));
    if (error.fatal || error.code == protocol::ErrorCode::slow_client) end_reason_ = std::string(about.name);
}

void Call::on_recognizer(const providers::RecognizerEvent& event) {
    std::visit(
        overloaded{
            [this](const providers::RecognizerReady& ready) {
                services_.log.info("recognizer.ready", with_id({{"request_id", ready.request_id}}));
            },
            [this](const providers::CallerStartedSpeaking&) { post(conversation::CallerStartedSpeaking{}); },
            [this](const providers::TranscriptUpdated& update) {
                post(conversation::CallerTranscriptUpdated{update.text, update.confidence});
            },
            [this](const providers::TurnMayHaveEnded& maybe) {
                post(conversation::CallerMayBeDone{maybe.text, maybe.confidence});
            },
            [this](const providers::TurnResumed&) { post(conversation::CallerResumed{}); },
            [this](const providers::TurnEnded& ended) {
                const auto silence =
                    std::clamp(link_->audio_in() - ended.at, milliseconds(0), milliseconds(30'000));
                post(conversation::CallerTurnEnded{ended.text, ended.trigger, silence});
            },
            [this](const providers::RecognizerReconnecting& again) {
                services_.metrics.provider_reconnected("recognizer");
                services_.log.warning("recognizer.reconnecting",
                                      with_id({{"reason", providers::name(again.failure.reason)},
                                               {"message", again.failure.message},
                                               {"attempt", again.attempt}}));
            },
            [this](const providers::RecognizerFailed& failed) {
                note_failure(failed.failure, "recognizer");
                post(conversation::RecognizerLost{"recognizer_" +
                                                  std::string(providers::name(failed.failure.reason))});
            },
        },
        event);
}

void Call::on_closed(const net::WebsocketClosed& closed) {
    if (!end_reason_.empty()) return over();
    const bool said_goodbye = closed.code == 1000 || closed.code == 1001 || closed.code == 1005;
    if (!said_goodbye) {
        services_.log.warning("client.lost", with_id({{"code", closed.code}, {"error", closed.error}}));
    }
    end_reason_ = said_goodbye ? "user" : "connection_lost";
    over();
}

void Call::drain(net::TimePoint at, net::TimePoint by) {
    leave_ = {at, by};
    if (!conversation_) return;  // told after hello, or gone before
    const auto left = std::max(net::Duration::zero(), by - services_.loop.now());
    // Clients that are cut at the same moment must not come back at the same moment.
    const auto wait = 250 + static_cast<std::int64_t>(std::hash<std::string>()(id_) % 2750);
    link_->send(protocol::GoingAway{.deadline_ms = duration_cast<milliseconds>(left).count(),
                                    .reason = protocol::GoingAwayReason::deploy,
                                    .reconnect_after_ms = wait});
    post(conversation::CallMustEnd{at, by});
}

// ---- the inbox

// Whoever reports may be deep inside its own code; the reaction may destroy it. So nothing reacts here.
void Call::post(conversation::Event event) {
    if (ending() || !conversation_) return;
    inbox_.push_back(std::move(event));
    if (std::exchange(draining_inbox_, true)) return;
    services_.loop.post([weak = weak_from_this()] {
        if (const auto call = weak.lock()) call->drain_inbox();
    });
}

void Call::drain_inbox() {
    try {
        note_played();
        while (!inbox_.empty() && !ending()) {
            const auto event = std::move(inbox_.front());
            inbox_.pop_front();
            decide(event);
        }
    } catch (const std::exception& error) {  // a bug must not take the other calls along
        services_.log.error("call.failed", with_id({{"error", error.what()}}));
        say_goodbye("internal");
    }
    draining_inbox_ = false;
    if (!ending()) arm_timer();
}

// Whatever comes may cut the reply: the conversation must know how far the caller has heard it.
void Call::note_played() {
    if (reply_) decide(conversation::ReplyPlayed{reply_->id(), link_->played_position()});
}

void Call::decide(const conversation::Event& event) {
    const auto now = services_.loop.now();
    conversation_->handle(event, now, commands_);
    if (event_log_ && !event_log_->add(event, now, commands_)) stop_recording(event_log_->problem());
    for (auto& command : std::exchange(commands_, {})) {
        std::visit([this](auto& wish) { carry_out(wish); }, command);
    }
}

// A call whose events cannot be recorded goes on without.
void Call::record_events(const conversation::ConversationSettings& settings) {
    std::string problem;
    event_log_ =
        open_event_log(services_.settings.event_log_dir, id_, services_.loop.now(), settings, problem);
    if (!event_log_) stop_recording(problem);
}

void Call::stop_recording(const std::string& problem) {
    services_.log.warning("call.not_recorded", with_id({{"reason", problem}}));
    event_log_.reset();
}

void Call::arm_timer() {
    if (const auto deadline = conversation_->deadline()) {
        timer_->expire_at(*deadline);
    } else {
        timer_->cancel();
    }
}

// ---- the end

void Call::say_goodbye(const std::string& reason) {
    if (!end_reason_.empty()) return;
    end_reason_ = reason;
    inbox_.clear();
    timer_->cancel();
    reply_.reset();
    summary_.reset();
    link_->stop_speaking();
    recognizer_.reset();

    using protocol::CloseReason;
    auto shown = CloseReason::agent;
    std::uint16_t code = 1000;
    if (reason == "user") shown = CloseReason::user;
    if (reason == "idle") shown = CloseReason::idle;
    if (reason == "call_too_long") shown = CloseReason::expired;
    if (reason == "going_away") shown = CloseReason::deploy, code = 1012;
    if (reason == "recognizer_failed" || reason == "internal") shown = CloseReason::failed, code = 1011;
    if (const auto error = protocol::find_error_code(reason)) {
        protocol::Error last;
        last.code = *error;
        last.message = std::string(protocol::info(*error).meaning);
        last.fatal = true;
        link_->send(last);
    }
    protocol::Closed closed;
    closed.reason = shown;
    closed.usage = {.duration_ms = duration_cast<milliseconds>(services_.loop.now() - started_).count(),
                    .turns = turns_,
                    .audio_in_ms = link_->audio_in().count(),
                    .audio_out_ms = link_->audio_out().count(),
                    .tokens = {effort_.input_tokens, effort_.cache_read_tokens, effort_.cache_written_tokens,
                               effort_.output_tokens},
                    .cost_usd = static_cast<double>(cost_microdollars_) / 1e6};
    link_->send(closed);
    link_->close(code, reason);
}

// The connection is gone. A turn under way is recorded as far as it was heard.
void Call::over() {
    if (std::exchange(over_, true)) return;
    if (conversation_) {
        note_played();
        decide(conversation::CallerLeft{end_reason_});
    }
    timer_->cancel();
    reply_.reset();
    summary_.reset();
    recognizer_.reset();
    const auto length = duration_cast<milliseconds>(services_.loop.now() - started_);
    services_.metrics.call_ended(end_reason_, length);
    services_.metrics.audio_underruns(link_->underruns());
    services_.log.info("call.ended", with_id({{"reason", end_reason_},
                                              {"ms", length.count()},
                                              {"turns", turns_},
                                              {"audio_in_ms", link_->audio_in().count()},
                                              {"audio_out_ms", link_->audio_out().count()},
                                              {"underruns", link_->underruns()},
                                              {"input_tokens", effort_.input_tokens},
                                              {"cache_read_tokens", effort_.cache_read_tokens},
                                              {"output_tokens", effort_.output_tokens},
                                              {"cost_microdollars", cost_microdollars_}}));
    services_.loop.post([weak = weak_from_this()] {
        if (const auto call = weak.lock()) call->on_over_();
    });
}

observe::LogFields Call::with_id(observe::LogFields fields) const {
    fields.insert(fields.begin(), observe::LogField("call", id_));
    return fields;
}

}  // namespace atlas::call
