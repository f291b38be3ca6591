#include "atlas/call/call.hpp"
#include "atlas/conversation/cost.hpp"
#include "turn_report.hpp"

#include <utility>

// What the conversation asks for, carried out.

namespace atlas::call {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

protocol::CallState shown(conversation::State state) {
    switch (state) {
        case conversation::State::listening:
            return protocol::CallState::listening;
        case conversation::State::caller_speaking:
            return protocol::CallState::user_speaking;
        case conversation::State::thinking:
            return protocol::CallState::thinking;
        case conversation::State::speaking:
            return protocol::CallState::speaking;
        case conversation::State::paused:
            return protocol::CallState::paused;
        case conversation::State::ended:
            return protocol::CallState::ended;
    }
    return protocol::CallState::ended;
}

protocol::TurnReason shown(conversation::TurnReason reason) {
    switch (reason) {
        case conversation::TurnReason::user:
            return protocol::TurnReason::user;
        case conversation::TurnReason::greeting:
            return protocol::TurnReason::greeting;
        case conversation::TurnReason::text:
            return protocol::TurnReason::text;
        case conversation::TurnReason::notice:
            return protocol::TurnReason::notice;
        case conversation::TurnReason::idle:
            return protocol::TurnReason::idle;
        case conversation::TurnReason::context:
            return protocol::TurnReason::inject;
    }
    return protocol::TurnReason::notice;
}

protocol::FlushReason shown(conversation::StopReason reason) {
    switch (reason) {
        case conversation::StopReason::barge_in:
            return protocol::FlushReason::barge_in;
        case conversation::StopReason::cancelled:
            return protocol::FlushReason::cancelled;
        case conversation::StopReason::error:
            return protocol::FlushReason::error;
    }
    return protocol::FlushReason::error;
}

std::vector<providers::ModelMessage> to_model(std::vector<conversation::Message>& messages) {
    std::vector<providers::ModelMessage> out;
    for (auto& message : messages) {
        const bool caller = message.role == conversation::Message::Role::caller;
        auto& to = out.emplace_back();
        to.role = caller ? providers::ModelMessage::Role::user : providers::ModelMessage::Role::assistant;
        to.text = std::move(message.text);
        for (auto& call : message.calls) to.calls.push_back({call.id, call.name, call.arguments});
        for (auto& result : message.results)
            to.results.push_back({result.id, std::move(result.content), result.is_error});
    }
    return out;
}

constexpr int summary_tokens = 300;
const char* const summary_instructions =
    "You keep the memory of a phone call between a caller and an assistant. Summarise it in at most 120 "
    "words: "
    "who the caller is, what they want, what was found out, agreed and left open, with names, numbers and "
    "dates. Write facts only, no greeting and no comment.";

}  // namespace

Reply& Call::reply_for(conversation::ReplyId id) {
    if (reply_ && reply_->id() == id) return *reply_;
    reply_ = std::make_unique<Reply>(
        id, id_, services_.model, services_.synthesizer,
        Reply::Outputs{
            .link = *link_,
            .post = [this](conversation::Event event) { post(std::move(event)); },
            .note_failure = [this](const providers::ProviderFailure& failure,
                                   const char* stage) { note_failure(failure, stage); },
            .note_rewording =
                [this](const std::string& wanted, const std::string& spoken) {
                    observe::LogFields fields{{"wanted_chars", wanted.size()},
                                              {"spoken_chars", spoken.size()}};
                    if (services_.settings.log_words)
                        fields.insert(fields.end(), {{"wanted", wanted}, {"spoken", spoken}});
                    services_.log.warning("speech.reworded", with_id(std::move(fields)));
                },
        });
    link_->begin_reply(reply_turn_);
    return *reply_;
}

void Call::carry_out(conversation::AskModel& command) {
    providers::ModelRequest request;
    request.call_id = id_;
    request.system = instructions_;
    request.messages = to_model(command.messages);
    request.tools = tools_;
    request.may_call_tools = command.may_call_tools;
    request.stable_messages = command.stable;
    reply_for(command.reply).ask(std::move(request));
}

void Call::carry_out(conversation::CallTool& command) {
    const auto timeout = duration_cast<milliseconds>(command.timeout).count();
    services_.log.info("tool.called", with_id({{"turn", command.turn}, {"tool", command.call.name}}));
    if (!protocol::is_tool_arguments(command.call.arguments)) {
        return post(conversation::ToolAnswered{command.call.id, "the arguments are not a JSON object", true});
    }
    link_->send(protocol::ToolCall{command.turn, command.call.id, command.call.name, command.call.arguments,
                                   timeout});
}

void Call::carry_out(conversation::CancelTool& command) {
    link_->send(protocol::ToolCancel{command.call, command.reason});
}

// ---- the summary of what is too old to be remembered word for word

void Call::carry_out(conversation::Summarize& command) {
    providers::ModelRequest request;
    request.call_id = id_;
    request.system = summary_instructions;
    request.messages = to_model(command.messages);
    request.messages.push_back({providers::ModelMessage::Role::user, "Write the summary now."});
    request.tools = tools_;  // what it called is in the messages
    request.may_call_tools = false;
    request.max_tokens = summary_tokens;
    summary_text_.clear();
    summary_ = services_.model.generate(std::move(request),
                                        [this](const providers::ModelEvent& event) { on_summary(event); });
}

void Call::on_summary(const providers::ModelEvent& event) {
    if (const auto* text = std::get_if<providers::ModelText>(&event)) {
        summary_text_ += text->text;
    } else if (const auto* done = std::get_if<providers::ModelCompleted>(&event)) {
        const conversation::Effort effort{done->usage.input, done->usage.cache_read,
                                          done->usage.cache_written, done->usage.output};
        post(conversation::SummaryMade{std::move(summary_text_), effort});
    } else if (const auto* failed = std::get_if<providers::ModelFailed>(&event)) {
        note_failure(failed->failure, "summary");
        post(conversation::SummaryMade{});
    }
}

// ---- sound

void Call::carry_out(conversation::AbandonModel& command) { reply_for(command.reply).abandon_model(); }

void Call::carry_out(conversation::SynthesizeClip& command) {
    reply_for(command.reply).synthesize(command.clip, std::move(command.speech), command.rest_of);
}

void Call::carry_out(conversation::EndClip& command) { reply_for(command.reply).end_clip(command.clip); }

void Call::carry_out(conversation::PlayCannedLine& command) {
    reply_for(command.reply).play_kept(command.clip, services_.canned.audio(command.line), command.instead);
}

void Call::carry_out(conversation::PauseReply& command) {
    reply_turn_ = command.turn;
    reply_for(command.reply).pause();
}

void Call::carry_out(conversation::ResumeReply& command) { reply_for(command.reply).resume(); }

void Call::carry_out(conversation::FinishReply& command) { reply_for(command.reply).finish(); }

void Call::carry_out(conversation::StopReply& command) {
    reply_.reset();
    link_->stop_speaking();
    link_->send(protocol::AudioFlush{command.turn, shown(command.reason),
                                     duration_cast<milliseconds>(command.keep).count()});
}

void Call::carry_out(conversation::DiscardReply&) {
    reply_.reset();
    link_->stop_speaking();
}

void Call::carry_out(conversation::AdaptPatience& command) {
    if (recognizer_) recognizer_->set_patience({command.pause, command.factor});
}

void Call::carry_out(conversation::RestartRecognizer& command) {
    services_.log.warning("recognizer.restarted", with_id({{"reason", command.reason}}));
    services_.metrics.provider_reconnected("recognizer");
    if (recognizer_) recognizer_->restart(command.reason);
    link_->send(
        protocol::Warning{std::string(protocol::warning_recognizer_restarted), command.reason, std::nullopt});
}

void Call::carry_out(conversation::EndCallerTurn&) {
    if (recognizer_) recognizer_->end_turn();
}

void Call::carry_out(conversation::EndCall& command) { say_goodbye(command.reason); }

void Call::carry_out(conversation::ShowState& command) {
    link_->send(protocol::State{shown(command.state), command.turn});
}

void Call::carry_out(conversation::ShowCallerSpeech& command) {
    link_->send(protocol::UserSpeech{command.started, link_->audio_in().count()});
}

void Call::carry_out(conversation::ShowTranscript& command) {
    link_->send(protocol::UserTranscript{command.turn, command.revision, command.text, command.stable_chars,
                                         command.final, command.confidence});
    if (!command.final) return;
    observe::LogFields fields{{"turn", command.turn}, {"chars", command.text.size()}};
    if (services_.settings.log_words) fields.emplace_back("text", command.text);
    services_.log.info("turn.heard", with_id(std::move(fields)));
}

void Call::carry_out(conversation::ShowTurnStarted& command) {
    reply_turn_ = command.turn;
    ++turns_;
    link_->send(protocol::TurnStart{command.turn, shown(command.reason)});
}

void Call::carry_out(conversation::ShowReplyText& command) {
    protocol::AgentText text{command.turn, command.segment, std::move(command.text), std::nullopt};
    if (command.audio_from) text.audio_from_ms = duration_cast<milliseconds>(*command.audio_from).count();
    link_->send(text);
}

void Call::carry_out(conversation::ShowWarning& command) {
    link_->send(protocol::Warning{command.code, command.message, std::nullopt});
}

void Call::carry_out(conversation::RecordTurn& command) {
    auto& record = command.record;
    reply_.reset();
    link_->stop_speaking();
    services_.metrics.turn_ended(name(record.status), record.reason, figures_of(record));

    conversation::operator+=(effort_, record.effort);
    cost_microdollars_ += record.cost_microdollars;
    services_.log.info("turn.ended", with_id(log_fields(record, services_.settings.log_words)));
    link_->send(to_turn_end(std::move(record)));
}

void Call::note_failure(const providers::ProviderFailure& failure, const char* stage) {
    services_.metrics.provider_failed(stage, providers::name(failure.reason));
    services_.log.error("provider.failed", with_id({{"stage", stage},
                                                    {"reason", providers::name(failure.reason)},
                                                    {"message", failure.message},
                                                    {"http_status", failure.http_status},
                                                    {"request_id", failure.request_id},
                                                    {"attempts", failure.attempts}}));
}

}  // namespace atlas::call
