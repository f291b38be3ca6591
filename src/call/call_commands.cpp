#include "atlas/call/call.hpp"

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
    }
    return protocol::TurnReason::notice;
}

protocol::TurnStatus shown(conversation::TurnStatus status) {
    switch (status) {
        case conversation::TurnStatus::completed:
            return protocol::TurnStatus::completed;
        case conversation::TurnStatus::interrupted:
            return protocol::TurnStatus::interrupted;
        case conversation::TurnStatus::failed:
            return protocol::TurnStatus::failed;
    }
    return protocol::TurnStatus::failed;
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
    for (auto& message : command.messages) {
        const bool caller = message.role == conversation::Message::Role::caller;
        request.messages.push_back(
            {caller ? providers::ModelMessage::Role::user : providers::ModelMessage::Role::assistant,
             std::move(message.text)});
    }
    reply_for(command.reply).ask(std::move(request));
}

void Call::carry_out(conversation::AbandonModel& command) { reply_for(command.reply).abandon_model(); }

void Call::carry_out(conversation::SynthesizeClip& command) {
    reply_for(command.reply).synthesize(command.clip, std::move(command.speech));
}

void Call::carry_out(conversation::PlayCannedLine& command) {
    reply_for(command.reply).play_kept(command.clip, services_.canned.audio(command.line));
}

void Call::carry_out(conversation::FinishReply& command) { reply_for(command.reply).finish(); }

void Call::carry_out(conversation::StopReply& command) {
    reply_.reset();
    link_->stop_speaking();
    link_->send(protocol::AudioFlush{command.turn, shown(command.reason),
                                     duration_cast<milliseconds>(command.keep).count()});
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
    services_.metrics.turn_ended(name(record.status), record.reason, record.stages);

    observe::LogFields fields{{"turn", record.turn},
                              {"cause", name(record.cause)},
                              {"status", name(record.status)},
                              {"reason", record.reason},
                              {"heard_chars", record.heard_text.size()},
                              {"full_chars", record.full_text.size()}};
    protocol::TurnEnd end;
    for (const auto& [stage, time] : record.stages) {
        fields.emplace_back(stage, time.count());
        end.stages_ms.emplace_back(stage, time.count());
    }
    if (services_.settings.log_words) fields.emplace_back("heard", record.heard_text);
    services_.log.info("turn.ended", with_id(std::move(fields)));

    end.turn = record.turn;
    end.status = shown(record.status);
    end.reason = std::move(record.reason);
    end.user_text = std::move(record.user_text);
    end.heard_text = std::move(record.heard_text);
    end.full_text = std::move(record.full_text);
    link_->send(end);
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
