#include "atlas/providers/deepgram/listen_v1.hpp"

#include "listen_results.hpp"
#include "listen_url.hpp"
#include "sentence_end.hpp"

#include <algorithm>
#include <utility>

namespace atlas::providers::deepgram {

namespace {

constexpr std::string_view keep_alive = R"({"type":"KeepAlive"})";
constexpr const char* timer_trigger = "timer";
constexpr const char* finalize = R"({"type":"Finalize"})";

// Interim results come about once a second: an unsettled piece may only be late.
constexpr auto interim_patience = std::chrono::milliseconds(1500);
constexpr AudioPosition overlap_tolerance{20};
constexpr AudioPosition more_than_enough{200};  // silence, for any sign of an end
// What was just heard may be the start of a word that the service has not told yet.
constexpr AudioPosition unsure{2000};
// A result is so late that the caller may be taken to have been silent for that much longer than it says.
constexpr AudioPosition usual_lateness{300};
constexpr AudioPosition shortest_pause{300};
constexpr AudioPosition longest_pause{5000};
// Nova gives no figure for how likely an end is: these only say that the second is the better guess.
constexpr double end_of_sentence = 0.5;
constexpr double end_of_speech = 0.6;

ListenTraits nova_traits(const DeepgramSettings& settings) {
    ListenTraits traits;
    traits.keep_alive = keep_alive;
    traits.needs_first_audio = true;
    traits.replay_speed = 1.25;  // faster is throttled (§1.4)
    traits.max_replay = AudioPosition(settings.max_replay_v1_ms);
    traits.longest_silence =
        AudioPosition(std::max(settings.endpointing_ms, settings.utterance_end_ms)) + more_than_enough;
    traits.stale_after = settings.stale_after_v1;
    return traits;
}

}  // namespace

ListenV1::ListenV1(const DeepgramSettings& settings, const RecognizerRequest& request,
                   const StreamClock& clock)
    : clock_(clock),
      traits_(nova_traits(settings)),
      url_(nova_url(settings, request)),
      turn_timer_(std::chrono::milliseconds(settings.turn_timer_ms)),
      finalize_wait_(std::chrono::milliseconds(settings.finalize_wait_ms)),
      utterance_end_(settings.utterance_end_ms),
      eager_(settings.eager_eot_threshold.has_value()) {}

ListenV1::~ListenV1() = default;

// A word that began earlier is kept whole: of half its sound another would be made.
SamplePosition ListenV1::replay_from(SamplePosition first) {
    if (first <= settled()) return first;
    final_end_ = first;
    if (interim_.empty()) return final_end_;
    if (interim_words_.empty()) {  // told without times
        append_words(final_text_, std::exchange(interim_, {}));
        final_end_ = std::max(first, last_word_end_);
        return final_end_;
    }
    const auto later = [first](const HeardWord& word) { return word.begin >= first; };
    const auto rest = std::find_if(interim_words_.begin(), interim_words_.end(), later);
    for (auto word = interim_words_.begin(); word != rest; ++word) {
        append_words(final_text_, word->text);
        final_end_ = std::max(final_end_, word->end);
    }
    interim_words_.erase(interim_words_.begin(), rest);
    interim_ = joined(interim_words_);
    return final_end_;
}

void ListenV1::connection_began(net::TimePoint now, AudioPosition) {
    connected_ = true;
    final_end_ = std::max(final_end_, clock_.to_call(0));
    last_news_ = now;
}

void ListenV1::connection_lost(ListenFacts& facts) {
    connected_ = false;
    waiting_.reset();
    // What the timer took for the caller's silence may have been the service's: the next connection hears it
    // again, and with it whatever was said meanwhile.
    const auto asked = std::exchange(finalizing_, {});
    if (asked && asked->trigger != timer_trigger) return close(asked->trigger, facts);
    resumed(facts);
}

void ListenV1::receive(std::string_view text, net::TimePoint now, ListenFacts& facts) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) {
        ++counters_.malformed_messages;
        return;
    }
    const std::string type = text_field(json, "type");
    if (type == "Results") {
        ListenResults results = read_results(json, clock_);
        if (results.channel == 0) take(std::move(results), now, facts);
    } else if (type == "SpeechStarted") {
        speech_started(clock_.to_call(number_field(json, "timestamp").value_or(0)), now, facts);
    } else if (type == "UtteranceEnd") {
        utterance_ended(number_field(json, "last_word_end"), now, facts);
    } else if (type == "Error") {
        facts.emplace_back(
            ListenTrouble{text_field(json, "variant"), text_field(json, "description"), false});
    } else if (type != "Metadata" && type != "ConfigureSuccess" && type != "ConfigureFailure") {
        ++counters_.unknown_messages;
    }
}

void ListenV1::take(ListenResults results, net::TimePoint now, ListenFacts& facts) {
    leave_out_told_words(results);
    add_piece(results, now, facts);
    if (results.final) final_end_ = std::max(final_end_, results.end);
    if (!open_) wordless_until_ = std::max(wordless_until_, results.end - clock_.samples_of(unsure));
    if (results.speech_final) {
        sign_of_end("speech_final", results.end, now, facts);
    } else if (results.from_finalize && finalizing_) {
        close(finalizing_->trigger, facts);
    } else if (results.final && looks_finished(shown_)) {
        may_have_ended(end_of_sentence, facts);
    }
}

// Words that an ended turn has already told as interim ones; and finals reported to overlap (§1.5).
void ListenV1::leave_out_told_words(ListenResults& results) const {
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
    results.text = joined(results.words);
}

void ListenV1::add_piece(ListenResults& results, net::TimePoint now, ListenFacts& facts) {
    if (!results.text.empty()) {
        const bool timed = !results.words.empty();
        const SamplePosition first = timed ? results.words.front().begin : results.begin;
        open(first, now, facts);
        turn_begin_ = std::min(turn_begin_, first);  // SpeechStarted need not agree with the words
        last_word_end_ = timed ? results.words.back().end : results.end;
    }
    if (!open_) return;
    if (results.final) append_words(final_text_, results.text);
    interim_ = results.final ? std::string() : std::move(results.text);
    interim_words_ = results.final ? std::vector<HeardWord>() : std::move(results.words);
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
    resumed(facts);
    waiting_.reset();
    last_news_ = now;
    shown_ = std::move(whole);
    facts.emplace_back(TranscriptUpdated{shown_, confidence});
}

// Inside a pause it means that the caller goes on; if it was a noise, the turn's own timer finds out.
void ListenV1::speech_started(SamplePosition at, net::TimePoint now, ListenFacts& facts) {
    open(std::max(at, told_end_), now, facts);
    if (!waiting_ || at <= last_word_end_) return;
    waiting_.reset();
    last_news_ = now;
}

// Of use only when no speech_final came before: then no turn, or a newer one, is open (§1.5).
void ListenV1::utterance_ended(std::optional<double> last_word_end, net::TimePoint now, ListenFacts& facts) {
    if (!open_ || shown_.empty() || waiting_) return;
    const bool known = last_word_end && *last_word_end >= 0;
    if (known && clock_.to_call(*last_word_end) < turn_begin_) return;
    sign_of_end("utterance_end", last_word_end_ + clock_.samples_of(utterance_end_), now, facts);
}

void ListenV1::sign_of_end(std::string trigger, SamplePosition silent_until, net::TimePoint now,
                           ListenFacts& facts) {
    if (!open_) return;
    const AudioPosition left = patience_left(silent_until);
    if (left <= AudioPosition::zero()) return close(std::move(trigger), facts);
    waiting_ = Ending{now + left, std::move(trigger)};
    may_have_ended(end_of_speech, facts);
}

AudioPosition ListenV1::patience_left(SamplePosition silent_until) const {
    if (finalizing_ || shown_.empty() || looks_finished(shown_)) return {};
    const SamplePosition silent =
        std::min(clock_.sent_until(), silent_until + clock_.samples_of(usual_lateness)) - last_word_end_;
    return pause_ - clock_.to_time(silent);
}

void ListenV1::may_have_ended(double confidence, ListenFacts& facts) {
    if (!eager_ || !open_ || may_have_ended_ || shown_.empty()) return;
    may_have_ended_ = true;
    facts.emplace_back(TurnMayHaveEnded{shown_, confidence});
}

void ListenV1::resumed(ListenFacts& facts) {
    if (may_have_ended_) facts.emplace_back(TurnResumed{});
    may_have_ended_ = false;
}

void ListenV1::close(std::string trigger, ListenFacts& facts) {
    finalizing_.reset();
    waiting_.reset();
    if (!open_) return;
    if (!interim_.empty()) told_end_ = std::max(told_end_, last_word_end_);
    facts.emplace_back(TurnEnded{whole_text(), clock_.to_time(last_word_end_), std::move(trigger)});
    open_ = may_have_ended_ = false;
    final_text_.clear();
    interim_.clear();
    interim_words_.clear();
    shown_.clear();
}

std::string ListenV1::whole_text() const {
    std::string whole = final_text_;
    append_words(whole, interim_);
    return whole;
}

// Asked even when no turn is open yet: the first interim result may be a second away.
void ListenV1::end_turn(net::TimePoint now, ListenFacts& facts) {
    finalizing_ = Ending{now + finalize_wait_, "manual"};
    facts.emplace_back(SendControl{finalize, true});
}

void ListenV1::set_patience(Patience patience) {
    pause_ = std::clamp(patience.pause, shortest_pause, longest_pause);
}

std::optional<net::TimePoint> ListenV1::deadline() const {
    if (!connected_) return {};
    if (finalizing_) return finalizing_->until;
    if (waiting_) return waiting_->until;
    if (!open_) return {};
    net::Duration wait = turn_timer_;
    if (pause_ > wait && !looks_finished(shown_)) wait = pause_;
    const bool settled_text = interim_.empty() && !final_text_.empty();
    if (!settled_text) wait += interim_patience;
    return last_news_ + wait;
}

void ListenV1::on_deadline(net::TimePoint now, ListenFacts& facts) {
    const auto due = deadline();
    if (!due || now < *due) return;
    if (finalizing_) return close(finalizing_->trigger, facts);
    if (waiting_) return close(waiting_->trigger, facts);
    finalizing_ = Ending{now + finalize_wait_, timer_trigger};
    facts.emplace_back(SendControl{finalize, true});
}

}  // namespace atlas::providers::deepgram
