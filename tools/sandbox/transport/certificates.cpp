#include "sandbox/transport/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace atlas::sandbox {
namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;

void require(bool worked, const char* what) {
    if (!worked) throw std::runtime_error(std::string("cannot make the sandbox's certificates: ") + what);
}

Key make_key() {
    Key key(EVP_EC_gen("P-256"));
    require(key != nullptr, "no P-256 key");
    return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    require(extension != nullptr, value);
    require(X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

Certificate make_unsigned(EVP_PKEY* key, const char* name) {
    Certificate certificate(X509_new());
    require(certificate != nullptr, "out of memory");
    X509_set_version(certificate.get(), X509_VERSION_3);
    std::uint64_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "no random bytes");
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 30L * 24 * 3600);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    return certificate;
}

template <class Write>
std::string pem(Write write) {
    Bio bio(BIO_new(BIO_s_mem()));
    require(bio != nullptr && write(bio.get()) == 1, "cannot write PEM");
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string certificate_pem(X509* certificate) {
    return pem([certificate](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

}  // namespace

Certificates make_certificates() {
    const Key ca_key = make_key();
    const Certificate ca = make_unsigned(ca_key.get(), "Atlas sandbox CA");
    X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
    add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
    require(X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0, "cannot sign the CA");

    const Key leaf_key = make_key();
    const Certificate leaf = make_unsigned(leaf_key.get(), "localhost");
    X509_set_issuer_name(leaf.get(), X509_get_subject_name(ca.get()));
    add_extension(leaf.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(leaf.get(), ca.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(leaf.get(), ca.get(), NID_ext_key_usage, "serverAuth");
    add_extension(leaf.get(), ca.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
    add_extension(leaf.get(), ca.get(), NID_authority_key_identifier, "keyid");
    require(X509_sign(leaf.get(), ca_key.get(), EVP_sha256()) > 0, "cannot sign the leaf");

    Certificates made;
    made.ca_pem = certificate_pem(ca.get());
    made.chain_pem = certificate_pem(leaf.get()) + made.ca_pem;
    made.key_pem = pem([&leaf_key](BIO* bio) {
        return PEM_write_bio_PrivateKey(bio, leaf_key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    return made;
}

}  // namespace atlas::sandbox
