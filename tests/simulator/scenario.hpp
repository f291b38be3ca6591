#pragma once

#include "atlas/call/call.hpp"
#include "atlas/protocol/native_codec.hpp"
#include "atlas/providers/resilient_model.hpp"
#include "atlas/providers/resilient_synthesizer.hpp"
#include "simulator/agenda.hpp"
#include "simulator/simulated_app.hpp"
#include "simulator/simulated_caller.hpp"
#include "simulator/simulated_deepgram.hpp"
#include "simulator/simulated_model.hpp"
#include "simulator/simulated_recognizer.hpp"
#include "simulator/simulated_synthesizer.hpp"
#include "simulator/wire.hpp"
#include "simulator/word_sounds.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace atlas::sim {

using Milliseconds = std::chrono::milliseconds;

// One turn from both sides of the wire: what the server told of it, and what the caller heard.
struct Turn {
    ToldTurn told;
    std::vector<std::string> words;      // that were really heard
    std::optional<Milliseconds> waited;  // from the caller's last word to the first sound in the ear
    Milliseconds longest_silence{};      // between two words in the ear
    Milliseconds longest_gap{};          // the same without the pauses that the voice itself makes

    std::string heard() const;
    std::string status() const { return told.end.value("status", "never ended"); }
    std::string reason() const { return told.end.value("reason", ""); }
    bool completed() const { return status() == "completed"; }
    bool interrupted() const { return status() == "interrupted"; }
    bool failed() const { return status() == "failed"; }
    std::string user_text() const { return told.end.value("user_text", ""); }
    Milliseconds stage(const std::string& name) const;
    Json silences() const { return told.end.value("silences", Json::array()); }
    Json ignored() const { return told.end.value("ignored", Json::array()); }
    bool says_why_silent(const std::string& where) const;
};

// A call in virtual time: the real Call with its Conversation, and around it a simulated caller with an app,
// a network and three services. The same seed gives the same call. run() plays it to its end and checks what
// must hold in every call; see invariants.cpp.
//
// To write one: change what the world is like, say what the assistant answers and what the caller does,
// run(), and look at what came of it.
//
//     Scenario s;
//     s.recognizer.eager = false;                        // the services, the network and the app have faults
//     s.model.says("Once there was a ship.").stalls_after(3);    // one answer for each question
//     s.caller.asks("Tell me a story.");                 // speaks, and listens to the answer
//     s.run();
//     EXPECT_EQ(s.turn(1).heard(), "once there was a ship");     // plain words, as the ear got them
//
// A caller who does nothing more hangs up, unless it stays(). A failing scenario prints its story(). A fault
// that breaks an invariant on purpose says so with one of the members below.
class Scenario {
public:
    explicit Scenario(std::uint64_t seed = 1);
    ~Scenario();

private:
    Random random_;
    test::ManualLoop loop_;
    WatchedLoop watched_{loop_};
    Agenda agenda_{loop_};
    WordSounds sounds_;

public:
    // ---- the world; to be changed before run()
    call::CallSettings settings;
    Network network;
    SimulatedRecognizer recognizer{agenda_, sounds_};
    SimulatedModel model{agenda_};
    SimulatedSynthesizer voice{agenda_, sounds_, random_};
    SimulatedApp app{agenda_, sounds_, random_, network};
    SimulatedCaller caller{agenda_, sounds_, random_, app};
    conversation::ConversationSettings& talk = settings.conversation;
    SimulatedDeepgram& hears_through_deepgram(RecognizerKind kind);  // instead of the simulated recogniser
    bool hedged = false;     // the services stand behind the real ResilientModel and ResilientSynthesizer
    bool kept_lines = true;  // the server has had time to speak them
    Duration longest = 3min;
    std::optional<Duration> machine_stops_after;  // of the beginning, and 10 s later at the latest

    // ---- what this scenario breaks on purpose
    int words_off = 2;                 // between what was heard and what the server believes, at a cut
    bool caller_words_may_go = false;  // the recogniser does not get them, or mishears them
    bool history_may_be_cut = false;
    bool voice_breaks_off = false;   // inside a word: words_off of them may be lost or come twice there
    bool ear_is_no_witness = false;  // the app does not play what it got

    void run();

    // ---- what came of it
    std::vector<Turn> turns() const;     // in order
    Turn turn(std::size_t index) const;  // from 1, in the order of beginning
    std::size_t turn_count() const { return wire.turns.size(); }
    std::string history() const;  // the last question to the model, for a person to read
    const Json& closed() const { return wire.closed; }
    Milliseconds length() const;
    std::vector<int> words_believed_too_many() const;  // at each cut; negative: too few
    std::vector<std::string> states() const;
    std::vector<Json> told(const std::string& type) const;  // messages of the server
    TimePoint now() const { return loop_.now(); }
    TimePoint began() const { return began_; }
    std::optional<TimePoint> over_since() const { return over_since_; }  // all of it let go
    Random& random() { return random_; }
    // Lines with their times, for a person who looks for the reason of a failure.
    std::string story() const;
    Wire wire;

private:
    void begin();
    bool at_rest();
    void every_tick();
    Turn describe(int id) const;
    TimePoint caller_was_done(const ToldTurn& told) const;

    // invariants.cpp
    void check_request(const SimulatedModel::Request& request);
    void check_deadline();
    Duration longest_wait(const std::string& state) const;
    void check_end();
    void check_heard(int id, const ToldTurn& told);
    void check_silences(const Turn& turn);
    void check_stages(int id, const ToldTurn& told);
    void check_caller_words();
    void check_connections();
    void check_nothing_goes_on();
    std::vector<std::string> spoken_form(const std::string& text) const;

    std::unique_ptr<SimulatedDeepgram> deepgram_;
    protocol::NativeCodec codec_;
    std::unique_ptr<providers::ResilientModel> resilient_model_;
    std::unique_ptr<providers::ResilientSynthesizer> resilient_voice_;
    std::unique_ptr<call::CannedLines> canned_;
    std::unique_ptr<call::CallServices> services_;
    std::shared_ptr<test::FakePeer> peer_;
    std::shared_ptr<call::Call> call_;
    bool over_ = false;
    std::optional<TimePoint> over_since_;
    TimePoint began_{}, rests_since_{};
};

}  // namespace atlas::sim
