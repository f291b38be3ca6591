#include "realtime_socket.hpp"

#include <utility>
#include <variant>

// What a RealtimeSocket makes of the messages it gets.
namespace atlas::providers::openai {

void RealtimeSocket::on_text(std::string_view text) {
    if (const auto delta = read_realtime_audio(text)) return take(*delta);
    const RealtimeEvent event = read_realtime_event(text, scratch_, {settings_.api_key});
    std::visit([this](const auto& what) { take(what); }, event);
}

void RealtimeSocket::take(const ResponseCreated& created) {
    Place* place = created.chunk_id.empty() ? place_not_created() : place_of_chunk(created.chunk_id);
    if (!place) return;
    answered_ = true;
    place->response_id = created.response_id;
    if (!place->chunk) cancel_response(*place);
}

void RealtimeSocket::take(const ResponseAudio& audio) {
    Place* place = place_of_response(audio.response_id);
    if (!place || !place->chunk) return;
    const auto samples = place->pcm.add_base64(audio.base64);
    if (!samples) return take_bad_audio(*place);
    late_in_a_row_ = 0;
    if (samples->empty()) return;
    place->sounded = true;
    place->chunk->on_sound(*samples);
}

void RealtimeSocket::take_bad_audio(Place& place) {
    SpokenChunk* chunk = std::exchange(place.chunk, nullptr);
    place.stopped_at = loop_.now();
    cancel_response(place);
    ProviderFailure failed;
    failed.reason = FailureReason::protocol;
    failed.message = "audio that is not base64";
    chunk->on_unspoken(std::move(failed));
}

void RealtimeSocket::take(const ResponseAudioDone& done) {
    Place* place = place_of_response(done.response_id);
    if (place && place->chunk) place->chunk->on_all_sound();
}

void RealtimeSocket::take(const ResponseTranscript& transcript) {
    Place* place = place_of_response(transcript.response_id);
    if (place) place->transcript = transcript.text;
}

void RealtimeSocket::take(const ResponseDone& done) {
    Place* place = place_of_response(done.response_id);
    if (!place) place = place_of_chunk(done.chunk_id);
    if (!place) return;
    if (done.status != "completed") return fail_place(*place, done.failure);
    std::string transcript = place->transcript.empty() ? done.transcript : place->transcript;
    SpokenChunk* chunk = free(*place);
    owner_.on_room(*this);
    if (chunk) chunk->on_spoken(std::move(transcript));
}

// An error without an address belongs to the one request that has no answer yet, if it can be told.
void RealtimeSocket::take(const RealtimeError& error) {
    if (error.code == "response_cancel_not_active") return;  // it ended by itself: response.done says so
    if (Place* place = place_of_chunk(error.event_id)) return fail_place(*place, error.failure);
    const FailureReason reason = error.failure.reason;
    const bool ends_all = error.event_id == session_event_id || error.code == unreadable_message ||
                          reason == FailureReason::disconnected || reason == FailureReason::quota ||
                          reason == FailureReason::unauthorized || reason == FailureReason::model_retired;
    if (ends_all) return close(error.failure);
    if (Place* place = place_not_created()) fail_place(*place, error.failure);
}

RealtimeSocket::Place* RealtimeSocket::place_of_response(std::string_view response_id) {
    for (Place& place : places_)
        if (place.taken && !response_id.empty() && place.response_id == response_id) return &place;
    return nullptr;
}

RealtimeSocket::Place* RealtimeSocket::place_of_chunk(std::string_view chunk_id) {
    for (Place& place : places_)
        if (place.taken && place.chunk_id == chunk_id) return &place;
    return nullptr;
}

RealtimeSocket::Place* RealtimeSocket::place_not_created() {
    Place* found = nullptr;
    for (Place& place : places_) {
        if (!place.taken || !place.response_id.empty()) continue;
        if (found) return nullptr;
        found = &place;
    }
    return found;
}

}  // namespace atlas::providers::openai
