#include "realtime_pool.hpp"

#include "atlas/net/backoff.hpp"

#include <algorithm>
#include <utility>

namespace atlas::providers::openai {

namespace {

constexpr net::Duration upkeep_interval = std::chrono::seconds(5);
constexpr net::Duration first_reconnect_delay = std::chrono::milliseconds(250);

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
      upkeep_(loop.make_timer([this] { on_upkeep(); })) {}

bool RealtimePoolRunner::submit(PoolClient& client, bool again) {
    last_use_ = loop_.now();
    if (!again && waiting_.size() >= settings_.pool.max_waiting) return false;
    waiting_.insert(again ? waiting_.begin() : waiting_.end(), &client);
    dispatch();
    return true;
}

void RealtimePoolRunner::forget(const PoolClient& client) { std::erase(waiting_, &client); }

void RealtimePoolRunner::keep_warm() {
    last_use_ = loop_.now();
    ensure_socket();
}

void RealtimePoolRunner::ensure_socket() {
    const auto usable = [](const auto& socket) {
        return socket->state() != RealtimeSocket::State::closed && !socket->retired();
    };
    if (std::none_of(sockets_.begin(), sockets_.end(), usable) && may_open()) open_socket();
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

void RealtimePoolRunner::after_failed_connect(const ProviderFailure& failure) {
    const double chance = std::uniform_real_distribution<>(0, 1)(random_);
    const net::Duration delay =
        net::backoff_delay(failed_connects_, chance, first_reconnect_delay, settings_.pool.reconnect_cap);
    failed_connects_ = std::min(failed_connects_ + 1, 16);
    connect_not_before_ = std::max(connect_not_before_, loop_.now() + delay);
    last_failure_ = failure;
    if (is_permanent(failure.reason) && open_sockets() == 0) refuse_waiting(failure);
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

void RealtimePoolRunner::open_missing() {
    const std::size_t each = settings_.pool.responses_per_socket;
    while (waiting_.size() > connecting() * each && may_open()) open_socket();
    if (waiting_.size() > connecting() * each && loop_.now() < connect_not_before_)
        tidy_->expire_at(connect_not_before_);
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
}

// Checking a socket may open another one, hence the index.
void RealtimePoolRunner::on_upkeep() {
    for (std::size_t i = 0; i < sockets_.size(); ++i) sockets_[i]->check();
    let_go_of_surplus();
    if (in_use()) ensure_socket();
    on_tidy();
    upkeep_runs_ = in_use() || !sockets_.empty();
    if (upkeep_runs_) upkeep_->expire_after(upkeep_interval);
}

void RealtimePoolRunner::let_go_of_surplus() {
    std::vector<std::uint64_t> surplus;
    for (const auto& socket : sockets_)
        if (is_surplus(*socket)) surplus.push_back(socket->id());
    std::erase_if(sockets_, [&surplus](const auto& socket) {
        return std::find(surplus.begin(), surplus.end(), socket->id()) != surplus.end();
    });
}

// Nothing runs on it, and it is old, or idle for long while another one can take its place.
bool RealtimePoolRunner::is_surplus(const RealtimeSocket& socket) const {
    if (socket.state() != RealtimeSocket::State::open || socket.responses() > 0) return false;
    if (socket.retired()) return true;
    const bool idle = loop_.now() - socket.idle_since() >= settings_.pool.close_idle_after;
    const auto replaces = [&socket](const auto& other) {
        return other->id() > socket.id() && other->state() == RealtimeSocket::State::open &&
               !other->retired();
    };
    const bool last = std::none_of(sockets_.begin(), sockets_.end(), replaces);
    return idle && (!last || !in_use());
}

bool RealtimePoolRunner::in_use() const {
    return last_use_ && loop_.now() - *last_use_ < settings_.pool.keep_warm;
}

}  // namespace atlas::providers::openai
