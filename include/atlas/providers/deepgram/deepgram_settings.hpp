#pragma once

#include "atlas/net/loop.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace atlas::providers::deepgram {

// How to reach Deepgram and how to listen. Shared by all calls. The model's name chooses the protocol:
// "flux-…" is heard over /v2/listen, everything else over /v1/listen.
struct DeepgramSettings {
    std::string base_url = "wss://api.deepgram.com";  // ws, wss, http or https; may have a path in front
    std::string api_key;
    std::string model = "flux-general-en";
    std::string language = "en";  // for a call that names none
    std::vector<std::string> keyterms;
    bool mip_opt_out = true;
    std::string tag;  // a label for Deepgram's usage reports

    // /v2/listen
    double eot_threshold = 0.7;
    // Set: eager ends of turn are reported. /v1/listen has no such threshold; there, being set is what
    // counts, and a final piece that reads like the end of a sentence is taken for one.
    std::optional<double> eager_eot_threshold;
    int eot_timeout_ms = 5000;
    bool force_end_turn = true;  // off for deployments that do not know ForceEndTurn
    bool configure = true;  // off for deployments that do not know Configure: patience waits for a connection

    // /v1/listen
    int endpointing_ms = 300;
    int utterance_end_ms = 1000;
    int turn_timer_ms = 2000;     // no new words for this long: the turn is ended by us
    int finalize_wait_ms = 1000;  // how long an answer to Finalize is waited for

    int chunk_ms = 80;              // audio in one message; Flux is tuned for 80
    int max_backlog_ms = 15'000;    // audio waiting to be sent; beyond it the oldest is dropped
    int kept_audio_ms = 20'000;     // audio kept for a replay, the backlog included
    int max_replay_v1_ms = 8'000;   // /v1 takes audio at 1.25 times real time: more would never catch up
    int silence_after_ms = 500;     // /v2: no audio for this long while a turn is open: silence is sent
    int max_failed_connects = 6;    // in a row, then the recogniser gives up
    int max_short_connections = 3;  // in a row
    net::Duration short_connection = std::chrono::seconds(5);
    net::Duration connect_timeout = std::chrono::seconds(5);
    net::Duration ready_timeout = std::chrono::seconds(5);  // /v2: from the upgrade to Connected
    // From the first failure of a row on, then the recogniser gives up: meanwhile the caller hears nothing.
    net::Duration give_up_after = std::chrono::seconds(10);
    net::Duration keep_alive_interval = std::chrono::seconds(4);  // /v1
    net::Duration ping_interval = std::chrono::seconds(15);
    // Audio flows and nothing comes back. With interim results /v1 says something every second and /v2 every
    // quarter of one: so long without any message, when some of the audio was a voice, is a dead connection,
    // however well it looks.
    net::Duration stale_after_loud = std::chrono::seconds(4);
    net::Duration stale_after_v1 = std::chrono::seconds(30);  // and whatever the audio was
    net::Duration stale_after_v2 = std::chrono::seconds(8);
    int loud_level = 300;  // mean of the samples' absolute values: about -40 dB, above a line's noise
    // A connection is replaced, without a gap, once it is this old and the caller is quiet. No limit of the
    // service's is documented (§1.7); other live speech services cut after an hour. When no silence comes, it
    // is done inside speech after the grace.
    net::Duration rotate_after = std::chrono::minutes(45);
    net::Duration rotate_grace = std::chrono::minutes(10);
    net::Duration rotate_quiet = std::chrono::seconds(1);
    net::Duration rotate_retry = std::chrono::seconds(30);  // after a successor that could not be had
    net::Duration backoff_base = std::chrono::milliseconds(250);
    net::Duration backoff_cap = std::chrono::seconds(8);
};

bool uses_flux(const DeepgramSettings& settings);

// Everything that is wrong, one readable line each, naming the setting; empty when all is well.
std::vector<std::string> validate(const DeepgramSettings& settings);

}  // namespace atlas::providers::deepgram
