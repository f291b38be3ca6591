#include "atlas/net/tls.hpp"

#include "tls_files.hpp"
#include "trust_store.hpp"

#include <boost/asio/ssl/context.hpp>
#include <openssl/err.h>

namespace atlas::net {
namespace ssl = boost::asio::ssl;
namespace {

void check(const boost::system::error_code& failure, const std::string& what, const std::string& file) {
    if (failure) refuse_file(what, file, failure.message());
}

// The listener speaks HTTP/1.1 only; a client that offers just "h2" is refused during the handshake.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
    static constexpr unsigned char ours[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* selected = nullptr;
    const int result = SSL_select_next_proto(&selected, length, ours, sizeof ours, offered, offered_length);
    *chosen = selected;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_minimum(ssl::context& context) {
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    // What Transport rests on: a write may take a part, and be repeated from other memory; buffers go when
    // they are empty; one read of the socket brings all records that are there.
    SSL_CTX_set_mode(context.native_handle(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context.native_handle(), 1);
    // A session cache costs memory for every connection that ever was; tickets do without.
    SSL_CTX_set_session_cache_mode(context.native_handle(), SSL_SESS_CACHE_OFF);
}

}  // namespace

std::shared_ptr<ssl::context> make_client_tls(const TlsTrust& trust) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    set_minimum(*context);
    context->set_verify_mode(ssl::verify_peer);
    SSL_CTX_set1_cert_store(context->native_handle(), TrustStore(trust).get());
    return context;
}

std::shared_ptr<ssl::context> make_server_tls(const TlsFiles& files) {
    require_readable("TLS certificate", files.certificate_chain);
    require_readable("TLS private key", files.private_key);
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    set_minimum(*context);
    context->set_options(ssl::context::default_workarounds | SSL_OP_CIPHER_SERVER_PREFERENCE |
                         SSL_OP_NO_RENEGOTIATION);
    boost::system::error_code failure;
    context->use_certificate_chain_file(files.certificate_chain, failure);
    check(failure, "TLS certificate", files.certificate_chain);
    context->use_private_key_file(files.private_key, ssl::context::pem, failure);
    check(failure, "TLS private key", files.private_key);
    if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
        ERR_clear_error();
        refuse_file("TLS private key", files.private_key, "it does not belong to the certificate");
    }
    SSL_CTX_set_alpn_select_cb(context->native_handle(), choose_protocol, nullptr);
    return context;
}

}  // namespace atlas::net
