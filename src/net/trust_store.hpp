#pragma once

#include "atlas/net/tls.hpp"

#include <curl/curl.h>
#include <openssl/x509_vfy.h>

#include <memory>

namespace atlas::net {

// The authorities that a client trusts, for OpenSSL and for curl. Those of the system stay on disk until one
// of them is met: a gateway meets a handful of the 140 there are.
class TrustStore {
public:
    // Throws std::runtime_error with one line that names the file and the reason.
    explicit TrustStore(const TlsTrust& trust);

    X509_STORE* get() const { return store_.get(); }
    // For CURLOPT_SSL_CTX_FUNCTION, in place of curl's own; `self` is a TrustStore that outlives the
    // transfer.
    static CURLcode give_to_curl(CURL* easy, void* ssl_context, void* self);

private:
    struct Free {
        void operator()(X509_STORE* store) const { X509_STORE_free(store); }
    };
    std::unique_ptr<X509_STORE, Free> store_;
};

}  // namespace atlas::net
