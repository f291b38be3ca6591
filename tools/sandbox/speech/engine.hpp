#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// What stands behind the sandbox's wires: something that recognises, something that speaks, something that
// answers. The live engines (this folder) are real; the scripted ones (../scripted) are fixed and seeded.
//
// Threads: every function here is called on the wires' thread and must return at once; model work belongs
// on the engine's own small pool. Every handler is called on the wires' thread, through the Post given to
// the factory, never from inside a call. After a session or a Speaking is destroyed none of its handlers
// is called any more, even if a call was already posted.
namespace atlas::sandbox {

// Runs the task on the wires' thread, later. May be called from any thread.
using Post = std::function<void(std::function<void()>)>;

// ---- Recognition -------------------------------------------------------------------------------------

// All times are ms of audio since the session's first sample.
struct RecognizedWord {
    std::string text;  // cased and punctuated as in the text it belongs to: "Hello,"
    double start_ms = 0;
    double end_ms = 0;
    double confidence = 0.95;
};

// What is known of one segment: a stretch of speech that the recogniser treats as one piece. Segments are
// numbered 0, 1, 2, … per session; of two segments only the later one is open.
struct Segment {
    int number = 0;
    std::string text;  // the whole segment so far; replaces what was said about it before
    std::vector<RecognizedWord> words;
    std::int64_t start_ms = 0;  // where its speech began
    std::int64_t end_ms = 0;    // where its speech ended, or the audio heard so far
};

struct SpeechStarted {  // voice was found; no word is certain yet
    int segment = 0;
    std::int64_t at_ms = 0;
};
struct Partial {  // at most some four per second of audio; the text is never empty
    Segment segment;
};
// The speaker is silent inside an open segment. Repeated about every 100 ms of audio while the silence lasts.
struct Pause {
    Segment segment;
    std::int64_t silence_ms = 0;  // since segment.end_ms
    double end_of_turn = 0;       // 0..1, never falls while the silence lasts: is the turn over?
};
struct SpeechResumed {  // after a Pause the same segment goes on
    int segment = 0;
    std::int64_t at_ms = 0;
};
struct SegmentEnd {  // settled, also after flush(); an empty text means noise
    Segment segment;
};

using RecognizerEvent = std::variant<SpeechStarted, Partial, Pause, SpeechResumed, SegmentEnd>;

// One listener. Destroying it stops its work and its events.
class RecognizerSession {
public:
    virtual ~RecognizerSession() = default;
    // 16-bit mono samples, any number, at any speed; copied before return, never blocks.
    virtual void push(std::span<const std::int16_t> samples) = 0;
    // Close the open segment with what was pushed so far. Answered by exactly one call of on_flushed, after
    // the SegmentEnd if a segment was open; audio pushed later belongs to the next segment.
    virtual void flush(std::function<void()> on_flushed) = 0;
};

struct RecognizerRequest {
    int sample_rate = 16000;  // Hz: 8000 … 48000
    std::string language = "en";
    std::vector<std::string> keyterms;  // may be ignored
    std::uint64_t connection = 0;       // that is listened to
};

class RecognizerEngine {
public:
    virtual ~RecognizerEngine() = default;
    virtual std::unique_ptr<RecognizerSession> start(const RecognizerRequest& request,
                                                     std::function<void(RecognizerEvent)> on_event) = 0;
};

// ---- Speech --------------------------------------------------------------------------------------------

// One text being spoken. Destroying it cancels the rest.
class Speaking {
public:
    virtual ~Speaking() = default;
};

struct SpeechRequest {
    std::string text;  // not empty, at most 4096 characters
    std::string voice;
    int sample_rate = 24000;  // Hz
    double speed = 1.0;       // 0.25 … 4
};

struct SpeechHandlers {
    std::function<void(std::span<const std::int16_t>)> on_chunk;  // valid during the call; about 20–100 ms
    std::function<void(std::string error)> on_done;               // last; empty when all was spoken
};

class VoiceEngine {
public:
    virtual ~VoiceEngine() = default;
    // May deliver as fast as it can: the wires set the pace towards the client.
    virtual std::unique_ptr<Speaking> start(const SpeechRequest& request, SpeechHandlers handlers) = 0;
};

// ---- Answers -------------------------------------------------------------------------------------------

struct ChatMessage {
    bool from_user = true;
    std::string text;
};

class Responder {
public:
    virtual ~Responder() = default;
    // The reply in token-like pieces that join to its text ("It", " is", " noon", "."). Quick: it runs on the
    // wires' thread.
    virtual std::vector<std::string> reply(const std::string& system,
                                           const std::vector<ChatMessage>& messages) = 0;
};

// ---- Together ------------------------------------------------------------------------------------------

struct Engines {
    std::unique_ptr<RecognizerEngine> recognizer;
    std::unique_ptr<VoiceEngine> voice;
    std::unique_ptr<Responder> responder;
};

struct LiveSettings {
    std::string models_directory;               // as filled by script/models
    int threads = 2;                            // of the engines' pool
    std::uint64_t seed = 1;                     // of the responder's choices
    std::string recognizer = "moonshine-tiny";  // or "moonshine-base": script/models --base
};

// Implemented by the library atlas_sandbox_speech. Throws std::runtime_error whose text names the missing
// piece and says how to get it. The engines outlive every session; destroy them before the wires' loop.
Engines make_live_engines(const LiveSettings& settings, Post post);

}  // namespace atlas::sandbox
