#pragma once

#include "atlas/providers/deepgram/listen_protocol.hpp"

#include <algorithm>

namespace atlas::providers::deepgram {

struct HeardWord;
struct ListenResults;

// /v1/listen, Nova (Deepgram §1): the service sends pieces of text, and three signs that an utterance may
// be over, each of which can be missing. The turn here is all final pieces up to the first sign that comes:
// speech_final, UtteranceEnd, or our own timer, which asks with Finalize and does not depend on an answer.
//
// With patience a sign does not end a turn whose text does not read like the end of a sentence before the
// caller has been silent for that long; words in between continue the turn. The longest a turn stays open
// after its last new words, whatever is missing: the longer of turn timer and patience, 1.5 s more while its
// text is not final, and the wait for an answer to Finalize.
//
// A turn that is open when a connection is lost keeps its final pieces; the audio after them is sent again.
// When that is more than can be sent, the interim words before what can are kept like final ones.
class ListenV1 final : public ListenProtocol {
public:
    ListenV1(const DeepgramSettings& settings, const RecognizerRequest& request, const StreamClock& clock);

    ~ListenV1() override;

    const ListenTraits& traits() const override { return traits_; }
    std::string url() override { return url_; }
    SamplePosition replay_from(SamplePosition first) override;
    void connection_began(net::TimePoint now, AudioPosition replay) override;
    void connection_lost(ListenFacts& facts) override;
    void receive(std::string_view text, net::TimePoint now, ListenFacts& facts) override;
    void end_turn(net::TimePoint now, ListenFacts& facts) override;
    void set_patience(Patience patience) override;
    bool turn_open() const override { return open_; }
    bool deciding() const override { return finalizing_.has_value(); }
    std::optional<net::TimePoint> deadline() const override;
    void on_deadline(net::TimePoint now, ListenFacts& facts) override;
    SamplePosition settled() const override { return std::max({final_end_, told_end_, wordless_until_}); }
    bool needs_audio(net::TimePoint) const override { return false; }

private:
    void take(ListenResults results, net::TimePoint now, ListenFacts& facts);
    void leave_out_told_words(ListenResults& results) const;
    void add_piece(ListenResults& results, net::TimePoint now, ListenFacts& facts);
    void open(SamplePosition at, net::TimePoint now, ListenFacts& facts);
    void show(double confidence, net::TimePoint now, ListenFacts& facts);
    void speech_started(SamplePosition at, net::TimePoint now, ListenFacts& facts);
    void utterance_ended(std::optional<double> last_word_end, net::TimePoint now, ListenFacts& facts);
    void sign_of_end(std::string trigger, SamplePosition silent_until, net::TimePoint now,
                     ListenFacts& facts);
    AudioPosition patience_left(SamplePosition silent_until) const;
    void may_have_ended(double confidence, ListenFacts& facts);
    void resumed(ListenFacts& facts);
    void close(std::string trigger, ListenFacts& facts);
    std::string whole_text() const;

    const StreamClock& clock_;
    const ListenTraits traits_;
    const std::string url_;
    const net::Duration turn_timer_;
    const net::Duration finalize_wait_;
    const AudioPosition utterance_end_;
    const bool eager_;
    AudioPosition pause_{};  // zero: no patience

    // the turn
    bool open_ = false;
    std::string final_text_;  // pieces that will not change
    std::string interim_;     // what came after them, and may
    std::vector<HeardWord> interim_words_;
    std::string shown_;  // as last told
    SamplePosition turn_begin_ = 0;
    SamplePosition last_word_end_ = 0;
    net::TimePoint last_news_{};  // of words
    bool may_have_ended_ = false;

    struct Ending {
        net::TimePoint until;
        std::string trigger;
    };
    std::optional<Ending> finalizing_;  // for the answer to Finalize
    std::optional<Ending> waiting_;     // a sign has come; for the caller's next words

    SamplePosition final_end_ = 0;       // the service has settled everything before it
    SamplePosition told_end_ = 0;        // of interim words that were told in a turn that has ended
    SamplePosition wordless_until_ = 0;  // by interim results, with room for a word not told yet
    bool connected_ = false;
};

}  // namespace atlas::providers::deepgram
