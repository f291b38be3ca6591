#pragma once

#include "simulator/agenda.hpp"
#include "simulator/word_sounds.hpp"
#include "support/fake_websocket.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace atlas::sim {

using Json = nlohmann::json;

// The way between the app and the server, in order as TCP is.
struct Network {
    Duration up = 30ms;
    Duration down = 30ms;
    Duration jitter{};  // up to so much more, each way
};

// What reached the caller's ear, word by word.
class Ear {
public:
    struct Word {
        int turn = 0;
        int code = 0;
        TimePoint from, to;
        int blocks = 0;
    };
    explicit Ear(const WordSounds& sounds) : sounds_(sounds) {}

    void hear(int turn, int code, TimePoint at);

    const std::vector<Word>& words() const { return words_; }
    bool counts(const Word& word) const;  // at least half of it was heard
    bool whole(const Word& word) const;
    std::vector<std::string> heard(int turn) const;  // plain words
    std::vector<Word> sounds(int turn) const;
    bool heard_word(const std::string& plain_word, std::size_t since) const;  // since: an index of words()

private:
    const WordSounds& sounds_;
    std::vector<Word> words_;
    bool contiguous_ = false;
};

// A client of the native protocol: a microphone, a player with a buffer, and buttons.
class SimulatedApp {
public:
    SimulatedApp(Agenda& agenda, WordSounds& sounds, Random& random, Network& network)
        : ear(sounds), agenda_(agenda), random_(random), network_(network) {}

    // What it is like.
    bool reports = true;  // tells how far it has played
    bool pauses = true;   // stops playing at state `paused`
    bool obeys_flush = true;
    bool talks_nonsense = false;  // its reports are made up
    Duration buffers = 60ms;      // before it begins to play
    Duration report_every = 300ms;
    int mic_rate = 16000;
    int mic_frame_ms = 40;
    int speaker_frame_ms = 40;
    Json config = Json::object();  // of hello

    struct Tool {
        std::optional<Json> result{};  // empty: never answers
        std::string error{};
        Duration after = 200ms;
    };
    std::map<std::string, Tool> tools;  // by name

    // What it does.
    void connect(std::shared_ptr<test::FakePeer> peer);
    void send(Json message);
    void record(const std::vector<SoundPiece>& pieces);  // sent when a frame of the microphone is full
    void tick();
    void lose_connection();

    // What it knows.
    Ear ear;
    bool ready = false;
    bool closed = false;
    std::string state = "listening";
    int turn = 0;  // begun last
    std::vector<std::pair<TimePoint, Json>> received;
    int flushes = 0;
    bool silent() const { return queue_.empty(); }
    bool player_pauses() const { return held_; }
    std::chrono::milliseconds played(int of_turn) const;

private:
    struct Sound {
        int turn, code;
    };
    void send_frame(std::span<const std::int16_t> samples);
    void receive(const test::SentMessage& message);
    void receive_audio(const std::string& bytes);
    void receive_text(const Json& message);
    void answer_tool(const Json& call);
    void play_on();
    void hold(bool held);
    void flush(int flushed, std::int64_t keep_ms);
    void report(int about);
    TimePoint arrival(TimePoint& last, Duration latency);

    Agenda& agenda_;
    Random& random_;
    Network& network_;
    std::shared_ptr<test::FakePeer> peer_;
    TimePoint last_up_{}, last_down_{};
    std::uint32_t mic_position_ = 0;
    std::vector<std::int16_t> recorded_;  // less than a frame

    std::deque<Sound> queue_;  // blocks
    TimePoint clock_{};        // up to here it was played
    bool playing_ = false, held_ = false;
    int playing_turn_ = 0;
    std::map<int, int> played_;      // blocks, by turn
    std::map<int, int> keep_until_;  // of flushed turns
    std::map<int, bool> got_last_;
    bool cut_off_ = false;
    int underruns_ = 0;
    TimePoint reported_at_{};
};

}  // namespace atlas::sim
