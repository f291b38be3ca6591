#include "awaited_transport.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace atlas::net {

AwaitedTransport::AwaitedTransport(Transport transport)
    : transport_(std::move(transport)), deadline_(transport_.socket().get_executor()) {}

void AwaitedTransport::expires_after(Duration time) {
    expires_never();
    deadline_.expires_after(time);
    deadline_.async_wait([weak = weak_from_this(), mine = deadlines_](ErrorCode failure) {
        const auto self = weak.lock();
        if (failure || !self || self->deadlines_ != mine) return;
        self->expired_ = true;
        ErrorCode ignored;
        self->transport_.socket().cancel(ignored);
    });
}

void AwaitedTransport::expires_never() {
    ++deadlines_;
    expired_ = false;
    deadline_.cancel();
}

asio::awaitable<ErrorCode> AwaitedTransport::wait(Transport::Need need) {
    if (expired_) co_return asio::error::timed_out;
    const auto what = need == Transport::Need::writable ? Socket::wait_write : Socket::wait_read;
    auto [failure] = co_await transport_.socket().async_wait(what, as_result);
    if (expired_) co_return asio::error::timed_out;
    co_return failure;
}

asio::awaitable<ErrorCode> AwaitedTransport::handshake() {
    for (;;) {
        const Transport::Progress step = transport_.handshake();
        if (step.failure || step.need == Transport::Need::nothing) co_return step.failure;
        const ErrorCode failure = co_await wait(step.need);
        if (failure) co_return failure;
    }
}

asio::awaitable<ErrorCode> AwaitedTransport::read_some(std::span<std::byte> into, std::size_t& size) {
    size = 0;
    for (;;) {
        const Transport::Progress step = transport_.read(into);
        size = step.bytes;
        if (step.failure || step.bytes > 0) co_return step.failure;
        const ErrorCode failure = co_await wait(step.need);
        if (failure) co_return failure;
    }
}

asio::awaitable<ErrorCode> AwaitedTransport::write_all(std::string_view text) {
    auto rest = std::as_bytes(std::span(text));
    while (!rest.empty()) {
        const Transport::Progress step = transport_.write(rest);
        if (step.failure) co_return step.failure;
        rest = rest.subspan(step.bytes);
        if (step.bytes > 0) continue;
        const ErrorCode failure = co_await wait(step.need);
        if (failure) co_return failure;
    }
    co_return ErrorCode();
}

asio::awaitable<void> AwaitedTransport::part(std::size_t most) {
    transport_.end_sending();
    for (std::size_t heard = 0; heard < most;) {
        const Transport::Progress step = transport_.discard();
        if (step.failure) co_return;
        heard += step.bytes;
        if (step.bytes > 0) continue;
        const ErrorCode failure = co_await wait(step.need);
        if (failure) co_return;
    }
}

void AwaitedTransport::close() {
    expires_never();
    transport_.close();
}

Transport AwaitedTransport::release() {
    expires_never();
    return std::move(transport_);
}

}  // namespace atlas::net
