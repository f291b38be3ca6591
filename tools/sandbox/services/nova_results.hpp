#pragma once

#include "sandbox/services/deepgram_rules.hpp"
#include "sandbox/speech/engine.hpp"

#include <functional>
#include <string>

namespace atlas::sandbox {

// Nova's results on top of a recogniser's segments (deepgram.md §1.5): interims each second, finals whose
// ranges join without a gap, endpointing, SpeechStarted, UtteranceEnd. Pure: time is audio time.
class NovaResults {
public:
    struct Bend {  // faults that change what is said
        bool no_speech_final = false;
        bool no_utterance_end = false;
        bool no_finalize = false;     // from_finalize never comes
        bool empty_finalize = false;  // it comes without text
        bool missing_optional = false;
        bool integers = false;
        bool unknown_events = false;
    };
    NovaResults(NovaSettings settings, std::string request_id, Bend bend,
                std::function<void(std::string)> send, std::function<void()> flush);

    void audio(double ms);
    void recognised(const RecognizerEvent& event);
    void finalizing() { ++finalizing_; }  // the recogniser is being flushed for a Finalize
    void finalized();                     // … and has been
    void closing();                       // … for a CloseStream: the last final
    void metadata(const std::string& audio_sha256);
    void configured(const NovaConfigure& change);
    void schema_error(const std::string& description, const std::string& message);
    void noise();  // fault: two SpeechStarted in a row, and nothing after

    double audio_ms() const { return audio_ms_; }

private:
    void interim();
    void settle_early();
    void final(bool speech_final, bool from_finalize);
    void results(const std::vector<RecognizedWord>& words, double start_ms, double end_ms, bool is_final,
                 bool speech_final, bool from_finalize);
    void utterance_end();
    std::vector<RecognizedWord> fresh_words() const;

    NovaSettings settings_;
    std::string request_id_;
    Bend bend_;
    std::function<void(std::string)> send_;
    std::function<void()> flush_;

    double audio_ms_ = 0;
    double final_end_ms_ = 0;  // where the next final's range begins
    double next_interim_ms_ = 1000;
    int last_settled_segment_ = -1;
    int finalizing_ = 0;
    Segment open_;
    std::size_t settled_words_ = 0;  // of the open segment, already in a final
    double last_word_end_ms_ = -1;
    bool utterance_open_ = false;
};

}  // namespace atlas::sandbox
