#include "sandbox/services/flux_turns.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::ordered_json;

constexpr int noise_segment = -2;        // a turn that only the fault made; real words replace it
constexpr double update_every_ms = 250;  // of audio (deepgram.md §2.3)

double seconds(double ms) { return std::round(ms / 10.0) / 100.0; }

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

FluxTurns::FluxTurns(FluxSettings settings, std::string request_id, Bend bend,
                     std::function<void(std::string)> send, std::function<void()> flush)
    : settings_(std::move(settings)),
      request_id_(std::move(request_id)),
      bend_(bend),
      send_(std::move(send)),
      flush_(std::move(flush)) {}

void FluxTurns::connected() {
    send_(dump({{"type", "Connected"}, {"request_id", request_id_}, {"sequence_id", sequence_++}}));
}

std::string FluxTurns::transcript() const {
    std::string text;
    const auto add = [&text](const Segment& segment) {
        if (segment.text.empty()) return;
        if (!text.empty()) text += ' ';
        text += segment.text;
    };
    for (const Segment& segment : settled_) add(segment);
    add(open_);
    return text;
}

void FluxTurns::turn_info(const char* event, double confidence, const char* trigger) {
    if (bend_.unknown_events)
        send_(dump({{"type", "TurnMood"}, {"sequence_id", sequence_++}, {"mood", "calm"}}));
    Json words = Json::array();
    const auto add = [&](const Segment& segment) {
        for (const RecognizedWord& word : segment.words) {
            Json entry{{"word", word.text}, {"confidence", word.confidence}};
            if (!bend_.old_deployment) {
                entry["start"] = seconds(word.start_ms);
                entry["end"] = seconds(word.end_ms);
            }
            words.push_back(std::move(entry));
        }
    };
    for (const Segment& segment : settled_) add(segment);
    add(open_);
    Json info{{"type", "TurnInfo"},
              {"request_id", request_id_},
              {"sequence_id", sequence_++},
              {"event", event},
              {"turn_index", turn_index_},
              {"audio_window_start", seconds(turn_began_ms_)},
              {"audio_window_end", seconds(audio_ms_)},
              {"transcript", transcript()},
              {"words", std::move(words)},
              {"end_of_turn_confidence", std::round(confidence * 1000) / 1000}};
    if (trigger != nullptr && !bend_.old_deployment) info["trigger"] = trigger;
    if (settings_.multilingual()) {
        info["languages"] = Json::array({"en"});
        info["languages_hinted"] = settings_.language_hints;
    }
    if (bend_.unknown_events) info["x_future"] = {{"depth", 1}};
    told_since_update_ = true;
    send_(dump(info));
    if (told_) told_(event, open_.number);
}

void FluxTurns::audio(double ms) {
    audio_ms_ += ms;
    while (audio_ms_ >= next_update_ms_) {
        next_update_ms_ += update_every_ms;
        if (!std::exchange(told_since_update_, false)) {
            turn_info("Update", confidence_);
            told_since_update_ = false;
        }
    }
    if (state_ != State::idle && audio_ms_ - voice_end_ms_ >= settings_.eot_timeout_ms)
        end_turn("timeout", confidence_);
}

// Brings the turn up to date with what is known of its segment; says so where the state changes.
void FluxTurns::take(const Segment& segment) {
    if (open_.number != segment.number && !open_.text.empty() && open_.number != noise_segment)
        settled_.push_back(std::move(open_));
    const std::string before = transcript();
    open_ = segment;
    voice_end_ms_ = static_cast<double>(segment.end_ms);
    const std::string now = transcript();
    if (now.empty()) return;
    if (state_ == State::idle) {
        state_ = State::speaking;
        turn_info("StartOfTurn", 0.05);
    } else if (state_ == State::awaiting_end && now != before) {
        resumed();
    }
}

void FluxTurns::recognised(const RecognizerEvent& event) {
    if (const auto* partial = std::get_if<Partial>(&event)) {
        if (is_over(partial->segment.number)) return;
        confidence_ = 0.05;
        take(partial->segment);
    } else if (const auto* pause = std::get_if<Pause>(&event)) {
        paused(*pause);
    } else if (const auto* resumption = std::get_if<SpeechResumed>(&event)) {
        if (is_over(resumption->segment)) return;
        confidence_ = 0.05;
        voice_end_ms_ = audio_ms_;
        if (state_ == State::awaiting_end) resumed();
    } else if (const auto* end = std::get_if<SegmentEnd>(&event)) {
        segment_ended(*end);
    }
}

void FluxTurns::paused(const Pause& pause) {
    if (is_over(pause.segment.number)) return;
    take(pause.segment);
    confidence_ = std::max(confidence_, pause.end_of_turn);
    if (state_ == State::idle) return;
    const auto threshold = settings_.eager_eot_threshold;
    if (threshold && state_ == State::speaking && pause.end_of_turn >= *threshold) eager(pause.end_of_turn);
    if (settings_.eot_threshold >= 1.0 || pause.end_of_turn < settings_.eot_threshold) return;
    last_ended_segment_ = pause.segment.number;
    end_turn("model", pause.end_of_turn);
}

void FluxTurns::segment_ended(const SegmentEnd& end) {
    if (is_over(end.segment.number)) return;
    last_ended_segment_ = end.segment.number;
    take(end.segment);
    if (state_ == State::idle) {
        open_ = {};
        return;
    }
    if (settings_.eot_threshold >= 1.0) return;  // only ForceEndTurn and the timeout end turns
    const double sure = std::max(confidence_, settings_.eot_threshold);
    if (settings_.eager_eot_threshold && state_ == State::speaking) eager(sure);
    end_turn("model", sure);
}

void FluxTurns::eager(double confidence) {
    state_ = State::awaiting_end;
    eager_text_ = transcript();
    turn_info("EagerEndOfTurn", confidence);
    if (bend_.flapping && !std::exchange(flapped_, true)) resumed();
}

void FluxTurns::resumed() {
    state_ = State::speaking;
    turn_info("TurnResumed", 0.1);
}

void FluxTurns::end_turn(const char* trigger, double confidence) {
    if (state_ == State::idle) return;
    last_ended_segment_ = std::max(last_ended_segment_, open_.number);
    turn_info("EndOfTurn", confidence, trigger);
    state_ = State::idle;
    ++turn_index_;
    turn_began_ms_ = audio_ms_;
    confidence_ = 0;
    flapped_ = false;
    settled_.clear();
    const int number = open_.number;
    open_ = {};
    open_.number = number;
    flush_();
}

void FluxTurns::force_end_turn() {
    if (state_ != State::idle) return end_turn("manual", confidence_);
    send_(dump({{"type", "Warning"},
                {"request_id", request_id_},
                {"sequence_id", sequence_++},
                {"code", "FORCE_END_TURN_NO_ACTIVE_TURN"},
                {"description", "ForceEndTurn was received while no turn was active."}}));
}

void FluxTurns::noise() {
    if (state_ != State::idle) return;
    state_ = State::speaking;
    voice_end_ms_ = audio_ms_;
    open_.number = noise_segment;
    open_.text = "Hm";
    open_.words = {{"Hm", audio_ms_ - 100, audio_ms_, 0.31}};
    turn_info("StartOfTurn", 0.05);
}

void FluxTurns::configure(const FluxConfigure& change) {
    if (const auto problem = check_configure(change, settings_))
        return refuse_configure(problem->code, problem->description);
    settings_.eot_threshold = change.eot_threshold.value_or(settings_.eot_threshold);
    if (change.eager_eot_threshold) settings_.eager_eot_threshold = change.eager_eot_threshold;
    settings_.eot_timeout_ms = change.eot_timeout_ms.value_or(settings_.eot_timeout_ms);
    if (change.keyterms) settings_.keyterms = *change.keyterms;
    if (change.language_hints) settings_.language_hints = *change.language_hints;
    settings_.numerals = change.numerals.value_or(settings_.numerals);
    Json thresholds{{"eot_threshold", settings_.eot_threshold}, {"eot_timeout_ms", settings_.eot_timeout_ms}};
    if (settings_.eager_eot_threshold) thresholds["eager_eot_threshold"] = *settings_.eager_eot_threshold;
    send_(dump({{"type", "ConfigureSuccess"},
                {"request_id", request_id_},
                {"sequence_id", sequence_++},
                {"thresholds", thresholds},
                {"keyterms", settings_.keyterms},
                {"language_hints", settings_.language_hints},
                {"numerals", settings_.numerals}}));
}

void FluxTurns::refuse_configure(const std::string& code, const std::string& description) {
    send_(dump({{"type", "ConfigureFailure"},
                {"request_id", request_id_},
                {"sequence_id", sequence_++},
                {"code", code},
                {"description", description}}));
}

void FluxTurns::closing() { turn_info("Update", confidence_); }

void FluxTurns::error(const std::string& code, const std::string& description) {
    send_(dump(
        {{"type", "Error"}, {"sequence_id", sequence_++}, {"code", code}, {"description", description}}));
}

}  // namespace atlas::sandbox
