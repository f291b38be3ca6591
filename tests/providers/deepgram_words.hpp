#pragma once

#include "atlas/providers/deepgram/listen_protocol.hpp"
#include "atlas/providers/speech_recognizer.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

// Facts as short lines, so that a test reads as a list of what happened, and a failure shows it.
namespace atlas::test {

using Lines = std::vector<std::string>;

struct InWords {
    std::string operator()(const providers::RecognizerReady& event) const {
        return "ready " + event.request_id;
    }
    std::string operator()(const providers::CallerStartedSpeaking& event) const {
        return "started at " + std::to_string(event.at.count());
    }
    std::string operator()(const providers::TranscriptUpdated& event) const {
        return "text '" + event.text + "'";
    }
    std::string operator()(const providers::TurnMayHaveEnded& event) const {
        return "maybe '" + event.text + "'";
    }
    std::string operator()(const providers::TurnResumed&) const { return "resumed"; }
    std::string operator()(const providers::TurnEnded& event) const {
        return "ended '" + event.text + "' at " + std::to_string(event.at.count()) + " by " + event.trigger;
    }
    std::string operator()(const providers::RecognizerReconnecting& event) const {
        return "reconnecting " + std::to_string(event.attempt) + " " +
               std::string(name(event.failure.reason));
    }
    std::string operator()(const providers::RecognizerFailed& event) const {
        return "failed " + std::string(name(event.failure.reason));
    }
    std::string operator()(const providers::RecognizerEvent& event) const { return std::visit(*this, event); }
    std::string operator()(const providers::deepgram::ListenReady& ready) const {
        return "connected " + ready.request_id;
    }
    std::string operator()(const providers::deepgram::ListenTrouble& trouble) const {
        return std::string(trouble.fatal ? "error " : "warning ") + trouble.code;
    }
    std::string operator()(const providers::deepgram::SendControl& control) const {
        return "send " + std::string(control.text);
    }
};

inline Lines in_words(const providers::deepgram::ListenFacts& facts) {
    Lines lines;
    for (const auto& fact : facts) lines.push_back(std::visit(InWords(), fact));
    return lines;
}

// The messages of one recorded connection.
inline std::vector<std::string> recorded(const std::string& name) {
    std::ifstream file(std::string(ATLAS_RECORDED_DIR) + "/" + name);
    const auto messages = nlohmann::json::parse(file);
    std::vector<std::string> texts;
    for (const auto& message : messages) texts.push_back(message.dump());
    return texts;
}

// Messages in their shortest legal form.
struct V2Message {
    std::string event = "Update";
    int turn = 0;
    double window_end = 1;
    std::string text;
    std::string trigger;

    std::string json() const {
        nlohmann::json message = {{"type", "TurnInfo"},
                                  {"request_id", "r"},
                                  {"event", event},
                                  {"turn_index", turn},
                                  {"audio_window_start", 0},
                                  {"audio_window_end", window_end},
                                  {"transcript", text},
                                  {"words", nlohmann::json::array()},
                                  {"end_of_turn_confidence", 0.5}};
        if (!trigger.empty()) message["trigger"] = trigger;
        return message.dump();
    }
};

struct V1Results {
    double start = 0;
    double duration = 1;
    std::string text;
    bool is_final = false;
    bool speech_final = false;
    bool from_finalize = false;

    // Words of equal length, all over the stretch.
    std::string json() const {
        nlohmann::json words = nlohmann::json::array();
        std::vector<std::string> parts;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find(' ', at), text.size());
            parts.push_back(text.substr(at, end - at));
            at = end + 1;
        }
        const double length = parts.empty() ? 0 : duration / static_cast<double>(parts.size());
        for (std::size_t index = 0; index < parts.size(); ++index) {
            const double begin = start + length * static_cast<double>(index);
            words.push_back(
                {{"word", parts[index]}, {"start", begin}, {"end", begin + length}, {"confidence", 1}});
        }
        const nlohmann::json message = {
            {"type", "Results"},
            {"channel_index", {0, 1}},
            {"start", start},
            {"duration", duration},
            {"is_final", is_final},
            {"speech_final", speech_final},
            {"from_finalize", from_finalize},
            {"channel",
             {{"alternatives",
               {{{"transcript", text}, {"confidence", text.empty() ? 0 : 1}, {"words", words}}}}}}};
        return message.dump();
    }
};

}  // namespace atlas::test
