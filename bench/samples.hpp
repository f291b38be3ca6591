#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

// What travels on the wires of a call, made up in the sizes and shapes of the real thing. The messages are
// those of the tests' wire headers, with the words a real turn has.
namespace atlas::bench {

// Something like a voice: a few harmonics whose loudness comes and goes, the same on every machine.
std::vector<std::int16_t> voice(int rate, int milliseconds);

// A binary message of a client, or of ours: the header of atlas.v1 and the payload.
std::string audio_message(std::span<const std::byte> payload);
std::string pcm_message(int rate, int milliseconds);
std::string opus_message(int rate, int milliseconds);

// One turn's words, with numbers, an abbreviation and some Markdown, and the pieces a model streams it in.
const std::string& reply_text();
std::vector<std::string> reply_pieces();
std::string claude_stream();  // the whole answer as text/event-stream

// One Update of Flux inside a turn of `words` words; one interim Results of Nova.
std::string flux_update(int turn, double heard_seconds, int words);
std::string nova_results(double start_seconds, double seconds, int words);

std::string realtime_created(const std::string& response, const std::string& chunk);
std::string realtime_audio(const std::string& response, std::span<const std::int16_t> sound);

}  // namespace atlas::bench
