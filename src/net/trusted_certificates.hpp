#pragma once

#include <curl/curl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

namespace atlas::net {

// The certificates of an extra CA file, to be trusted besides the system's. curl's own option for a CA file
// would replace the system's instead.
class TrustedCertificates {
public:
    // Empty for an empty name. Throws std::runtime_error when the file has no usable certificate.
    explicit TrustedCertificates(const std::string& file);

    bool empty() const { return certificates_.empty(); }
    // For CURLOPT_SSL_CTX_FUNCTION; `self` is a TrustedCertificates that outlives the transfer.
    static CURLcode add_to(CURL* easy, void* ssl_context, void* self);

private:
    struct Free {
        void operator()(X509* certificate) const { X509_free(certificate); }
    };
    std::vector<std::unique_ptr<X509, Free>> certificates_;
};

}  // namespace atlas::net
