#include "samples.hpp"

#include "atlas/audio/audio_format.hpp"
#include "atlas/audio/opus_encoder.hpp"
#include "providers/anthropic_wire.hpp"
#include "providers/openai_wire.hpp"

#include <array>

namespace atlas::bench {
namespace {

constexpr std::array spoken{"I",    "would", "like", "to",  "move",    "my",    "appointment", "from",
                            "next", "week",  "to",   "the", "morning", "after", "that",        "please"};

// A triangle wave by integers alone: the library's sine differs from machine to machine in the last bit.
int triangle(int phase, int period) {
    const int place = phase % period;
    return (place < period / 2 ? place : period - place) * 4 - period;
}

std::string number(double value) {
    std::string text = std::to_string(value);
    return text.substr(0, text.find('.') + 3);
}

// {"word":"I","start":0.10,"end":0.40,"confidence":0.98}, ...
std::string word_list(double from, int words, const char* name_of_more) {
    std::string list;
    for (int i = 0; i < words; ++i) {
        const std::string word = spoken[static_cast<std::size_t>(i) % spoken.size()];
        const double start = from + 0.3 * i;
        if (i > 0) list += ',';
        list += R"({"word":")" + word + R"(","start":)" + number(start) + R"(,"end":)" +
                number(start + 0.25) + R"(,"confidence":0.9873)";
        if (*name_of_more != '\0') list += std::string(",\"") + name_of_more + R"(":")" + word + '"';
        list += '}';
    }
    return list;
}

std::string transcript(int words) {
    std::string text;
    for (int i = 0; i < words; ++i) {
        if (i > 0) text += ' ';
        text += spoken[static_cast<std::size_t>(i) % spoken.size()];
    }
    return text;
}

}  // namespace

std::vector<std::int16_t> voice(int rate, int milliseconds) {
    std::vector<std::int16_t> sound(static_cast<std::size_t>(rate / 1000 * milliseconds));
    for (std::size_t i = 0; i < sound.size(); ++i) {
        const int at = static_cast<int>(i);
        const int loudness = at * 7 / rate % 4;  // a syllable is a seventh of a second
        int sum = 0;
        for (const int hz : {130, 260, 520, 1170, 2340}) sum += triangle(at, rate / hz) * hz / 130 * 8;
        sound[i] = static_cast<std::int16_t>(sum * loudness / 4 + static_cast<int>(i * 7919 % 61) - 30);
    }
    return sound;
}

std::string audio_message(std::span<const std::byte> payload) {
    std::string bytes(8, '\0');
    bytes[0] = 1;
    bytes.append(reinterpret_cast<const char*>(payload.data()), payload.size());
    return bytes;
}

std::string pcm_message(int rate, int milliseconds) {
    return audio_message(audio::pcm16_bytes(voice(rate, milliseconds)));
}

std::string opus_message(int rate, int milliseconds) {
    audio::OpusEncoder encoder({.rate = rate, .frame_ms = milliseconds});
    std::array<std::byte, 1500> packet{};
    const auto encoded = encoder.encode(voice(rate, milliseconds), packet);
    return audio_message(std::span(packet).first(encoded.size));
}

const std::string& reply_text() {
    static const std::string text =
        "Of course. I have moved it from Tuesday, 3.30 p.m., to **Thursday the 14th** at 9.15 in the "
        "morning, "
        "with Dr. Weber. Please bring your insurance card, e.g. a photo of it, and come ten minutes early. "
        "The address is unchanged: [Main Street 12](https://example.com/map). Is there anything else?";
    return text;
}

std::vector<std::string> reply_pieces() {
    std::vector<std::string> pieces;
    for (std::size_t at = 0, size = 3; at < reply_text().size(); at += size, size = 3 + at % 17)
        pieces.push_back(reply_text().substr(at, size));
    return pieces;
}

std::string claude_stream() {
    using namespace providers::anthropic;
    std::string stream = message_start() + text_block_start() + ping();
    for (const std::string& piece : reply_pieces()) stream += text_delta(piece);
    return stream + message_end();
}

std::string flux_update(int turn, double heard_seconds, int words) {
    return R"({"type":"TurnInfo","request_id":"ad12514a-0d38-4f7e-8fba-cce10d8f174c","event":"Update",)"
           R"("turn_index":)" +
           std::to_string(turn) + R"(,"audio_window_start":0.0,"audio_window_end":)" + number(heard_seconds) +
           R"(,"transcript":")" + transcript(words) + R"(","words":[)" +
           word_list(heard_seconds - 0.3 * words, words, "") + R"(],"end_of_turn_confidence":0.0213})";
}

std::string nova_results(double start_seconds, double seconds, int words) {
    return R"({"type":"Results","channel_index":[0,1],"duration":)" + number(seconds) + R"(,"start":)" +
           number(start_seconds) +
           R"(,"is_final":false,"speech_final":false,"channel":{"alternatives":[{"transcript":")" +
           transcript(words) + R"(","confidence":0.9871,"words":[)" +
           word_list(start_seconds, words, "punctuated_word") +
           R"(]}]},"metadata":{"request_id":"bf615900-9345-4653-b81d-22b1cb618aaf","model_info":)"
           R"({"name":"2-general-nova","version":"2024-01-11.36317","arch":"nova-2"},)"
           R"("model_uuid":"1dbdfb4d-85b2-4659-9831-16b3c76229aa"}})";
}

std::string realtime_created(const std::string& response, const std::string& chunk) {
    return providers::openai::response_created(response, chunk);
}

std::string realtime_audio(const std::string& response, std::span<const std::int16_t> sound) {
    const auto bytes = audio::pcm16_bytes(sound);
    return providers::openai::audio_delta(
        response, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace atlas::bench
