#pragma once

#include <string>

namespace atlas::sandbox {

struct Certificates {
    std::string ca_pem;     // what a client must trust
    std::string chain_pem;  // leaf, then CA
    std::string key_pem;    // the leaf's
};

// A CA of its own and a leaf for localhost, 127.0.0.1 and ::1, valid for 30 days. The CA's key is dropped
// at once. Throws std::runtime_error.
Certificates make_certificates();

}  // namespace atlas::sandbox
