#pragma once

#include "atlas/call/call_services.hpp"
#include "atlas/call/caller_link.hpp"
#include "atlas/call/event_log.hpp"
#include "atlas/call/reply.hpp"
#include "atlas/conversation/conversation.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace atlas::call {

// One caller's call: translates between the caller's link, the providers and the conversation, carries out
// what the conversation decides, and decides nothing itself. Owned by the gateway through a shared_ptr; work
// that is posted holds it weakly. `on_over` is called once, from the loop, when nothing of the call is left
// to do; the gateway then lets go of it.
class Call : public std::enable_shared_from_this<Call> {
public:
    Call(std::string id, std::unique_ptr<net::Websocket> websocket, const CallServices& services,
         std::function<void()> on_over);
    ~Call();

    // The process will stop: tell the client, leave at a pause after `at`, at the latest at `by`.
    void drain(net::TimePoint at, net::TimePoint by);

    const std::string& id() const { return id_; }

private:
    // What the outside reports.
    void on_hello(const protocol::Hello& hello);
    void on_message(const protocol::ReceivedMessage& received);
    void on_interrupt(const protocol::Interrupt& interrupt);
    void on_config(const protocol::ConfigChange& change, std::optional<std::uint64_t> ref);
    void on_summary(const providers::ModelEvent& event);
    void on_error(const protocol::ProtocolError& error);
    void on_recognizer(const providers::RecognizerEvent& event);
    void on_closed(const net::WebsocketClosed& closed);

    // The inbox: the one place where events meet the conversation.
    void post(conversation::Event event);
    void drain_inbox();
    void note_played();
    void decide(const conversation::Event& event);
    void record_events(const conversation::ConversationSettings& settings);
    void stop_recording(const std::string& problem);
    void arm_timer();

    // Commands.
    void carry_out(conversation::AskModel& command);
    void carry_out(conversation::AbandonModel& command);
    void carry_out(conversation::CallTool& command);
    void carry_out(conversation::CancelTool& command);
    void carry_out(conversation::Summarize& command);
    void carry_out(conversation::SynthesizeClip& command);
    void carry_out(conversation::EndClip& command);
    void carry_out(conversation::PlayCannedLine& command);
    void carry_out(conversation::PauseReply& command);
    void carry_out(conversation::ResumeReply& command);
    void carry_out(conversation::FinishReply& command);
    void carry_out(conversation::StopReply& command);
    void carry_out(conversation::DiscardReply& command);
    void carry_out(conversation::EndCallerTurn& command);
    void carry_out(conversation::AdaptPatience& command);
    void carry_out(conversation::RestartRecognizer& command);
    void carry_out(conversation::EndCall& command);
    void carry_out(conversation::ShowState& command);
    void carry_out(conversation::ShowCallerSpeech& command);
    void carry_out(conversation::ShowTranscript& command);
    void carry_out(conversation::ShowTurnStarted& command);
    void carry_out(conversation::ShowReplyText& command);
    void carry_out(conversation::ShowWarning& command);
    void carry_out(conversation::RecordTurn& command);

    Reply& reply_for(conversation::ReplyId id);
    void note_failure(const providers::ProviderFailure& failure, const char* stage);
    observe::LogFields with_id(observe::LogFields fields) const;
    void say_goodbye(const std::string& reason);
    void over();
    bool ending() const { return over_ || !end_reason_.empty(); }  // nothing is decided any more

    std::string id_;
    const CallServices& services_;
    std::function<void()> on_over_;
    net::TimePoint started_;
    bool over_ = false;

    std::string instructions_;
    std::vector<std::pair<std::string, std::string>> variables_;
    std::vector<providers::ModelTool> tools_;
    std::optional<conversation::Conversation> conversation_;  // from hello on
    std::unique_ptr<EventLog> event_log_;                     // when it is recorded
    std::deque<conversation::Event> inbox_;
    std::vector<conversation::Command> commands_;
    bool draining_inbox_ = false;
    std::unique_ptr<net::Timer> timer_;

    std::unique_ptr<CallerLink> link_;
    std::unique_ptr<providers::SpeechRecognizer> recognizer_;
    std::unique_ptr<Reply> reply_;
    std::unique_ptr<providers::Generation> summary_;  // of the older part of the conversation
    std::string summary_text_;
    conversation::TurnId reply_turn_ = 0;
    std::uint32_t turns_ = 0;
    conversation::Effort effort_;
    std::int64_t cost_microdollars_ = 0;
    std::string end_reason_;  // empty: it goes on
    std::optional<std::pair<net::TimePoint, net::TimePoint>> leave_;
};

}  // namespace atlas::call
