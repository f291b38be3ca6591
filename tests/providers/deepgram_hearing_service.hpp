#pragma once

#include "support/fake_websocket.hpp"
#include "support/manual_loop.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// A service that really hears: in its audio a word is a stretch of one value, the value says which word, and
// zero is silence. What a client gets to read depends on what it sent and on nothing else, so that a word
// that was sent twice, in pieces or not at all shows in the text.
namespace atlas::test {

constexpr int first_word_value = 1000;  // and loud
constexpr auto word_length = std::chrono::milliseconds(240);
constexpr auto word_gap = std::chrono::milliseconds(80);

// What the values in the audio stand for.
struct SpokenValues {
    std::function<int(std::int16_t)> number_of = [](std::int16_t value) {  // of a word; 0: silence
        return value == 0 ? 0 : value - first_word_value;
    };
    std::function<std::string(int)> text_of = [](int number) {  // empty: a noise
        return "w" + std::to_string(number);
    };
    std::function<std::size_t(int)> length_of = [](int) {
        return static_cast<std::size_t>(word_length.count());
    };
};

// Which of its messages never come.
struct Mutes {
    bool speech_final = false;  // the flag: the piece itself comes
    bool utterance_end = false;
    bool finalize_answer = false;
    bool late_interims = false;  // those of a silence: what the last words were is told by no other interim
    bool finals = false;         // no piece is ever final
};

class Ear {
public:
    Ear(net::Loop& loop, FakePeer& peer, bool flux, Mutes mutes, net::Duration lateness,
        const SpokenValues& spoken)
        : loop_(loop), peer_(peer), flux_(flux), mutes_(mutes), lateness_(lateness), spoken_(spoken) {
        timer_ = loop.make_timer([this] { deliver(); });
        if (flux_) say(R"({"type":"Connected","request_id":"flux-n","sequence_id":0})");
    }

    bool stalled = false;  // takes everything and says nothing
    int configures = 0;
    std::size_t milliseconds = 0;  // of audio heard

    void take(const SentMessage& message) {
        if (!message.binary) return take_text(message.bytes);
        std::vector<std::int16_t> samples(message.bytes.size() / 2);
        std::memcpy(samples.data(), message.bytes.data(), samples.size() * 2);
        for (std::size_t at = 0; at < samples.size(); at += 16) hear(samples[at]);
        flux_ ? speak_v2() : speak_v1();
    }

    struct Word {
        int number = 0;
        std::size_t begin = 0;  // ms on this connection
        std::size_t end = 0;
    };
    const std::vector<Word>& words() const { return words_; }  // noises too, as far as they were heard
    bool whole(const Word& word) const { return word.end - word.begin + 2 >= spoken_.length_of(word.number); }

private:
    // Heard in part only: it is some other word.
    std::string text(const Word& word) const {
        return (whole(word) ? "" : "half") + spoken_.text_of(word.number);
    }

    void hear(std::int16_t value) {
        ++milliseconds;
        const int number = spoken_.number_of(value);
        if (number != 0 && (running_ == 0 || running_ != number))
            words_.push_back({number, milliseconds - 1, 0});
        running_ = number;
        if (number != 0) words_.back().end = milliseconds;
    }
    std::size_t silence() const { return words_.empty() ? milliseconds : milliseconds - words_.back().end; }
    bool talking() const { return running_ != 0; }

    // Words from `begin` on. A running one is told once most of it has been heard, as the word it will be.
    std::vector<Word> words_since(std::size_t begin, bool running_too) const {
        std::vector<Word> found;
        for (const Word& word : words_) {
            if (word.begin < begin || spoken_.text_of(word.number).empty()) continue;
            Word told = word;
            const bool running = talking() && &word == &words_.back();
            if (running && (!running_too || word.end - word.begin < 150)) continue;
            if (running) told.end = told.begin + spoken_.length_of(told.number);
            found.push_back(told);
        }
        return found;
    }

    nlohmann::json word_list(const std::vector<Word>& words) const {
        nlohmann::json list = nlohmann::json::array();
        for (const Word& word : words)
            list.push_back({{"word", text(word)},
                            {"start", static_cast<double>(word.begin) / 1000},
                            {"end", static_cast<double>(word.end) / 1000},
                            {"confidence", 1}});
        return list;
    }
    std::string text_of(const std::vector<Word>& words) const {
        std::string all;
        for (const Word& word : words) all += (all.empty() ? "" : " ") + text(word);
        return all;
    }

    // --- /v1/listen
    void speak_v1() {
        if (talking() && !in_speech_) {
            in_speech_ = true;
            said_utterance_end_ = false;
            say(R"({"type":"SpeechStarted","channel":[0,1],"timestamp":)" +
                std::to_string(static_cast<double>(words_.back().begin) / 1000) + "}");
        }
        if (in_speech_ && !talking() && silence() >= 300) {
            in_speech_ = false;
            final_piece(milliseconds, !mutes_.speech_final, false);
        } else if (milliseconds - final_end_ >= 3000 && !mutes_.finals) {
            // Between two words; a silence without end is settled too.
            const bool inside = talking() && words_.back().begin > final_end_;
            final_piece(inside ? words_.back().begin : milliseconds, false, false);
        } else if (milliseconds - interim_at_ >= 1000) {
            interim_at_ = milliseconds;
            if (!mutes_.late_interims || talking() || silence() < 100)
                results(milliseconds, false, false, false);
        }
        if (!words_.empty() && !said_utterance_end_ && silence() >= 1000) {
            said_utterance_end_ = true;
            if (!mutes_.utterance_end)
                say(R"({"type":"UtteranceEnd","channel":[0,1],"last_word_end":)" +
                    std::to_string(static_cast<double>(words_.back().end) / 1000) + "}");
        }
    }
    void final_piece(std::size_t end, bool speech_final, bool from_finalize) {
        if (mutes_.finals) return;
        results(end, true, speech_final, from_finalize);
        final_end_ = interim_at_ = end;
    }
    void results(std::size_t end, bool is_final, bool speech_final, bool from_finalize) {
        std::vector<Word> words = words_since(final_end_, !is_final);
        std::erase_if(words, [end](const Word& word) { return word.begin >= end; });
        const std::string transcript = text_of(words);
        const nlohmann::json message = {{"type", "Results"},
                                        {"channel_index", {0, 1}},
                                        {"start", static_cast<double>(final_end_) / 1000},
                                        {"duration", static_cast<double>(end - final_end_) / 1000},
                                        {"is_final", is_final},
                                        {"speech_final", speech_final},
                                        {"from_finalize", from_finalize},
                                        {"channel",
                                         {{"alternatives",
                                           {{{"transcript", transcript},
                                             {"confidence", transcript.empty() ? 0 : 1},
                                             {"words", word_list(words)}}}}}}};
        say(message.dump());
    }

    // --- /v2/listen
    void speak_v2() {
        const std::vector<Word> words = words_since(turn_begin_, true);
        if (!words.empty() && !in_speech_) {
            in_speech_ = true;
            return turn_info("StartOfTurn", words);
        }
        if (in_speech_ && !talking() && silence() >= 700) {
            in_speech_ = false;
            turn_info("EndOfTurn", words);
            turn_begin_ = milliseconds;
            ++turn_;
            return;
        }
        if (milliseconds - interim_at_ >= 240) turn_info("Update", words);
    }
    void turn_info(const std::string& event, const std::vector<Word>& words) {
        interim_at_ = milliseconds;
        const nlohmann::json message = {{"type", "TurnInfo"},
                                        {"request_id", "r"},
                                        {"sequence_id", ++sequence_},
                                        {"event", event},
                                        {"turn_index", turn_},
                                        {"audio_window_start", static_cast<double>(turn_begin_) / 1000},
                                        {"audio_window_end", static_cast<double>(milliseconds) / 1000},
                                        {"transcript", text_of(words)},
                                        {"words", word_list(words)},
                                        {"end_of_turn_confidence", 0.5}};
        say(message.dump());
    }

    void take_text(const std::string& text) {
        if (text.find("Finalize") != std::string::npos && !mutes_.finalize_answer)
            final_piece(milliseconds, false, true);
        if (text.find("Configure") != std::string::npos) ++configures;
    }

    void say(std::string message) {
        if (stalled) return;
        outgoing_.push_back({loop_.now() + lateness_, std::move(message)});
        timer_->expire_at(outgoing_.front().first);
    }
    void deliver() {
        while (!outgoing_.empty() && outgoing_.front().first <= loop_.now()) {
            if (!stalled) peer_.text(std::move(outgoing_.front().second));
            outgoing_.pop_front();
        }
        if (!outgoing_.empty()) timer_->expire_at(outgoing_.front().first);
    }

    net::Loop& loop_;
    FakePeer& peer_;
    const bool flux_;
    const Mutes mutes_;
    const net::Duration lateness_;
    const SpokenValues& spoken_;
    std::unique_ptr<net::Timer> timer_;
    std::deque<std::pair<net::TimePoint, std::string>> outgoing_;

    std::vector<Word> words_;
    int running_ = 0;
    bool in_speech_ = false;
    bool said_utterance_end_ = true;
    std::size_t final_end_ = 0;
    std::size_t interim_at_ = 0;
    std::size_t turn_begin_ = 0;
    int turn_ = 0;
    int sequence_ = 0;
};

// Every connection of a connector gets an ear of its own.
class HearingService {
public:
    HearingService(net::Loop& loop, FakeWebsocketConnector& connector, bool flux) {
        connector.on_open = [this, &loop, flux](FakePeer& peer) {
            ears.push_back(std::make_unique<Ear>(loop, peer, flux, mutes, lateness, spoken));
            peer.on_message = [ear = ears.back().get()](FakePeer&, const SentMessage& message) {
                ear->take(message);
            };
        };
    }

    SpokenValues spoken;
    Mutes mutes;
    net::Duration lateness =
        std::chrono::milliseconds(150);  // of its messages: some are lost with a connection
    std::vector<std::unique_ptr<Ear>> ears;
    Ear& last() { return *ears.back(); }
};

}  // namespace atlas::test
