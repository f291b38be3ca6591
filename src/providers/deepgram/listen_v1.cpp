#include "atlas/providers/deepgram/listen_v1.hpp"

#include "listen_url.hpp"
#include "listen_words.hpp"

#include <algorithm>

namespace atlas::providers::deepgram {

namespace {

constexpr std::string_view keep_alive = R"({"type":"KeepAlive"})";
constexpr std::string_view finalize = R"({"type":"Finalize"})";

// Interim results come about once a second: an unsettled piece may only be late.
constexpr auto interim_patience = std::chrono::milliseconds(1500);
constexpr AudioPosition overlap_tolerance{20};

ListenTraits nova_traits(const DeepgramSettings& settings) {
    ListenTraits traits;
    traits.keep_alive = keep_alive;
    traits.needs_first_audio = true;
    traits.replay_speed = 1.25;  // faster is throttled (§1.4)
    traits.max_replay = AudioPosition(settings.max_replay_v1_ms);
    traits.stale_after = settings.stale_after_v1;
    return traits;
}

void append_piece(std::string& text, std::string_view piece) {
    if (piece.empty()) return;
    if (!text.empty()) text += ' ';
    text += piece;
}

int channel_of(const Json& message, const char* name) {
    const Json& channels = array_field(message, name);
    return !channels.empty() && channels.front().is_number() ? channels.front().get<int>() : 0;
}

}  // namespace

struct ListenV1::Results {
    bool final = false;
    bool speech_final = false;
    bool from_finalize = false;
    SamplePosition begin = 0;
    SamplePosition end = 0;
    std::string text;
    double confidence = 0;
    std::vector<HeardWord> words;
};

ListenV1::ListenV1(const DeepgramSettings& settings, const RecognizerRequest& request,
                   const StreamClock& clock)
    : clock_(clock),
      traits_(nova_traits(settings)),
      url_(nova_url(settings, request)),
      turn_timer_(std::chrono::milliseconds(settings.turn_timer_ms)),
      finalize_wait_(std::chrono::milliseconds(settings.finalize_wait_ms)) {}

void ListenV1::connection_began(net::TimePoint now, AudioPosition) {
    connected_ = true;
    final_end_ = std::max(final_end_, clock_.to_call(0));
    last_news_ = now;
}

void ListenV1::connection_lost(ListenFacts& facts) {
    connected_ = false;
    if (finalizing_) close(finalizing_->trigger, facts);
}

void ListenV1::receive(std::string_view text, net::TimePoint now, ListenFacts& facts) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) {
        ++counters_.malformed_messages;
        return;
    }
    const std::string type = text_field(json, "type");
    if (type == "Results") {
        if (channel_of(json, "channel_index") != 0) return;
        const double start = number_field(json, "start").value_or(0);
        const Json& alternatives = array_field(object_field(json, "channel"), "alternatives");
        Results results;
        results.speech_final = flag_field(json, "speech_final");
        results.final = flag_field(json, "is_final") || results.speech_final;
        results.from_finalize = flag_field(json, "from_finalize");
        results.begin = clock_.to_call(start);
        results.end = clock_.to_call(start + number_field(json, "duration").value_or(0));
        if (!alternatives.empty() && alternatives.front().is_object()) {
            results.text = text_field(alternatives.front(), "transcript");
            results.confidence = number_field(alternatives.front(), "confidence").value_or(0);
            results.words = read_words(array_field(alternatives.front(), "words"), clock_);
        }
        take(std::move(results), now, facts);
    } else if (type == "SpeechStarted") {
        speech_started(clock_.to_call(number_field(json, "timestamp").value_or(0)), now, facts);
    } else if (type == "UtteranceEnd") {
        utterance_ended(number_field(json, "last_word_end"), facts);
    } else if (type == "Error") {
        facts.emplace_back(
            ListenTrouble{text_field(json, "variant"), text_field(json, "description"), false});
    } else if (type != "Metadata" && type != "ConfigureSuccess" && type != "ConfigureFailure") {
        ++counters_.unknown_messages;
    }
}

void ListenV1::take(Results results, net::TimePoint now, ListenFacts& facts) {
    leave_out_told_words(results);
    add_piece(results, now, facts);
    if (results.final) final_end_ = std::max(final_end_, results.end);
    if (results.speech_final) {
        if (open_) close("speech_final", facts);
    } else if (results.from_finalize && finalizing_) {
        close(finalizing_->trigger, facts);
    }
}

// Words that an ended turn has already told as interim ones; and finals reported to overlap (§1.5).
void ListenV1::leave_out_told_words(Results& results) const {
    SamplePosition told = told_end_;
    const bool overlaps = results.begin + clock_.samples_of(overlap_tolerance) < final_end_;
    if (overlaps) told = std::max(told, final_end_);
    if (results.begin >= told) return;
    if (results.end <= told) {
        results.text.clear();
        results.words.clear();
        return;
    }
    const auto is_told = [told](const HeardWord& word) { return word.begin + word.end <= 2 * told; };
    const auto fresh = std::find_if_not(results.words.begin(), results.words.end(), is_told);
    if (fresh == results.words.begin()) return;
    results.words.erase(results.words.begin(), fresh);
    results.text.clear();
    for (const HeardWord& word : results.words) append_piece(results.text, word.text);
}

void ListenV1::add_piece(Results& results, net::TimePoint now, ListenFacts& facts) {
    if (!results.text.empty()) {
        const bool timed = !results.words.empty();
        const SamplePosition first = timed ? results.words.front().begin : results.begin;
        open(first, now, facts);
        turn_begin_ = std::min(turn_begin_, first);  // SpeechStarted need not agree with the words
        last_word_end_ = timed ? results.words.back().end : results.end;
    }
    if (!open_) return;
    if (results.final) append_piece(final_text_, results.text);
    interim_ = results.final ? std::string() : std::move(results.text);
    show(results.confidence, now, facts);
}

void ListenV1::open(SamplePosition at, net::TimePoint now, ListenFacts& facts) {
    if (open_) return;
    open_ = true;
    turn_begin_ = last_word_end_ = at;
    last_news_ = now;
    facts.emplace_back(CallerStartedSpeaking{clock_.to_time(at)});
}

void ListenV1::show(double confidence, net::TimePoint now, ListenFacts& facts) {
    std::string whole = whole_text();
    if (whole == shown_) return;
    last_news_ = now;
    shown_ = std::move(whole);
    facts.emplace_back(TranscriptUpdated{shown_, confidence});
}

void ListenV1::speech_started(SamplePosition at, net::TimePoint now, ListenFacts& facts) {
    open(std::max(at, told_end_), now, facts);
}

// Of use only when no speech_final came before: then no turn, or a newer one, is open (§1.5).
void ListenV1::utterance_ended(std::optional<double> last_word_end, ListenFacts& facts) {
    if (!open_ || shown_.empty()) return;
    const bool known = last_word_end && *last_word_end >= 0;
    if (known && clock_.to_call(*last_word_end) < turn_begin_) return;
    close("utterance_end", facts);
}

void ListenV1::close(std::string trigger, ListenFacts& facts) {
    finalizing_.reset();
    if (!open_) return;
    if (!interim_.empty()) told_end_ = std::max(told_end_, last_word_end_);
    facts.emplace_back(TurnEnded{whole_text(), clock_.to_time(last_word_end_), std::move(trigger)});
    open_ = false;
    final_text_.clear();
    interim_.clear();
    shown_.clear();
}

std::string ListenV1::whole_text() const {
    std::string whole = final_text_;
    append_piece(whole, interim_);
    return whole;
}

// Asked even when no turn is open yet: the first interim result may be a second away.
void ListenV1::end_turn(net::TimePoint now, ListenFacts& facts) {
    finalizing_ = Finalizing{now + finalize_wait_, "manual"};
    facts.emplace_back(SendControl{finalize});
}

std::optional<net::TimePoint> ListenV1::deadline() const {
    if (!connected_) return {};
    if (finalizing_) return finalizing_->until;
    if (!open_) return {};
    const bool settled_text = interim_.empty() && !final_text_.empty();
    return last_news_ + turn_timer_ +
           (settled_text ? net::Duration::zero() : net::Duration(interim_patience));
}

void ListenV1::on_deadline(net::TimePoint now, ListenFacts& facts) {
    const auto due = deadline();
    if (!due || now < *due) return;
    if (finalizing_) return close(finalizing_->trigger, facts);
    finalizing_ = Finalizing{now + finalize_wait_, "timer"};
    facts.emplace_back(SendControl{finalize});
}

}  // namespace atlas::providers::deepgram
