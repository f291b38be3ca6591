#include "sandbox/services/nova_results.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::ordered_json;

constexpr double interim_every_ms = 1000;  // of audio (deepgram.md §1.5, cadence)
constexpr double long_range_ms = 5000;     // a final comes at least this often
constexpr double unsettled_ms = 1000;      // the newest words stay open

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// Letters and apostrophes in lower case: what "word" holds beside "punctuated_word".
std::string bare(const std::string& word) {
    std::string out;
    for (const char c : word) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 || std::isalnum(byte) != 0 || c == '\'')
            out += static_cast<char>(std::tolower(byte));
    }
    return out.empty() ? word : out;
}

}  // namespace

NovaResults::NovaResults(NovaSettings settings, std::string request_id, Bend bend,
                         std::function<void(std::string)> send, std::function<void()> flush)
    : settings_(std::move(settings)),
      request_id_(std::move(request_id)),
      bend_(bend),
      send_(std::move(send)),
      flush_(std::move(flush)) {}

std::vector<RecognizedWord> NovaResults::fresh_words() const {
    if (open_.words.size() <= settled_words_) return {};
    return {open_.words.begin() + static_cast<std::ptrdiff_t>(settled_words_), open_.words.end()};
}

void NovaResults::audio(double ms) {
    audio_ms_ += ms;
    if (audio_ms_ >= next_interim_ms_) {
        next_interim_ms_ += interim_every_ms;
        if (audio_ms_ - final_end_ms_ >= long_range_ms)
            settle_early();
        else if (settings_.interim_results)
            interim();
    }
    const bool quiet = settings_.utterance_end_ms && utterance_open_ && last_word_end_ms_ >= 0 &&
                       audio_ms_ - last_word_end_ms_ >= *settings_.utterance_end_ms;
    if (quiet) utterance_end();
}

void NovaResults::interim() { results(fresh_words(), final_end_ms_, audio_ms_, false, false, false); }

// No pause for long: the older words are settled without speech_final; silence settles as an empty final.
void NovaResults::settle_early() {
    const std::vector<RecognizedWord> words = fresh_words();
    std::vector<RecognizedWord> old;
    for (const RecognizedWord& word : words)
        if (word.end_ms <= audio_ms_ - unsettled_ms) old.push_back(word);
    if (!words.empty() && old.empty()) {
        if (settings_.interim_results) interim();
        return;
    }
    const double end = words.empty() ? audio_ms_ : old.back().end_ms;
    results(old, final_end_ms_, end, true, false, false);
    settled_words_ += old.size();
    final_end_ms_ = end;
}

void NovaResults::recognised(const RecognizerEvent& event) {
    const auto late = [this](int segment) { return segment <= last_settled_segment_; };
    const auto take = [this](const Segment& segment) {
        if (segment.number != open_.number) settled_words_ = 0;
        open_ = segment;
        if (open_.words.size() > settled_words_) {
            utterance_open_ = true;
            last_word_end_ms_ = open_.words.back().end_ms;
        }
    };
    if (const auto* started = std::get_if<SpeechStarted>(&event)) {
        if (settings_.vad_events)
            send_(dump({{"type", "SpeechStarted"},
                        {"channel", {0, 1}},
                        {"timestamp", std::round(static_cast<double>(started->at_ms) / 10) / 100}}));
    } else if (const auto* partial = std::get_if<Partial>(&event)) {
        if (!late(partial->segment.number)) take(partial->segment);
    } else if (const auto* pause = std::get_if<Pause>(&event)) {
        if (late(pause->segment.number)) return;
        take(pause->segment);
        const bool endpoint =
            settings_.endpointing_ms && pause->silence_ms >= *settings_.endpointing_ms && !open_.text.empty();
        if (!endpoint) return;
        last_settled_segment_ = open_.number;
        final(true, false);
        flush_();
    } else if (const auto* end = std::get_if<SegmentEnd>(&event)) {
        if (late(end->segment.number)) return;
        take(end->segment);
        last_settled_segment_ = open_.number;
        const bool told_by_finalize = finalizing_ > 0 && !bend_.no_finalize && !bend_.empty_finalize;
        if (!open_.text.empty() && !told_by_finalize) final(settings_.endpointing_ms.has_value(), false);
    }
}

void NovaResults::final(bool speech_final, bool from_finalize) {
    results(fresh_words(), final_end_ms_, audio_ms_, true, speech_final && !bend_.no_speech_final,
            from_finalize);
    final_end_ms_ = audio_ms_;
    const int number = open_.number;
    settled_words_ = 0;
    open_ = {};
    open_.number = number;
}

void NovaResults::finalized() {
    --finalizing_;
    if (!bend_.no_finalize) final(false, true);
}

void NovaResults::closing() {
    if (audio_ms_ > final_end_ms_) final(false, false);
}

void NovaResults::results(const std::vector<RecognizedWord>& words, double start_ms, double end_ms,
                          bool is_final, bool speech_final, bool from_finalize) {
    if (bend_.unknown_events) send_(dump({{"type", "FutureThing"}, {"detail", {{"depth", 1}}}}));
    const auto seconds = [this](double ms) {
        const double value = std::round(ms / 10.0) / 100.0;
        return bend_.integers ? Json(std::llround(value)) : Json(value);
    };
    std::string transcript;
    Json list = Json::array();
    for (const RecognizedWord& word : words) {
        const std::string shown = settings_.punctuate ? word.text : bare(word.text);
        transcript += (transcript.empty() ? "" : " ") + shown;
        Json entry{{"word", bare(word.text)},
                   {"start", seconds(word.start_ms)},
                   {"end", seconds(word.end_ms)},
                   {"confidence", word.confidence}};
        if (settings_.punctuate && !bend_.missing_optional) entry["punctuated_word"] = word.text;
        list.push_back(std::move(entry));
    }
    const Json alternative{
        {"transcript", transcript}, {"confidence", words.empty() ? Json(0.0) : Json(0.97)}, {"words", list}};
    Json message{{"type", "Results"},
                 {"channel_index", {0, 1}},
                 {"duration", seconds(end_ms - start_ms)},
                 {"start", seconds(start_ms)}};
    if (!bend_.missing_optional || is_final) message["is_final"] = is_final;
    if (!bend_.missing_optional || speech_final) message["speech_final"] = speech_final;
    if (!bend_.missing_optional || from_finalize) message["from_finalize"] = from_finalize;
    message["channel"] = {{"alternatives", Json::array({alternative})}};
    message["metadata"] = {
        {"request_id", request_id_},
        {"model_info", {{"name", settings_.model}, {"version", "2026-01-01.0"}, {"arch", "nova-3"}}},
        {"model_uuid", "1dbdfb4d-85b2-4659-9831-16b3c76229aa"}};
    send_(dump(message));
}

void NovaResults::utterance_end() {
    utterance_open_ = false;
    if (bend_.no_utterance_end) return;
    send_(dump({{"type", "UtteranceEnd"},
                {"channel", {0, 1}},
                {"last_word_end", std::round(last_word_end_ms_) / 1000}}));
}

void NovaResults::metadata(const std::string& audio_sha256) {
    send_(dump({{"type", "Metadata"},
                {"transaction_key", "deprecated"},
                {"request_id", request_id_},
                {"sha256", audio_sha256},
                {"created", "2026-11-23T00:00:00.000Z"},
                {"duration", std::round(audio_ms_) / 1000},
                {"channels", audio_ms_ > 0 ? 1 : 0}}));
}

void NovaResults::configured(const NovaConfigure& change) {
    if (change.keyterms && !settings_.model.starts_with("nova-3")) {
        send_(dump({{"type", "ConfigureFailure"},
                    {"request_id", request_id_},
                    {"code", "KeytermsNotSupported"},
                    {"description", "`keyterms` are only supported for Nova-3 and Flux."}}));
        return;
    }
    if (change.keyterms) settings_.keyterms = *change.keyterms;
    send_(
        dump({{"type", "ConfigureSuccess"}, {"request_id", request_id_}, {"keyterms", settings_.keyterms}}));
}

void NovaResults::schema_error(const std::string& description, const std::string& message) {
    send_(dump(
        {{"type", "Error"}, {"variant", "SchemaError"}, {"description", description}, {"message", message}}));
}

void NovaResults::noise() {
    for (int i = 0; i < 2; ++i)
        send_(dump({{"type", "SpeechStarted"},
                    {"channel", {0, 1}},
                    {"timestamp", std::round(audio_ms_ / 10) / 100}}));
}

}  // namespace atlas::sandbox
