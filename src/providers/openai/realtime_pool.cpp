#include "realtime_pool.hpp"

#include "atlas/net/backoff.hpp"

#include <algorithm>
#include <utility>

namespace atlas::providers::openai {

namespace {

constexpr net::Duration upkeep_interval = std::chrono::seconds(5);
constexpr net::Duration first_reconnect_delay = std::chrono::milliseconds(250);
constexpr net::Duration longest_pause = std::chrono::minutes(1);  // whatever the service asks for

// Another attempt would hear the same.
bool is_permanent(FailureReason reason) {
    return reason == FailureReason::unauthorized || reason == FailureReason::quota ||
           reason == FailureReason::model_retired || reason == FailureReason::bad_request;
}

}  // namespace

RealtimePoolRunner::RealtimePoolRunner(OpenAiSpeechSettings settings, net::WebsocketConnector& connector,
                                       net::Loop& loop)
    : settings_(std::move(settings)),
      connector_(connector),
      loop_(loop),
      connect_not_before_(loop.now()),
      tidy_(loop.make_timer([this] { on_tidy(); })),
      reopen_(loop.make_timer([this] { on_tidy(); })),
      upkeep_(loop.make_timer([this] { on_upkeep(); })) {}

bool RealtimePoolRunner::submit(PoolClient& client, bool again) {
    last_use_ = loop_.now();
    if (!again && waiting_.size() >= settings_.pool.max_waiting) return false;
    waiting_.insert(again ? waiting_.begin() : waiting_.end(), &client);
    dispatch();
    if (hopeless()) tidy_->expire_after({});  // the chunk must hear of it, but not inside this call
    return true;
}

void RealtimePoolRunner::forget(const PoolClient& client) { std::erase(waiting_, &client); }

void RealtimePoolRunner::keep_warm() {
    last_use_ = loop_.now();
    open_missing();
}

std::size_t RealtimePoolRunner::open_sockets() const {
    const auto is_open = [](const auto& socket) { return socket->state() == RealtimeSocket::State::open; };
    return static_cast<std::size_t>(std::count_if(sockets_.begin(), sockets_.end(), is_open));
}

std::size_t RealtimePoolRunner::connecting() const {
    const auto is_new = [](const auto& socket) {
        return socket->state() == RealtimeSocket::State::connecting;
    };
    return static_cast<std::size_t>(std::count_if(sockets_.begin(), sockets_.end(), is_new));
}

// From inside a socket: what waits is sent a moment later.
void RealtimePoolRunner::on_room(RealtimeSocket& socket) {
    tidy_->expire_after({});
    if (!socket.answered()) return;
    failed_connects_ = 0;
    last_failure_.reset();
}

// A socket that never answered counts as a failed connect: some accept, and close at once.
void RealtimePoolRunner::on_socket_closed(RealtimeSocket& socket, const ProviderFailure& failure) {
    tidy_->expire_after({});
    if (!socket.answered() || is_permanent(failure.reason)) after_failed_connect(failure);
}

// Several that were tried together count once.
void RealtimePoolRunner::after_failed_connect(const ProviderFailure& failure) {
    last_failure_ = failure;
    if (loop_.now() >= connect_not_before_) {
        const double chance = std::uniform_real_distribution<>(0, 1)(random_);
        net::Duration delay =
            net::backoff_delay(failed_connects_, chance, first_reconnect_delay, settings_.pool.reconnect_cap);
        if (failure.retry_after)
            delay = std::max(delay, std::min<net::Duration>(*failure.retry_after, longest_pause));
        failed_connects_ = std::min(failed_connects_ + 1, 16);
        connect_not_before_ = loop_.now() + delay;
    }
    const bool often = static_cast<std::size_t>(failed_connects_) >= settings_.pool.failed_connects;
    const bool again_helps = worth_retrying(failure, settings_.timings.longest_retry_after) && !often;
    if (!again_helps && open_sockets() + connecting() == 0) refuse_waiting(failure);
}

// There is no socket, and the next attempt is further away than the moment that a retry may take.
bool RealtimePoolRunner::hopeless() const {
    if (!last_failure_ || open_sockets() + connecting() > 0) return false;
    const bool patient = failed_connects_ < static_cast<int>(settings_.pool.failed_connects);
    const net::Duration patience =
        patient ? settings_.timings.longest_retry_after : settings_.timings.retry_wait;
    return connect_not_before_ > loop_.now() + patience;
}

// A chunk's reaction may add or remove others: each is taken out before it hears of it.
void RealtimePoolRunner::refuse_waiting(const ProviderFailure& failure) {
    for (std::size_t count = waiting_.size(); count > 0 && !waiting_.empty(); --count) {
        PoolClient* client = waiting_.front();
        waiting_.erase(waiting_.begin());
        client->on_no_socket(failure);
    }
}

void RealtimePoolRunner::dispatch() {
    for (std::size_t i = 0; i < waiting_.size();) {
        if (send(*waiting_[i]))
            waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
        else
            ++i;
    }
    open_missing();
}

bool RealtimePoolRunner::send(PoolClient& client) {
    while (RealtimeSocket* socket = best_socket(client)) {
        if (socket->speak("chunk_" + std::to_string(++last_chunk_id_), client.text(), client)) {
            client.on_sent(*socket);
            return true;
        }
        socket->retire();  // it takes no messages
    }
    return false;
}

// An avoided one only when no other can be hoped for.
RealtimeSocket* RealtimePoolRunner::best_socket(const PoolClient& client) {
    const auto rank = [](const RealtimeSocket& s) { return std::pair(s.late_in_a_row(), s.responses()); };
    RealtimeSocket* best = nullptr;
    RealtimeSocket* last_resort = nullptr;
    for (const auto& socket : sockets_) {
        if (!socket->has_room()) continue;
        RealtimeSocket*& place = client.avoids(*socket) ? last_resort : best;
        if (!place || rank(*socket) < rank(*place)) place = socket.get();
    }
    if (best || connecting() > 0 || may_open()) return best;
    return last_resort;
}

bool RealtimePoolRunner::may_open() const {
    const auto counts = [](const auto& socket) { return socket->state() != RealtimeSocket::State::closed; };
    const auto sockets = std::count_if(sockets_.begin(), sockets_.end(), counts);
    return static_cast<std::size_t>(sockets) < settings_.pool.max_sockets &&
           loop_.now() >= connect_not_before_;
}

std::size_t RealtimePoolRunner::usable() const {
    const auto counts = [](const auto& socket) {
        return socket->state() != RealtimeSocket::State::closed && !socket->soon_retired();
    };
    return static_cast<std::size_t>(std::count_if(sockets_.begin(), sockets_.end(), counts));
}

// On sockets that will still be there when they are needed.
std::size_t RealtimePoolRunner::free_places() const {
    std::size_t places = 0;
    for (const auto& socket : sockets_)
        if (!socket->soon_retired()) places += socket->free_places();
    return places;
}

std::size_t RealtimePoolRunner::spare_places() const {
    if (!in_use()) return 0;
    std::size_t busy = 0;
    for (const auto& socket : sockets_) busy += socket->responses();
    return settings_.pool.spare_places + busy / settings_.pool.responses_per_spare;
}

// For what waits, which can use none of the open places, and for what will come before another socket could
// be opened.
bool RealtimePoolRunner::lacks_places() const {
    const std::size_t on_the_way = connecting() * settings_.pool.responses_per_socket;
    if (waiting_.size() > on_the_way || (in_use() && usable() == 0)) return true;
    return free_places() + on_the_way - waiting_.size() < spare_places();
}

// After a failure a spare one is tried again as soon as that is allowed, too: otherwise the next chunk would
// be the one to find out.
void RealtimePoolRunner::open_missing() {
    while (lacks_places() && may_open()) open_socket();
    if (lacks_places() && loop_.now() < connect_not_before_) reopen_->expire_at(connect_not_before_);
}

void RealtimePoolRunner::open_socket() {
    RealtimeSocket::Owner& owner = *this;
    sockets_.push_back(
        std::make_unique<RealtimeSocket>(++last_socket_id_, settings_, connector_, loop_, owner));
    if (!std::exchange(upkeep_runs_, true)) upkeep_->expire_after(upkeep_interval);
}

void RealtimePoolRunner::on_tidy() {
    std::erase_if(sockets_,
                  [](const auto& socket) { return socket->state() == RealtimeSocket::State::closed; });
    dispatch();
    if (hopeless()) refuse_waiting(ProviderFailure(*last_failure_));
}

// Checking a socket may open another one, hence the index.
void RealtimePoolRunner::on_upkeep() {
    for (std::size_t i = 0; i < sockets_.size(); ++i) sockets_[i]->check();
    let_go_of_surplus();
    on_tidy();
    upkeep_runs_ = in_use() || !sockets_.empty();
    if (upkeep_runs_) upkeep_->expire_after(upkeep_interval);
}

void RealtimePoolRunner::let_go_of_surplus() {
    for (std::size_t i = 0; i < sockets_.size();) {
        if (is_surplus(*sockets_[i]))
            sockets_.erase(sockets_.begin() + static_cast<std::ptrdiff_t>(i));
        else
            ++i;
    }
}

// Nothing runs on it, and it is old, or idle for long while the others have room enough.
bool RealtimePoolRunner::is_surplus(const RealtimeSocket& socket) const {
    if (socket.state() != RealtimeSocket::State::open || socket.responses() > 0) return false;
    if (socket.retired()) return true;
    const bool idle = loop_.now() - socket.idle_since() >= settings_.pool.close_idle_after;
    if (!idle || !in_use()) return idle;
    if (socket.soon_retired()) return usable() > 0;
    return usable() > 1 && free_places() - socket.free_places() >= spare_places();
}

bool RealtimePoolRunner::in_use() const {
    return last_use_ && loop_.now() - *last_use_ < settings_.pool.keep_warm;
}

}  // namespace atlas::providers::openai
