#include "trusted_certificates.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <stdexcept>

namespace atlas::net {

TrustedCertificates::TrustedCertificates(const std::string& file) {
    if (file.empty()) return;
    const std::unique_ptr<BIO, decltype(&BIO_free)> input(BIO_new_file(file.c_str(), "r"), &BIO_free);
    if (!input) {
        ERR_clear_error();
        throw std::runtime_error("CA file \"" + file + "\" cannot be read");
    }
    while (X509* const certificate = PEM_read_bio_X509(input.get(), nullptr, nullptr, nullptr)) {
        certificates_.emplace_back(certificate);
    }
    ERR_clear_error();  // the end of the file counts as one
    if (certificates_.empty()) throw std::runtime_error("CA file \"" + file + "\" holds no PEM certificate");
}

// The store may be shared with earlier connections; adding a certificate twice is no error.
CURLcode TrustedCertificates::add_to(CURL*, void* ssl_context, void* self) {
    X509_STORE* const store = SSL_CTX_get_cert_store(static_cast<SSL_CTX*>(ssl_context));
    for (const auto& certificate : static_cast<TrustedCertificates*>(self)->certificates_) {
        if (X509_STORE_add_cert(store, certificate.get()) != 1) return CURLE_SSL_CERTPROBLEM;
    }
    return CURLE_OK;
}

}  // namespace atlas::net
