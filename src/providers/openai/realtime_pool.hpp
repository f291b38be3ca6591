#pragma once

#include "atlas/net/loop.hpp"
#include "atlas/net/websocket_connect.hpp"
#include "realtime_socket.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace atlas::providers::openai {

// A chunk that wants to be spoken, as the pool sees it.
class PoolClient : public SpokenChunk {
public:
    virtual std::string_view text() const = 0;
    // A socket to leave out while there may be another.
    virtual bool avoids(const RealtimeSocket& socket) const = 0;
    virtual void on_sent(RealtimeSocket& socket) = 0;
    virtual void on_no_socket(const ProviderFailure& failure) = 0;  // none can be had; last

protected:
    ~PoolClient() = default;
};

// The warm sockets, and the chunks that wait for a place on one. Opens as many as are needed up to a bound,
// and ahead of need while calls come; lets go of idle and of old ones. When no socket can be had, chunks hear
// why as soon as that is known. Sockets are destroyed from its own timers only, because any of its calls may
// come from inside one of theirs.
class RealtimePoolRunner final : private RealtimeSocket::Owner {
public:
    RealtimePoolRunner(OpenAiSpeechSettings settings, net::WebsocketConnector& connector, net::Loop& loop);

    const OpenAiSpeechSettings& settings() const { return settings_; }
    net::Loop& loop() { return loop_; }

    // Sends the chunk, or keeps it until there is room (`again`: before all others). False when too many
    // wait already.
    bool submit(PoolClient& client, bool again);
    void forget(const PoolClient& client);  // a waiting one
    void keep_warm();

    // Why there is no open socket, when one was tried.
    const std::optional<ProviderFailure>& last_failure() const { return last_failure_; }
    std::size_t open_sockets() const;
    std::size_t waiting() const { return waiting_.size(); }

private:
    void on_room(RealtimeSocket& socket) override;
    void on_socket_closed(RealtimeSocket& socket, const ProviderFailure& failure) override;

    void dispatch();
    bool send(PoolClient& client);
    RealtimeSocket* best_socket(const PoolClient& client);
    bool may_open() const;
    std::size_t connecting() const;
    std::size_t usable() const;  // sockets, open or about to be
    std::size_t free_places() const;
    std::size_t spare_places() const;  // wanted
    bool lacks_places() const;
    void open_missing();
    void let_go_of_surplus();
    void open_socket();
    void after_failed_connect(const ProviderFailure& failure);
    bool hopeless() const;
    void refuse_waiting(const ProviderFailure& failure);
    void on_tidy();
    void on_upkeep();
    bool is_surplus(const RealtimeSocket& socket) const;
    bool in_use() const;

    OpenAiSpeechSettings settings_;
    net::WebsocketConnector& connector_;
    net::Loop& loop_;
    std::minstd_rand random_{std::random_device{}()};  // spreads reconnects
    std::uint64_t last_socket_id_ = 0;
    std::uint64_t last_chunk_id_ = 0;
    std::optional<net::TimePoint> last_use_;
    int failed_connects_ = 0;  // in a row
    net::TimePoint connect_not_before_;
    std::optional<ProviderFailure> last_failure_;
    std::vector<PoolClient*> waiting_;
    std::unique_ptr<net::Timer> tidy_;    // soon: destroy closed sockets, send what waits
    std::unique_ptr<net::Timer> reopen_;  // when a socket may be tried again
    std::unique_ptr<net::Timer> upkeep_;  // every few seconds while there is something to keep
    bool upkeep_runs_ = false;
    std::vector<std::unique_ptr<RealtimeSocket>> sockets_;
};

}  // namespace atlas::providers::openai
