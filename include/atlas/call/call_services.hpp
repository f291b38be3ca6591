#pragma once

#include "atlas/call/caller_link.hpp"
#include "atlas/call/canned_lines.hpp"
#include "atlas/conversation/conversation.hpp"
#include "atlas/net/loop.hpp"
#include "atlas/observe/log.hpp"
#include "atlas/observe/metrics.hpp"
#include "atlas/protocol/client_codec.hpp"
#include "atlas/providers/language_model.hpp"
#include "atlas/providers/speech_recognizer.hpp"
#include "atlas/providers/speech_synthesizer.hpp"

#include <string>

namespace atlas::call {

// What is the same for every call.
struct CallSettings {
    std::string instructions;  // the system prompt; {{name}} stands for a variable of the call
    std::string language = "en";
    conversation::ConversationSettings conversation;
    CallerLink::Settings link;
    std::chrono::milliseconds heartbeat{15'000};
    std::size_t max_message_bytes = 64 * 1024;
    protocol::ServerInfo server;
    bool log_words = false;       // transcripts in the log; off: only their lengths
    std::string event_log_dir{};  // every call is recorded there (EventLog), with its words; empty: none is
};

// What every call needs. References to things that outlive all calls; owned by main, handed down.
struct CallServices {
    net::Loop& loop;
    providers::SpeechRecognizerService& recognizers;
    providers::LanguageModel& model;
    providers::SpeechSynthesizer& synthesizer;
    const CannedLines& canned;
    const protocol::ClientCodec& codec;
    observe::Log& log;
    observe::Metrics& metrics;
    const CallSettings& settings;
};

}  // namespace atlas::call
