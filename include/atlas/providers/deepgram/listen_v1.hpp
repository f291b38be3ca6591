#pragma once

#include "atlas/providers/deepgram/listen_protocol.hpp"

#include <algorithm>

namespace atlas::providers::deepgram {

// /v1/listen, Nova (Deepgram §1): the service sends pieces of text, and three signs that an utterance may
// be over, each of which can be missing. The turn here is all final pieces up to the first sign that comes:
// speech_final, UtteranceEnd, or our own timer, which asks with Finalize and does not depend on an answer.
//
// A turn that is open when a connection is lost keeps its final pieces; the audio after them is sent again.
class ListenV1 final : public ListenProtocol {
public:
    ListenV1(const DeepgramSettings& settings, const RecognizerRequest& request, const StreamClock& clock);

    const ListenTraits& traits() const override { return traits_; }
    std::string url() const override { return url_; }
    void connection_began(net::TimePoint now, AudioPosition replay) override;
    void connection_lost(ListenFacts& facts) override;
    void receive(std::string_view text, net::TimePoint now, ListenFacts& facts) override;
    void end_turn(net::TimePoint now, ListenFacts& facts) override;
    std::optional<net::TimePoint> deadline() const override;
    void on_deadline(net::TimePoint now, ListenFacts& facts) override;
    SamplePosition settled() const override { return std::max(final_end_, told_end_); }
    bool needs_audio(net::TimePoint) const override { return false; }

private:
    struct Results;
    void take(Results results, net::TimePoint now, ListenFacts& facts);
    void leave_out_told_words(Results& results) const;
    void add_piece(Results& results, net::TimePoint now, ListenFacts& facts);
    void open(SamplePosition at, net::TimePoint now, ListenFacts& facts);
    void show(double confidence, net::TimePoint now, ListenFacts& facts);
    void speech_started(SamplePosition at, net::TimePoint now, ListenFacts& facts);
    void utterance_ended(std::optional<double> last_word_end, ListenFacts& facts);
    void close(std::string trigger, ListenFacts& facts);
    std::string whole_text() const;

    const StreamClock& clock_;
    const ListenTraits traits_;
    const std::string url_;
    const net::Duration turn_timer_;
    const net::Duration finalize_wait_;

    // the turn
    bool open_ = false;
    std::string final_text_;  // pieces that will not change
    std::string interim_;     // what came after them, and may
    std::string shown_;       // as last told
    SamplePosition turn_begin_ = 0;
    SamplePosition last_word_end_ = 0;
    net::TimePoint last_news_{};  // of words

    struct Finalizing {
        net::TimePoint until;
        std::string trigger;
    };
    std::optional<Finalizing> finalizing_;

    SamplePosition final_end_ = 0;  // the service has settled everything before it
    SamplePosition told_end_ = 0;   // of interim words that were told in a turn that has ended
    bool connected_ = false;
};

}  // namespace atlas::providers::deepgram
