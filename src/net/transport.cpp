#include "transport.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace atlas::net {
namespace {

constexpr std::size_t largest_step = 1 << 20;  // OpenSSL counts in int

Transport::Progress failed(ErrorCode failure) {
    Transport::Progress progress;
    progress.failure = failure;
    return progress;
}

Transport::Progress wait_for(Transport::Need need) {
    Transport::Progress progress;
    progress.need = need;
    return progress;
}

Transport::Progress did(std::size_t bytes) {
    Transport::Progress progress;
    progress.bytes = bytes;
    return progress;
}

ErrorCode system_failure() { return ErrorCode(errno, boost::system::system_category()); }

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

void Transport::Free::operator()(SSL* tls) const { SSL_free(tls); }

Transport::Transport(Socket connected) : socket_(std::move(connected)) {
    ErrorCode ignored;  // a socket that is already gone says so at the first use
    socket_.native_non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

Transport::Transport(Transport&&) noexcept = default;
Transport& Transport::operator=(Transport&&) noexcept = default;
Transport::~Transport() = default;

void Transport::Detached::close() {
    if (number >= 0) ::close(std::exchange(number, -1));
}

void Transport::detach() { detached_.number = socket_.release(); }

SSL* Transport::secure(SSL_CTX& context) {
    tls_.reset(SSL_new(&context));
    if (!tls_ || SSL_set_fd(tls_.get(), descriptor()) != 1) {
        ERR_clear_error();
        throw std::runtime_error("OpenSSL has no memory for a connection");
    }
    return tls_.get();
}

Transport::Progress Transport::handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(tls_.get());
    return result == 1 ? did(0) : tls_failure(result);
}

Transport::Progress Transport::read(std::span<std::byte> into) {
    if (!tls_) return read_plain(into);
    ERR_clear_error();
    const int result =
        SSL_read(tls_.get(), into.data(), static_cast<int>(std::min(into.size(), largest_step)));
    return result > 0 ? did(static_cast<std::size_t>(result)) : tls_failure(result);
}

Transport::Progress Transport::write(std::span<const std::byte> from) {
    if (!tls_) return write_plain(from);
    ERR_clear_error();
    const int result =
        SSL_write(tls_.get(), from.data(), static_cast<int>(std::min(from.size(), largest_step)));
    return result > 0 ? did(static_cast<std::size_t>(result)) : tls_failure(result);
}

Transport::Progress Transport::discard() {
    std::array<std::byte, 4096> nowhere;
    return read_plain(nowhere);
}

Transport::Progress Transport::read_plain(std::span<std::byte> into) {
    for (;;) {
        const auto result = ::recv(descriptor(), into.data(), into.size(), 0);
        if (result > 0) return did(static_cast<std::size_t>(result));
        if (result == 0) return failed(asio::error::eof);
        if (would_block()) return wait_for(Need::readable);
        if (errno != EINTR) return failed(system_failure());
    }
}

Transport::Progress Transport::write_plain(std::span<const std::byte> from) {
    for (;;) {
        const auto result = ::send(descriptor(), from.data(), from.size(), MSG_NOSIGNAL);
        if (result >= 0) return did(static_cast<std::size_t>(result));
        if (would_block()) return wait_for(Need::writable);
        if (errno != EINTR) return failed(system_failure());
    }
}

Transport::Progress Transport::tls_failure(int result) const {
    const int reason = SSL_get_error(tls_.get(), result);
    if (reason == SSL_ERROR_WANT_READ) return wait_for(Need::readable);
    if (reason == SSL_ERROR_WANT_WRITE) return wait_for(Need::writable);
    if (reason == SSL_ERROR_ZERO_RETURN) return failed(asio::error::eof);
    const ErrorCode system = system_failure();
    const unsigned long first = ERR_get_error();
    ERR_clear_error();
    if (ERR_GET_REASON(first) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        return failed(asio::ssl::error::stream_truncated);
    }
    if (first != 0) return failed(ErrorCode(static_cast<int>(first), asio::error::get_ssl_category()));
    return failed(system.value() != 0 ? system : asio::ssl::error::stream_truncated);
}

bool Transport::holds_more() const { return tls_ && SSL_has_pending(tls_.get()) == 1; }

void Transport::end_sending() {
    if (tls_ && SSL_is_init_finished(tls_.get())) {
        ERR_clear_error();
        SSL_shutdown(tls_.get());  // a goodbye that does not fit is not worth waiting for
        ERR_clear_error();
    }
    ::shutdown(descriptor(), SHUT_WR);
}

void Transport::close() {
    detached_.close();
    ErrorCode ignored;
    socket_.close(ignored);
}

}  // namespace atlas::net
