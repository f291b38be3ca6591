#include "websocket_connection.hpp"

#include "atlas/net/asio_loop.hpp"

#include <boost/asio/post.hpp>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace atlas::net {
namespace {

constexpr std::uint16_t going_away = 1001;
constexpr Duration default_close_timeout = std::chrono::seconds(2);
constexpr int reads_in_a_row = 16;  // then the other connections have their turn

// Shared by all connections of the loop's thread: used from the beginning of an event to its end, never
// across two.
struct Workbench {
    std::array<std::byte, 32 * 1024> incoming;
    std::array<std::byte, 16 * 1024> outgoing;  // one TLS record
};

Workbench& workbench() {
    static thread_local const auto bench = std::make_unique<Workbench>();
    return *bench;
}

// A client's masks must be unpredictable (RFC 6455 §5.3). Drawn many at a time: one draw costs more than
// masking a frame.
MaskKey draw_key() {
    static thread_local std::array<std::byte, 1024> drawn;
    static thread_local std::size_t used = drawn.size();
    if (used == drawn.size()) {
        if (RAND_bytes(reinterpret_cast<unsigned char*>(drawn.data()), drawn.size()) != 1) {
            throw std::runtime_error("OpenSSL has no random bytes");
        }
        used = 0;
    }
    MaskKey key;
    std::copy_n(drawn.begin() + static_cast<std::ptrdiff_t>(used), key.size(), key.begin());
    used += key.size();
    return key;
}

}  // namespace

WebsocketConnection::WebsocketConnection(AsioLoop& loop, Transport transport, WebsocketFacts facts)
    : executor_(loop.context().get_executor()),
      readiness_(facts.options.may_wait ? loop.patient_readiness() : loop.readiness()),
      transport_(std::move(transport)),
      facts_(std::move(facts)),
      outbox_(facts_.server_side ? nullptr : draw_key, facts_.options.max_queued_bytes),
      watch_(facts_.options, Clock::now()),
      reader_(facts_.server_side, facts_.options.max_message_bytes),
      alarm_(executor_) {
    transport_.detach();
}

void WebsocketConnection::start(WebsocketHandlers handlers) {
    if (started_) return;
    started_ = true;
    handlers_ = std::move(handlers);
    watch_ = WebsocketWatch(facts_.options, Clock::now());
    if (closing_) watch_.close_began(Clock::now());
    set_alarm();
    asio::post(executor_, [self = shared_from_this()] { self->begin(); });
    want_flush();
}

bool WebsocketConnection::send(bool binary, std::span<const std::byte> head,
                               std::span<const std::byte> body) {
    if (closing_ || told_ || !outbox_.push(binary, head, body)) return false;
    want_flush();
    return true;
}

void WebsocketConnection::ping() {
    watch_.pinged(Clock::now());
    set_alarm();
    outbox_.ping();
    want_flush();
}

void WebsocketConnection::close(std::uint16_t code, std::string_view reason) {
    if (closing_ || told_) return;
    closing_ = true;
    own_close_ = make_close(code, reason);
    outbox_.close_when_empty(own_close_);
    watch_.close_began(Clock::now());
    set_alarm();
    want_flush();
}

void WebsocketConnection::abandon() {
    abandoned_ = true;
    if (!in_handler_) handlers_ = {};
    if (gone_) return;
    if (!last_moment_) last_moment_ = latest_end();
    close(going_away, "");
    start({});
    set_alarm();
}

// ---- waiting

void WebsocketConnection::begin() {
    if (gone_) return;
    if (const ErrorCode failure = readiness_.watch(transport_.descriptor(), shared_from_this())) {
        return give_up(failure.message());
    }
    std::string early = std::exchange(facts_.early, {});
    take_in_guarded(std::as_writable_bytes(std::span(early)));
    read_all();  // TLS may hold what no readiness of the socket will announce
}

void WebsocketConnection::on_ready(bool readable, bool writable) {
    if (writable && waits_to_write_) {
        wait_to_write(false);
        flush();
    }
    if (read_when_writable_) {
        if (!writable) return;
        stop_reading(false);
        readable = true;
    }
    if (!readable) return;
    read_all();
    if (std::exchange(flush_when_readable_, false)) flush();
}

void WebsocketConnection::wait_to_write(bool waits) {
    if (std::exchange(waits_to_write_, waits) != waits) ask_for_readiness();
}

void WebsocketConnection::stop_reading(bool stops) {
    if (std::exchange(read_when_writable_, stops) != stops) ask_for_readiness();
}

void WebsocketConnection::ask_for_readiness() {
    if (gone_) return;
    readiness_.ask_for(transport_.descriptor(), !read_when_writable_, waits_to_write_ || read_when_writable_);
}

// ---- reading

// Until nothing is there.
void WebsocketConnection::read_all() {
    for (int turn = 0; turn < reads_in_a_row && !gone_; ++turn) {
        if (parting_) return read_away();
        const auto room = std::span(workbench().incoming);
        const Transport::Progress step = transport_.read(room);
        if (step.failure) return give_up(step.failure.message());
        if (step.need == Transport::Need::writable) stop_reading(true);
        if (step.bytes == 0) return;
        watch_.heard(Clock::now());
        take_in_guarded(room.first(step.bytes));
        if (!transport_.holds_more()) return;
    }
    // What TLS holds is not told again.
    if (!gone_) asio::post(executor_, [self = shared_from_this()] { self->read_all(); });
}

// The owner's handlers run inside.
void WebsocketConnection::take_in_guarded(std::span<std::byte> input) {
    try {
        take_in(input);
    } catch (...) {
        in_handler_ = false;
        if (told_) throw;  // on_closed threw: nobody is left to tell
        give_up(describe_exception(std::current_exception()));
    }
}

void WebsocketConnection::take_in(std::span<std::byte> input) {
    while (!input.empty() && !parting_ && !gone_) {
        const Incoming got = reader_.next(input);
        switch (got.kind) {
            case Incoming::Kind::nothing:
            case Incoming::Kind::pong:
                break;
            case Incoming::Kind::text:
            case Incoming::Kind::binary:
                deliver(got);
                break;
            case Incoming::Kind::ping:
                outbox_.answer_ping(got.payload);
                want_flush();
                break;
            case Incoming::Kind::close:
                hear_close(got.payload);
                break;
            case Incoming::Kind::broken:
                fail(got.code, got.why);
                break;
        }
    }
}

void WebsocketConnection::deliver(const Incoming& message) {
    if (abandoned_) return;
    in_handler_ = true;
    if (message.kind == Incoming::Kind::text) {
        const std::string_view text(reinterpret_cast<const char*>(message.payload.data()),
                                    message.payload.size());
        if (handlers_.on_text) handlers_.on_text(text);
    } else if (handlers_.on_binary) {
        handlers_.on_binary(message.payload);
    }
    in_handler_ = false;
    if (abandoned_) handlers_ = {};
}

void WebsocketConnection::hear_close(std::span<const std::byte> payload) {
    const auto received = read_close(payload);
    if (!received) return fail(1002, "the close frame holds no valid code or text");
    const bool answer_to_ours = outbox_.closed();
    part(*received);
    tell(answer_to_ours ? closed_by_us(own_close_, "") : closed_by_peer(*received));
}

// What the peer still sends is of no use; its end is.
void WebsocketConnection::read_away() {
    for (int turn = 0; turn < reads_in_a_row; ++turn) {
        const Transport::Progress step = transport_.discard();
        if (step.failure) return drop();
        if (step.bytes == 0) return;
    }
}

// ---- writing

// What is sent during one event goes out together after it.
void WebsocketConnection::want_flush() {
    if (!started_ || flush_posted_ || waits_to_write_ || gone_) return;
    flush_posted_ = true;
    asio::post(executor_, [self = shared_from_this()] {
        self->flush_posted_ = false;
        self->flush();
    });
}

void WebsocketConnection::flush() {
    while (!gone_ && !half_closed_) {
        if (!unsent_.empty()) {
            const std::string piece = std::exchange(unsent_, {});
            if (!write_some(bytes_of(piece))) return;
            continue;
        }
        const auto room = std::span(workbench().outgoing);
        const std::size_t size = outbox_.fill(room);
        if (size == 0) break;
        if (!write_some(room.first(size))) return;
    }
    if (outbox_.closed() && parting_) half_close();
}

// False when the rest has to wait, or the connection broke.
bool WebsocketConnection::write_some(std::span<const std::byte> piece) {
    const Transport::Progress step = transport_.write(piece);
    if (step.failure) {
        write_failed(step.failure);
        return false;
    }
    if (step.bytes == piece.size()) {
        watch_.write_ended();
        return true;
    }
    const auto rest = piece.subspan(step.bytes);
    unsent_.assign(reinterpret_cast<const char*>(rest.data()), rest.size());
    if (!watch_.writing()) watch_.write_began(Clock::now());
    set_alarm();
    if (step.need == Transport::Need::readable) {
        flush_when_readable_ = true;
    } else {
        wait_to_write(true);
    }
    return false;
}

// A peer that closes while we write stops reading: its close frame, which may lie there unread, tells why;
// the broken pipe does not.
void WebsocketConnection::write_failed(ErrorCode failure) {
    if (!parting_) read_all();
    if (!gone_) give_up(failure.message());
}

// ---- ending

void WebsocketConnection::tell(WebsocketClosed closed) {
    if (std::exchange(told_, true)) return;
    const WebsocketHandlers handlers = std::exchange(handlers_, {});
    if (!abandoned_ && handlers.on_closed) handlers.on_closed(closed);
}

void WebsocketConnection::fail(std::uint16_t code, std::string_view why) {
    part(make_close(code, ""));
    tell(closing_ ? closed_by_us(own_close_, std::string(why)) : closed_for_a_fault(code, why));
}

// There is no hope for the connection.
void WebsocketConnection::give_up(const std::string& why) {
    drop();
    tell(closing_ ? closed_by_us(own_close_, why) : broken_off(why));
}

// Both sides know that it is over. What is left: our close frame, if it was not sent, and the end of TCP.
void WebsocketConnection::part(const CloseReason& our_answer) {
    parting_ = true;
    outbox_.close_now(our_answer);
    last_moment_ = std::min(last_moment_.value_or(TimePoint::max()), latest_end());
    set_alarm();
    want_flush();
    if (outbox_.closed() && unsent_.empty()) half_close();
}

// The peer reads what we sent before it reads our end; closing at once could reset it away.
void WebsocketConnection::half_close() {
    if (std::exchange(half_closed_, true) || gone_) return;
    transport_.end_sending();
    read_away();
}

void WebsocketConnection::drop() {
    if (std::exchange(gone_, true)) return;
    readiness_.forget(transport_.descriptor());
    transport_.close();
    alarm_.cancel();
    outbox_.forget_messages();
    unsent_ = {};
    facts_.until_closed.reset();
}

TimePoint WebsocketConnection::latest_end() const {
    const Duration time = facts_.options.close_timeout;
    return Clock::now() + (time > Duration::zero() ? time : default_close_timeout);
}

// ---- deadlines

void WebsocketConnection::set_alarm() {
    if (gone_ || !started_) return;
    std::optional<TimePoint> next = told_ ? std::nullopt : watch_.next();
    if (last_moment_) next = std::min(next.value_or(TimePoint::max()), *last_moment_);
    if (!next || (alarm_at_ && *alarm_at_ <= *next)) return;  // an early look costs little and sets it anew
    alarm_at_ = next;
    alarm_.expires_at(*next);
    alarm_.async_wait([self = shared_from_this()](ErrorCode failure) {
        if (!failure) self->look_at_the_clock();
    });
}

void WebsocketConnection::look_at_the_clock() {
    if (gone_) return;
    alarm_at_.reset();
    const TimePoint now = Clock::now();
    if (told_) {
        if (last_moment_ && now >= *last_moment_) return drop();
    } else if (const std::string why = watch_.failure(now); !why.empty()) {
        return give_up(why);
    } else if (last_moment_ && now >= *last_moment_) {
        return give_up("the connection did not end in time");
    } else if (watch_.ping_due(now)) {
        ping();
    }
    set_alarm();
}

// ---- what the owner holds

namespace {

class OwnedWebsocket final : public Websocket {
public:
    explicit OwnedWebsocket(std::shared_ptr<WebsocketConnection> connection)
        : connection_(std::move(connection)) {}
    ~OwnedWebsocket() override { connection_->abandon(); }

    void start(WebsocketHandlers handlers) override { connection_->start(std::move(handlers)); }
    bool send_text(std::string_view text) override { return connection_->send(false, bytes_of(text), {}); }
    bool send_binary(std::span<const std::byte> head, std::span<const std::byte> body) override {
        return connection_->send(true, head, body);
    }
    std::size_t drop_queued_binary() override { return connection_->drop_queued_binary(); }
    std::size_t queued_bytes() const override { return connection_->queued_bytes(); }
    void ping() override { connection_->ping(); }
    void close(std::uint16_t code, std::string_view reason) override { connection_->close(code, reason); }
    std::string_view subprotocol() const override { return connection_->facts().subprotocol; }
    std::string_view peer_address() const override { return connection_->facts().peer_address; }

private:
    std::shared_ptr<WebsocketConnection> connection_;
};

}  // namespace

std::unique_ptr<Websocket> open_websocket(AsioLoop& loop, Transport transport, WebsocketFacts facts) {
    auto connection = std::make_shared<WebsocketConnection>(loop, std::move(transport), std::move(facts));
    return std::make_unique<OwnedWebsocket>(std::move(connection));
}

}  // namespace atlas::net
