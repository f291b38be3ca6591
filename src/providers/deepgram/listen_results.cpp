#include "listen_results.hpp"

namespace atlas::providers::deepgram {

namespace {

int channel_of(const Json& message) {
    const Json& channels = array_field(message, "channel_index");
    return !channels.empty() && channels.front().is_number() ? channels.front().get<int>() : 0;
}

}  // namespace

ListenResults read_results(const Json& message, const StreamClock& clock) {
    const double start = number_field(message, "start").value_or(0);
    const Json& alternatives = array_field(object_field(message, "channel"), "alternatives");
    ListenResults results;
    results.channel = channel_of(message);
    results.speech_final = flag_field(message, "speech_final");
    results.final = flag_field(message, "is_final") || results.speech_final;
    results.from_finalize = flag_field(message, "from_finalize");
    results.begin = clock.to_call(start);
    results.end = clock.to_call(start + number_field(message, "duration").value_or(0));
    if (!alternatives.empty() && alternatives.front().is_object()) {
        results.text = text_field(alternatives.front(), "transcript");
        results.confidence = number_field(alternatives.front(), "confidence").value_or(0);
        results.words = read_words(array_field(alternatives.front(), "words"), clock);
    }
    return results;
}

}  // namespace atlas::providers::deepgram
