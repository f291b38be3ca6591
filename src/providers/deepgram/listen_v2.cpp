#include "atlas/providers/deepgram/listen_v2.hpp"

#include "listen_url.hpp"
#include "turn_info.hpp"

#include <algorithm>

namespace atlas::providers::deepgram {

namespace {

constexpr const char* force_end_turn = R"({"type":"ForceEndTurn"})";
constexpr auto forced_end_wait = std::chrono::seconds(2);
constexpr auto late_turn_wait = std::chrono::milliseconds(1500);

// A turn's start is known by its first word, whose sound began a little earlier.
constexpr AudioPosition before_first_word{500};
constexpr AudioPosition before_untimed_turn{2000};
// What was just heard may be the start of a word that the service has not told yet.
constexpr AudioPosition unsure{2000};

ListenTraits flux_traits(const DeepgramSettings& settings) {
    ListenTraits traits;
    traits.waits_for_ready = true;
    // Whether Flux throttles is not documented; in small steps the order of things stays as it was.
    traits.replay_speed = 4;
    traits.max_replay = AudioPosition(settings.max_backlog_ms);
    traits.stale_after = settings.stale_after_v2;
    return traits;
}

}  // namespace

ListenV2::ListenV2(const DeepgramSettings& settings, const RecognizerRequest& request,
                   const StreamClock& clock)
    : clock_(clock),
      settings_(settings),
      request_(request),
      traits_(flux_traits(settings)),
      end_timeout_(settings.eot_timeout_ms, settings.configure),
      knows_force_end_turn_(settings.force_end_turn),
      offered_seconds_(settings.eot_timeout_ms / 1000.0) {}

ListenV2::~ListenV2() = default;

std::string ListenV2::url() {
    const int end_timeout_ms = end_timeout_.offer();
    offered_seconds_ = end_timeout_ms / 1000.0;
    return flux_url(settings_, request_, end_timeout_ms);
}

// A word that began earlier is kept whole: of half its sound another would be made.
SamplePosition ListenV2::replay_from(SamplePosition first) {
    if (!open_ || first <= settled()) return first;
    const bool timed = !words_.empty() && words_.back().timed;
    if (!timed) {
        kept_ = text_;
        turn_begin_ = std::max(first, heard_);
        return turn_begin_;
    }
    turn_begin_ = first;
    std::size_t count = 0;
    for (; count < words_.size() && words_[count].begin < first; ++count) {
        append_words(kept_, words_[count].text);
        turn_begin_ = std::max(turn_begin_, words_[count].end);
    }
    words_.erase(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(count));
    return turn_begin_;
}

void ListenV2::connection_began(net::TimePoint, AudioPosition replay) {
    heard_ = clock_.to_call(0);
    turn_index_ = ended_index_ = -1;
    ended_words_ = 0;
    asked_force_end_ = false;
    reopening_ = open_;
    reopening_until_ = static_cast<double>(replay.count()) / 1000.0 + offered_seconds_ + 1;
    end_timeout_.connection_began();
}

void ListenV2::connection_lost(ListenFacts& facts) {
    end_timeout_.connection_lost();
    if (forced_until_) return close_here("manual", facts);
    if (may_have_ended_) resumed(facts);
}

void ListenV2::receive(std::string_view text, net::TimePoint, ListenFacts& facts) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) {
        ++counters_.malformed_messages;
        return;
    }
    const std::string type = text_field(json, "type");
    if (type == "Connected") sequence_ = -1;  // the first message of every connection
    if (const auto sequence = number_field(json, "sequence_id")) {
        count_sequence(static_cast<std::int64_t>(std::clamp(*sequence, 0.0, 1e15)));
    }
    if (type == "TurnInfo") {
        take(read_turn_info(json, clock_), facts);
    } else if (type == "Connected") {
        facts.emplace_back(ListenReady{text_field(json, "request_id")});
    } else if (type == "Error" || type == "Warning" || type == "ConfigureFailure") {
        if (type == "ConfigureFailure") patience_refused();
        trouble({text_field(json, "code"), text_field(json, "description"), type == "Error"}, facts);
    } else if (type == "ConfigureSuccess") {
        end_timeout_.accepted();
    } else {
        ++counters_.unknown_messages;
    }
}

void ListenV2::count_sequence(std::int64_t sequence) {
    if (sequence > sequence_ + 1)
        counters_.lost_messages += static_cast<std::uint64_t>(sequence - sequence_ - 1);
    sequence_ = std::max(sequence_, sequence);
}

void ListenV2::trouble(ListenTrouble trouble, ListenFacts& facts) {
    if (trouble.code == "UNPARSABLE_CLIENT_MESSAGE") not_understood(trouble.description);
    if (trouble.code == "FORCE_END_TURN_NO_ACTIVE_TURN" && forced_until_) close_here("manual", facts);
    facts.emplace_back(std::move(trouble));
}

// A deployment older than a message closes the connection over it (§2.2): once is enough. It names the one
// it does not know; when it does not, both that may have been meant are left out from now on.
void ListenV2::not_understood(const std::string& description) {
    const bool configure = description.find("variant `Configure`") != std::string::npos;
    const bool force_end = description.find("variant `ForceEndTurn`") != std::string::npos;
    if (asked_force_end_ && !configure) knows_force_end_turn_ = false;
    if (!end_timeout_.unanswered() || force_end) return;
    end_timeout_.not_understood();
    ++counters_.refused_patience;
}

void ListenV2::patience_refused() {
    if (end_timeout_.unanswered()) ++counters_.refused_patience;
    end_timeout_.refused();
}

void ListenV2::take(TurnInfo info, ListenFacts& facts) {
    const SamplePosition heard_before = heard_;
    heard_ = std::max(heard_, clock_.to_call(info.window_end));
    if (info.index != turn_index_) {
        // The turn went on without the end of the last one having reached us.
        if (open_ && !reopening_ && turn_index_ >= 0) {
            close_here("model", facts);
            turn_end_ = heard_before;
        }
        turn_index_ = info.index;
        ended_words_ = 0;
    }
    leave_out_ended_words(info);
    put_kept_words_before(info);
    if (info.event == "StartOfTurn" || info.event == "Update") {
        if (info.event == "Update" && info.index == ended_index_) return;
        show(info, facts);
    } else if (info.event == "EagerEndOfTurn") {
        may_have_ended(info, facts);
    } else if (info.event == "TurnResumed") {
        resumed(facts);
        show(info, facts);
    } else if (info.event == "EndOfTurn") {
        ended_index_ = info.index;
        if (info.text.empty() && reopening_) info.text = text_;
        if (info.text.empty()) info.text = kept_;
        if (!info.text.empty()) open(info, facts);
        const bool timed = !info.words.empty() && info.words.back().timed;
        const SamplePosition at = timed ? info.words.back().end : heard_;
        close(std::move(info.text), at, info.trigger.empty() ? "model" : std::move(info.trigger), facts);
        ended_words_ = 0;
    } else {
        ++counters_.unknown_messages;
    }
    if (open_ && reopening_ && info.window_end > reopening_until_) close_here("lost", facts);
}

// Words of the service's turn that belong to one we ended ourselves.
void ListenV2::leave_out_ended_words(TurnInfo& info) const {
    if (ended_words_ == 0) return;
    info.text = after_words(info.text, ended_words_);
    const std::size_t count = std::min(ended_words_, info.words.size());
    info.words.erase(info.words.begin(), info.words.begin() + static_cast<std::ptrdiff_t>(count));
}

void ListenV2::put_kept_words_before(TurnInfo& info) const {
    if (kept_.empty() || info.text.empty()) return;
    std::string whole = kept_;
    append_words(whole, info.text);
    info.text = std::move(whole);
}

void ListenV2::open(const TurnInfo& info, ListenFacts& facts) {
    reopening_ = false;
    if (open_) return;
    const bool timed = !info.words.empty() && info.words.front().timed;
    const SamplePosition first = timed ? info.words.front().begin : heard_;
    const AudioPosition margin = timed ? before_first_word : before_untimed_turn;
    open_ = true;
    text_.clear();
    turn_begin_ = std::max(turn_end_, first - clock_.samples_of(margin));
    facts.emplace_back(CallerStartedSpeaking{clock_.to_time(timed ? first : turn_begin_)});
}

void ListenV2::show(const TurnInfo& info, ListenFacts& facts) {
    if (info.text.empty()) return;
    open(info, facts);
    words_ = info.words;
    if (info.text == text_) return;
    if (may_have_ended_) resumed(facts);
    text_ = info.text;
    facts.emplace_back(TranscriptUpdated{text_, mean_confidence(info.words)});
}

void ListenV2::may_have_ended(const TurnInfo& info, ListenFacts& facts) {
    show(info, facts);
    if (!settings_.eager_eot_threshold || info.text.empty() || may_have_ended_) return;
    may_have_ended_ = true;
    facts.emplace_back(TurnMayHaveEnded{text_, info.end_confidence});
}

void ListenV2::resumed(ListenFacts& facts) {
    if (may_have_ended_) facts.emplace_back(TurnResumed{});
    may_have_ended_ = false;
}

void ListenV2::close(std::string text, SamplePosition at, std::string trigger, ListenFacts& facts) {
    forced_until_.reset();
    turn_end_ = heard_;
    if (!open_) return;
    open_ = may_have_ended_ = reopening_ = false;
    facts.emplace_back(TurnEnded{std::move(text), clock_.to_time(at), std::move(trigger)});
    text_.clear();
    kept_.clear();
    words_.clear();
}

// Ends the turn by what is known of it; what the service still says of it is left out.
void ListenV2::close_here(std::string trigger, ListenFacts& facts) {
    if (open_ && !reopening_) ended_words_ += count_words(text_) - count_words(kept_);
    close(text_, heard_, std::move(trigger), facts);
}

void ListenV2::end_turn(net::TimePoint now, ListenFacts& facts) {
    if (!open_) {
        awaits_turn_until_ = now + late_turn_wait;
    } else if (!knows_force_end_turn_) {
        close_here("manual", facts);
    } else if (!forced_until_) {
        forced_until_ = now + forced_end_wait;
        asked_force_end_ = true;
        facts.emplace_back(SendControl{force_end_turn, true});
    }
}

std::optional<net::TimePoint> ListenV2::deadline() const {
    const auto configure = end_timeout_.due();
    if (!forced_until_ || !configure) return forced_until_ ? forced_until_ : configure;
    return std::min(*forced_until_, *configure);
}

void ListenV2::on_deadline(net::TimePoint now, ListenFacts& facts) {
    if (forced_until_ && now >= *forced_until_) close_here("manual", facts);
    if (auto message = end_timeout_.message(now)) facts.emplace_back(SendControl{std::move(*message), false});
}

SamplePosition ListenV2::settled() const {
    if (open_) return turn_begin_;
    return std::max(turn_end_, heard_ - clock_.samples_of(unsure));
}

bool ListenV2::needs_audio(net::TimePoint now) const { return open_ || now < awaits_turn_until_; }

}  // namespace atlas::providers::deepgram
