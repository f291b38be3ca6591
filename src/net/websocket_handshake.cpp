#include "websocket_handshake.hpp"

#include "header_rules.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <span>
#include <stdexcept>

namespace atlas::net {
namespace {

std::string base64(std::span<const unsigned char> bytes) {
    std::array<unsigned char, 64> text{};  // EVP_EncodeBlock: 4 for 3, and a zero
    const int length = EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(bytes.size()));
    return std::string(reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length));
}

}  // namespace

std::string new_websocket_key() {
    std::array<unsigned char, 16> bytes{};
    if (RAND_bytes(bytes.data(), bytes.size()) != 1) throw std::runtime_error("OpenSSL has no random bytes");
    return base64(bytes);
}

std::string websocket_accept_for(std::string_view key) {
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, 20> hash{};
    if (EVP_Q_digest(nullptr, "SHA1", nullptr, text.data(), text.size(), hash.data(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL has no SHA-1, which a WebSocket's upgrade needs");
    }
    return base64(hash);
}

std::string upgrade_request(const Url& url, std::string_view key, std::string_view subprotocol,
                            const HttpHeaders& headers) {
    std::string text = "GET " + url.target + " HTTP/1.1\r\n";
    append_header(text, "Host", url.authority());
    append_header(text, "Upgrade", "websocket");
    append_header(text, "Connection", "Upgrade");
    append_header(text, "Sec-WebSocket-Key", key);
    append_header(text, "Sec-WebSocket-Version", "13");
    if (!subprotocol.empty()) append_header(text, "Sec-WebSocket-Protocol", subprotocol);
    for (const auto& [name, value] : headers.fields()) append_header(text, name, value);
    return text + "\r\n";
}

std::string upgrade_problem(const HttpHeaders& answer, std::string_view key) {
    const auto has_token = [&](std::string_view name, std::string_view token) {
        return boost::beast::http::token_list(answer.find(name)).exists(token);
    };
    if (!has_token("Upgrade", "websocket")) return "its Upgrade header does not say websocket";
    if (!has_token("Connection", "upgrade")) return "its Connection header does not say upgrade";
    if (answer.find("Sec-WebSocket-Accept") != websocket_accept_for(key)) {
        return "its Sec-WebSocket-Accept header does not belong to the key it was sent";
    }
    if (answer.contains("Sec-WebSocket-Extensions")) return "it chose an extension that was not offered";
    return {};
}

}  // namespace atlas::net
