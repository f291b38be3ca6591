#pragma once

#include "atlas/net/websocket_connect.hpp"
#include "atlas/providers/openai/pcm_assembler.hpp"
#include "atlas/providers/openai/realtime_speech.hpp"
#include "atlas/providers/openai/settings.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace atlas::providers::openai {

// A chunk while a socket speaks it. Each call may stop this chunk, or any other, or destroy it.
class SpokenChunk {
public:
    virtual void on_sound(std::span<const std::int16_t> samples) = 0;  // never empty; valid during the call
    virtual void on_all_sound() = 0;                                   // only the transcript may follow
    virtual void on_spoken(std::string transcript) = 0;                // complete; last
    virtual void on_unspoken(ProviderFailure failure) = 0;             // last

protected:
    ~SpokenChunk() = default;
};

// One Realtime session that only reads aloud: several responses at once, told apart by their ids. Owned by
// the pool, which destroys it neither inside a call of it nor inside one from it.
class RealtimeSocket {
public:
    enum class State { connecting, open, closed };

    class Owner {
    public:
        virtual void on_room(RealtimeSocket& socket) = 0;  // it opened, or a response ended
        // Last, but for what its chunks hear.
        virtual void on_socket_closed(RealtimeSocket& socket, const ProviderFailure& failure) = 0;

    protected:
        ~Owner() = default;
    };

    // `id` tells sockets apart for the life of the pool.
    RealtimeSocket(std::uint64_t id, const OpenAiSpeechSettings& settings, net::WebsocketConnector& connector,
                   net::Loop& loop, Owner& owner);

    std::uint64_t id() const { return id_; }
    State state() const { return state_; }
    bool retired() const { return retired_; }
    bool answered() const { return answered_; }  // the service took a request of this socket
    void retire() { retired_ = true; }           // takes no new work
    bool soon_retired() const;                   // by its age, or it is
    std::size_t free_places() const;             // for new work
    bool has_room() const { return free_places() > 0; }
    std::size_t responses() const;  // under way, cancelled ones included
    bool owes_first_sound() const;  // to a chunk that waits for it
    std::size_t late_in_a_row() const { return late_in_a_row_; }
    net::TimePoint idle_since() const { return idle_since_; }

    // False when it could not be sent; then nothing happened.
    bool speak(std::string chunk_id, std::string_view text, SpokenChunk& chunk);
    // Cancels the response; nothing more is heard of this chunk. `late`: it had no audio in time.
    void stop(const SpokenChunk& chunk, bool late);

    // For the pool's upkeep: retires by age, closes when a cancelled response does not end.
    void check();

private:
    struct Place {  // of one response
        bool taken = false;
        SpokenChunk* chunk = nullptr;  // none: cancelled, waiting for its end
        bool sounded = false;
        net::TimePoint stopped_at;
        std::string chunk_id;
        std::string response_id;  // empty until response.created
        std::string transcript;
        PcmAssembler pcm;
    };

    void on_connected(net::WebsocketConnected connected);
    void open(std::unique_ptr<net::Websocket> websocket);
    void on_text(std::string_view text);
    void take(const RealtimeNothing&) {}
    void take(const ResponseCreated& created);
    void take(const ResponseAudio& audio);
    void take(const ResponseAudioDone& done);
    void take(const ResponseTranscript& transcript);
    void take(const ResponseDone& done);
    void take(const RealtimeError& error);
    void take_bad_audio(Place& place);

    Place* place_of_response(std::string_view response_id);
    Place* place_of_chunk(std::string_view chunk_id);
    Place* place_not_created();
    void cancel_response(Place& place);
    SpokenChunk* free(Place& place);  // the chunk that was there, if any
    void fail_place(Place& place, const ProviderFailure& failure);
    void close(const ProviderFailure& failure);

    std::uint64_t id_;
    const OpenAiSpeechSettings& settings_;
    net::Loop& loop_;
    Owner& owner_;
    State state_ = State::connecting;
    bool retired_ = false;
    bool answered_ = false;
    net::TimePoint opened_at_;
    net::TimePoint idle_since_;
    std::size_t late_in_a_row_ = 0;
    std::vector<Place> places_;
    std::string scratch_;
    std::unique_ptr<net::PendingConnect> connecting_;
    std::unique_ptr<net::Websocket> websocket_;
};

}  // namespace atlas::providers::openai
