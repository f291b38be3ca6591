#pragma once

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace atlas::net {

// PEM files of a server: its certificate first, then the intermediate ones.
struct TlsFiles {
    std::string certificate_chain;
    std::string private_key;
};

// Whom a client trusts: the system's authorities, and those of one more PEM file when it is named.
// Verification of chain and host name cannot be switched off.
struct TlsTrust {
    std::string extra_ca_file;
};

// TLS 1.2 or newer. Both throw std::runtime_error with one line that names the file and the reason.
// Shared by all connections; build it once.
std::shared_ptr<boost::asio::ssl::context> make_client_tls(const TlsTrust& trust);
std::shared_ptr<boost::asio::ssl::context> make_server_tls(const TlsFiles& files);

}  // namespace atlas::net
