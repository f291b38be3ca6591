#pragma once

#include "atlas/net/loop.hpp"
#include "atlas/net/websocket_connect.hpp"
#include "atlas/providers/deepgram/audio_backlog.hpp"
#include "atlas/providers/deepgram/audio_sender.hpp"
#include "atlas/providers/deepgram/deepgram_settings.hpp"
#include "atlas/providers/speech_recognizer.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace atlas::providers::deepgram {

// Since the start, over all calls; for metrics.
struct DeepgramCounters {
    std::uint64_t connects = 0;           // attempts
    std::uint64_t reconnects = 0;         // of them, after a failure
    std::uint64_t stale_connections = 0;  // open, but silent while audio flowed
    std::uint64_t loud_stalls = 0;        // of them, while the caller was loud
    std::uint64_t restarts = 0;           // replaced because the owner asked
    std::uint64_t rotations = 0;          // replaced for their age
    std::uint64_t failed_rotations = 0;   // successors that could not be had; the old connection went on
    std::uint64_t refused_patience = 0;   // Configure messages that were refused
    std::uint64_t reported_errors = 0;    // Error and Warning messages
    std::uint64_t unknown_messages = 0;   // newer than this client
    std::uint64_t malformed_messages = 0;
    std::uint64_t lost_messages = 0;  // gaps in sequence_id
    std::uint64_t failed_recognizers = 0;
    AudioCounters audio;
};

// Deepgram as a recogniser of speech, over /v2/listen or /v1/listen by the model's name. Shared by all
// calls; the connector and the loop outlive it, and it outlives its recognisers. The settings must be valid
// (see validate()); throws std::invalid_argument with the first problem otherwise.
class DeepgramRecognizerService final : public SpeechRecognizerService {
public:
    // `random01` gives the jitter of reconnects, in [0, 1); none given: an own generator.
    DeepgramRecognizerService(DeepgramSettings settings, net::WebsocketConnector& connector, net::Loop& loop,
                              std::function<double()> random01 = {});

    std::unique_ptr<SpeechRecognizer> start(RecognizerRequest request,
                                            std::function<void(RecognizerEvent)> on_event) override;
    const DeepgramCounters& counters() const { return counters_; }

private:
    const DeepgramSettings settings_;
    net::WebsocketConnector& connector_;
    net::Loop& loop_;
    std::function<double()> random01_;
    DeepgramCounters counters_;
    AudioBlockPool pool_;
};

}  // namespace atlas::providers::deepgram
