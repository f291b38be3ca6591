#pragma once

#include "atlas/net/tls.hpp"

#include <filesystem>
#include <string>

namespace atlas::test {

// An authority and what it signs, made for one test program, in a folder that is removed at its end.
class TestCertificates {
public:
    static const TestCertificates& instance();

    const std::string& authority() const { return authority_; }    // PEM file
    const net::TlsFiles& localhost() const { return localhost_; }  // for "localhost" and 127.0.0.1
    const net::TlsFiles& elsewhere() const { return elsewhere_; }  // for "elsewhere.test" alone
    const std::filesystem::path& folder() const { return folder_; }

private:
    TestCertificates();
    ~TestCertificates();

    std::filesystem::path folder_;
    std::string authority_;
    net::TlsFiles localhost_;
    net::TlsFiles elsewhere_;
};

}  // namespace atlas::test
