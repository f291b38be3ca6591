#pragma once

#include "asio_names.hpp"

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace atlas::net {

// One connected TCP socket, with TLS on it when it was secured. Never waits: each operation does what can
// be done at once and tells what to wait for otherwise. OpenSSL works on the socket itself, which leaves an
// idle connection without buffers (Asio's own TLS stream keeps 88 KiB). Owned by one connection.
class Transport {
public:
    enum class Need { nothing, readable, writable };
    struct Progress {
        std::size_t bytes = 0;
        Need need = Need::nothing;  // wait for this, then try again
        ErrorCode failure;          // asio::error::eof at the orderly end
    };

    explicit Transport(Socket connected);
    Transport(Transport&&) noexcept;
    Transport& operator=(Transport&&) noexcept;
    ~Transport();

    // Before the first byte; the context lives longer than the connection. Returns the handle, for what
    // only one side has to set up.
    SSL* secure(SSL_CTX& context);
    bool secured() const { return tls_ != nullptr; }
    SSL* tls() const { return tls_.get(); }

    Progress handshake();
    Progress read(std::span<std::byte> into);
    // What was not taken must be offered again unchanged.
    Progress write(std::span<const std::byte> from);
    // Reads and forgets what the peer still sends.
    Progress discard();

    // True when bytes wait in memory that no readiness of the socket will announce.
    bool holds_more() const;

    void end_sending();  // TLS's goodbye, then the end of our half of the connection
    void close();

    Socket& socket() { return socket_; }  // before detach()
    // Takes the socket out of Asio's hands; nothing may wait for it.
    void detach();
    int descriptor() { return detached_.number >= 0 ? detached_.number : socket_.native_handle(); }

private:
    // A socket that Asio does not know any more.
    struct Detached {
        Detached() = default;
        Detached(Detached&& other) noexcept : number(std::exchange(other.number, -1)) {}
        Detached& operator=(Detached&& other) noexcept {
            std::swap(number, other.number);
            return *this;
        }
        ~Detached() { close(); }
        void close();
        int number = -1;
    };

    struct Free {
        void operator()(SSL* tls) const;
    };
    Progress read_plain(std::span<std::byte> into);
    Progress write_plain(std::span<const std::byte> from);
    Progress tls_failure(int result) const;

    Socket socket_;
    Detached detached_;
    std::unique_ptr<SSL, Free> tls_;
};

}  // namespace atlas::net
