#pragma once

#include "atlas/providers/deepgram/end_timeout.hpp"
#include "atlas/providers/deepgram/listen_protocol.hpp"

namespace atlas::providers::deepgram {

struct HeardWord;
struct TurnInfo;

// /v2/listen, Flux (Deepgram §2): the service finds the turns, its text is the whole of the turn, and its
// time is audio time.
//
// A turn that is open when a connection is lost stays open: its audio is sent again from where it began,
// the new text replaces the old, and it is told to have started only once. When that is more than can be
// sent again, the words before what can stay as they were told.
class ListenV2 final : public ListenProtocol {
public:
    // The settings outlive it.
    ListenV2(const DeepgramSettings& settings, const RecognizerRequest& request, const StreamClock& clock);
    ~ListenV2() override;

    const ListenTraits& traits() const override { return traits_; }
    std::string url() override;
    SamplePosition replay_from(SamplePosition first) override;
    void connection_began(net::TimePoint now, AudioPosition replay) override;
    void connection_lost(ListenFacts& facts) override;
    void receive(std::string_view text, net::TimePoint now, ListenFacts& facts) override;
    void end_turn(net::TimePoint now, ListenFacts& facts) override;
    void set_patience(Patience patience) override { end_timeout_.want(patience.factor); }
    bool turn_open() const override { return open_; }
    bool deciding() const override { return forced_until_.has_value(); }
    std::optional<net::TimePoint> deadline() const override;
    void on_deadline(net::TimePoint now, ListenFacts& facts) override;
    SamplePosition settled() const override;
    bool needs_audio(net::TimePoint now) const override;

private:
    void count_sequence(std::int64_t sequence);
    void trouble(ListenTrouble trouble, ListenFacts& facts);
    void not_understood(const std::string& description);
    void patience_refused();
    void take(TurnInfo info, ListenFacts& facts);
    void leave_out_ended_words(TurnInfo& info) const;
    void put_kept_words_before(TurnInfo& info) const;
    void open(const TurnInfo& info, ListenFacts& facts);
    void show(const TurnInfo& info, ListenFacts& facts);
    void may_have_ended(const TurnInfo& info, ListenFacts& facts);
    void resumed(ListenFacts& facts);
    void close(std::string text, SamplePosition at, std::string trigger, ListenFacts& facts);
    void close_here(std::string trigger, ListenFacts& facts);

    const StreamClock& clock_;
    const DeepgramSettings& settings_;
    const RecognizerRequest request_;
    const ListenTraits traits_;
    EndTimeout end_timeout_;
    bool knows_force_end_turn_;

    // the turn
    bool open_ = false;
    bool may_have_ended_ = false;
    std::string text_;              // as last told
    std::string kept_;              // its beginning, of which no audio is left
    std::vector<HeardWord> words_;  // of the rest
    SamplePosition turn_begin_ = 0;
    SamplePosition turn_end_ = 0;  // of the last one

    // the connection
    SamplePosition heard_ = 0;  // what the service has heard of the caller's audio
    std::int64_t turn_index_ = -1;
    std::int64_t ended_index_ = -1;
    std::int64_t sequence_ = -1;
    std::size_t ended_words_ = 0;   // of the running turn that belong to one we ended ourselves
    bool reopening_ = false;        // a turn of an earlier connection has not come up again
    double offered_seconds_;        // of silence that end a turn, by the next connection's URL
    double reopening_until_ = 0;    // seconds on this connection
    bool asked_force_end_ = false;  // on this connection
    std::optional<net::TimePoint> forced_until_;
    net::TimePoint awaits_turn_until_{};  // end_turn() came before the service saw a turn
};

}  // namespace atlas::providers::deepgram
