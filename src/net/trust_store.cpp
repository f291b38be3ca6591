#include "trust_store.hpp"

#include "tls_files.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace atlas::net {
namespace {

// As `openssl rehash` names a certificate: eight hexadecimal digits of its subject's hash, and a number.
bool names_a_subject(const std::string& name) {
    return name.size() == 10 && name.ends_with(".0") &&
           name.find_first_not_of("0123456789abcdef") == name.size() - 2;
}

bool can_be_searched(const char* folder) {
    std::error_code failure;
    const std::filesystem::directory_iterator entries(folder, failure);
    return !failure && std::any_of(begin(entries), end(entries), [](const auto& entry) {
        return names_a_subject(entry.path().filename().string());
    });
}

bool trust_the_system(X509_STORE* store) {
    if (!can_be_searched(X509_get_default_cert_dir())) return X509_STORE_set_default_paths(store) == 1;
    X509_LOOKUP* const search = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
    return search != nullptr && X509_LOOKUP_add_dir(search, nullptr, X509_FILETYPE_DEFAULT) == 1;
}

}  // namespace

TrustStore::TrustStore(const TlsTrust& trust) : store_(X509_STORE_new()) {
    if (!store_ || !trust_the_system(store_.get())) {
        ERR_clear_error();
        throw std::runtime_error("The system's certificate store cannot be used");
    }
    if (trust.extra_ca_file.empty()) return;
    require_readable("CA file", trust.extra_ca_file);
    if (X509_STORE_load_file(store_.get(), trust.extra_ca_file.c_str()) == 1) return;
    ERR_clear_error();
    refuse_file("CA file", trust.extra_ca_file, "it holds no PEM certificate");
}

CURLcode TrustStore::give_to_curl(CURL*, void* ssl_context, void* self) {
    SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(ssl_context), static_cast<TrustStore*>(self)->get());
    return CURLE_OK;
}

}  // namespace atlas::net
