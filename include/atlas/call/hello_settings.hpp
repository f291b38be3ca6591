#pragma once

#include "atlas/call/call_services.hpp"
#include "atlas/protocol/client_messages.hpp"
#include "atlas/protocol/error_codes.hpp"
#include "atlas/providers/language_model.hpp"

#include <string>
#include <variant>
#include <vector>

namespace atlas::call {

// What is agreed for one call: the server's settings, and what its hello wants differently.
struct AgreedSettings {
    std::string instructions;  // the system prompt, with the call's variables put in
    std::string language;
    conversation::ConversationSettings conversation;
    std::vector<providers::ModelTool> tools;  // as the model shall know them, end_call included
};

// An error when a text is too long once the variables are put in.
std::variant<AgreedSettings, protocol::ProtocolError> agree_settings(const CallSettings& settings,
                                                                     const protocol::CallOverrides& wanted);

// `usual_filler` is said when the tool is slow and declares no words of its own.
conversation::Tool to_tool(const protocol::ToolDeclaration& declared, const std::string& usual_filler);

// A change within the call, for the conversation; the instructions are the call's own affair.
conversation::SettingsChanged settings_change(const protocol::ConfigChange& change);

}  // namespace atlas::call
