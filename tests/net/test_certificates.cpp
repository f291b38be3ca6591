#include "net/test_certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace atlas::test {
namespace {

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

Key make_key() { return Key(EVP_EC_gen("P-256")); }

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (extension == nullptr) throw std::runtime_error("extension " + value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

// Signed by `issuer` and its key, or by itself.
Certificate make_certificate(EVP_PKEY* key, const std::string& name, X509* issuer, EVP_PKEY* issuer_key) {
    Certificate certificate(X509_new());
    static long serial = 1;
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* const signer = issuer != nullptr ? issuer : certificate.get();
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
    if (issuer == nullptr) {
        add_extension(certificate.get(), signer, NID_basic_constraints, "critical,CA:TRUE");
    } else {
        add_extension(certificate.get(), signer, NID_subject_alt_name, name);
    }
    X509_sign(certificate.get(), issuer_key, EVP_sha256());
    return certificate;
}

void save(const std::string& file, X509* certificate) {
    const std::unique_ptr<std::FILE, Free> out(std::fopen(file.c_str(), "w"));
    PEM_write_X509(out.get(), certificate);
}

void save(const std::string& file, EVP_PKEY* key) {
    const std::unique_ptr<std::FILE, Free> out(std::fopen(file.c_str(), "w"));
    PEM_write_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
}

}  // namespace

const TestCertificates& TestCertificates::instance() {
    static const TestCertificates certificates;
    return certificates;
}

TestCertificates::TestCertificates() {
    std::string pattern = (std::filesystem::temp_directory_path() / "atlas-net-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    const Key authority_key = make_key();
    const Certificate authority =
        make_certificate(authority_key.get(), "Test Authority", nullptr, authority_key.get());
    authority_ = (folder_ / "authority.pem").string();
    save(authority_, authority.get());
    const auto issue = [&](const std::string& file, const std::string& names) {
        const Key key = make_key();
        const Certificate certificate =
            make_certificate(key.get(), names, authority.get(), authority_key.get());
        const net::TlsFiles files{(folder_ / (file + ".pem")).string(), (folder_ / (file + ".key")).string()};
        save(files.certificate_chain, certificate.get());
        save(files.private_key, key.get());
        return files;
    };
    localhost_ = issue("localhost", "DNS:localhost,IP:127.0.0.1");
    elsewhere_ = issue("elsewhere", "DNS:elsewhere.test");
}

TestCertificates::~TestCertificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

}  // namespace atlas::test
