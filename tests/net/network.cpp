#include "net/network.hpp"

#include <openssl/evp.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace atlas::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

void never_block(int descriptor) { fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK); }

}  // namespace

void Recorder::take(std::unique_ptr<net::Websocket> opened) {
    websocket = std::move(opened);
    net::WebsocketHandlers handlers;
    handlers.on_text = [this](std::string_view message) { text.emplace_back(message); };
    handlers.on_binary = [this](std::span<const std::byte> bytes) {
        binary.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    handlers.on_closed = [this](const net::WebsocketClosed& how) {
        closed = how;
        ++closings;
    };
    websocket->start(std::move(handlers));
}

RawPeer RawPeer::connect_to(std::uint16_t port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    EXPECT_EQ(connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    never_block(descriptor);
    return RawPeer(descriptor);
}

RawPeer::RawPeer(RawPeer&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      received_(std::move(other.received_)),
      ended_(other.ended_) {}

void RawPeer::send(std::string_view bytes) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    EXPECT_EQ(sent, static_cast<ssize_t>(bytes.size())) << "errno " << errno;
}

const std::string& RawPeer::received() {
    std::array<char, 65536> buffer;
    while (!ended_ && descriptor_ >= 0) {
        const auto size = recv(descriptor_, buffer.data(), buffer.size(), 0);
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (size <= 0) {
            ended_ = true;
        } else {
            received_.append(buffer.data(), static_cast<std::size_t>(size));
        }
    }
    return received_;
}

bool RawPeer::ended() {
    received();
    return ended_;
}

void RawPeer::finish_sending() { shutdown(descriptor_, SHUT_WR); }

void RawPeer::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void RawPeer::reset() {
    const linger at_once{1, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

RawServer::RawServer() : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(descriptor_, 16), 0);
    getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    never_block(descriptor_);
}

RawServer::~RawServer() { ::close(descriptor_); }

std::optional<RawPeer> RawServer::accept() {
    const int descriptor = ::accept(descriptor_, nullptr, nullptr);
    if (descriptor < 0) return std::nullopt;
    never_block(descriptor);
    return RawPeer(descriptor);
}

std::string websocket_frame(int opcode, std::string_view payload, bool masked, bool final) {
    std::string frame;
    const auto byte = [&](std::size_t value) { frame.push_back(static_cast<char>(value & 255)); };
    byte(static_cast<std::size_t>(opcode) | (final ? 0x80 : 0));
    const std::size_t mask_bit = masked ? 0x80 : 0;
    if (payload.size() < 126) {
        byte(payload.size() | mask_bit);
    } else if (payload.size() < 65536) {
        byte(126 | mask_bit);
        byte(payload.size() >> 8);
        byte(payload.size());
    } else {
        byte(127 | mask_bit);
        for (int shift = 56; shift >= 0; shift -= 8) byte(payload.size() >> shift);
    }
    if (masked) frame.append(4, '\0');  // a mask of zeros changes nothing
    return frame.append(payload);
}

std::string websocket_request(std::string_view path) {
    return "GET " + std::string(path) +
           " HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

std::string websocket_accept(std::string_view request) {
    constexpr std::string_view field = "Sec-WebSocket-Key: ";
    const std::size_t at = request.find(field);
    EXPECT_NE(at, std::string_view::npos);
    const std::string key(request.substr(at + field.size(), 24));
    const std::string secret = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, 20> hash;
    EVP_Q_digest(nullptr, "SHA1", nullptr, secret.data(), secret.size(), hash.data(), nullptr);
    std::array<unsigned char, 32> text{};
    EVP_EncodeBlock(text.data(), hash.data(), hash.size());
    return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
           "websocket\r\nSec-WebSocket-Accept: " +
           std::string(reinterpret_cast<const char*>(text.data())) + "\r\n\r\n";
}

Network::Network(bool with_tls) : tls(with_tls) {
    settings.address = "127.0.0.1";
    if (tls) settings.tls = TestCertificates::instance().localhost();
    connector = net::make_websocket_connector(loop, net::TlsTrust{TestCertificates::instance().authority()});
    ticker_ = loop.make_timer([this] { ticker_->expire_after(std::chrono::milliseconds(2)); });
    ticker_->expire_after(std::chrono::milliseconds(2));
}

Network::~Network() { EXPECT_TRUE(ends()); }

void Network::listen(net::ListenerHandlers handlers) {
    handlers.on_bad_connection = [this](const std::string&, const std::string& error) {
        bad_connections.push_back(error);
    };
    listener = net::open_listener(loop, settings, std::move(handlers));
}

void Network::listen_for_websockets() {
    net::ListenerHandlers handlers;
    handlers.on_upgrade = [this](const net::IncomingRequest&) {
        return net::AcceptUpgrade{"", server_options};
    };
    handlers.on_websocket = [this](const net::IncomingRequest&, std::unique_ptr<net::Websocket> websocket) {
        server.take(std::move(websocket));
    };
    listen(std::move(handlers));
}

std::unique_ptr<net::PendingConnect> Network::connect(net::WebsocketRequest request) {
    request.options = client_options;
    return connector->connect(std::move(request), [this](net::WebsocketConnected result) {
        if (result.websocket) client.take(std::move(result.websocket));
        connected = std::move(result);
    });
}

void Network::open_pair() {
    listen_for_websockets();
    net::WebsocketRequest request;
    request.url = url("ws");
    pending = connect(request);
    ASSERT_TRUE(until("both ends to be open", [&] { return connected && server.websocket; }));
    ASSERT_TRUE(client.websocket) << connected->error;
}

std::string Network::url(std::string_view scheme, std::string_view path) const {
    return std::string(scheme) + (tls ? "s" : "") + "://" + host() + std::string(path);
}

testing::AssertionResult Network::ends() {
    ticker_.reset();
    pending.reset();
    server.websocket.reset();
    client.websocket.reset();
    listener.reset();
    return run_out(loop);
}

}  // namespace atlas::test
