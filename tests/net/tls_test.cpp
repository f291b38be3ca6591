#include "atlas/net/tls.hpp"

#include "net/test_certificates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>

namespace atlas::net {
namespace {

using test::TestCertificates;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

const TestCertificates& certificates() { return TestCertificates::instance(); }

TEST(ServerTls, TakesACertificateWithItsKey) {
    EXPECT_NE(make_server_tls(certificates().localhost()), nullptr);
}

TEST(ServerTls, NamesTheFileThatIsMissing) {
    TlsFiles files = certificates().localhost();
    files.certificate_chain = "/nowhere/cert.pem";
    EXPECT_THAT(
        [&] { make_server_tls(files); },
        ThrowsMessage<std::runtime_error>(AllOf(HasSubstr("/nowhere/cert.pem"), HasSubstr("no such file"))));
}

TEST(ServerTls, NamesTheFileThatIsNoCertificate) {
    TlsFiles files = certificates().localhost();
    files.certificate_chain = (certificates().folder() / "garbage.pem").string();
    std::ofstream(files.certificate_chain) << "garbage";
    EXPECT_THAT([&] { make_server_tls(files); }, ThrowsMessage<std::runtime_error>(HasSubstr("garbage.pem")));
}

TEST(ServerTls, RefusesAKeyThatBelongsToAnotherCertificate) {
    TlsFiles files = certificates().localhost();
    files.private_key = certificates().elsewhere().private_key;
    EXPECT_THAT([&] { make_server_tls(files); },
                ThrowsMessage<std::runtime_error>(HasSubstr("elsewhere.key")));
}

TEST(ClientTls, TakesAnExtraAuthority) {
    EXPECT_NE(make_client_tls(TlsTrust{certificates().authority()}), nullptr);
}

TEST(ClientTls, NamesTheAuthorityFileThatCannotBeUsed) {
    EXPECT_THAT([] { make_client_tls(TlsTrust{"/nowhere/ca.pem"}); },
                ThrowsMessage<std::runtime_error>(HasSubstr("/nowhere/ca.pem")));
    const std::string empty = (certificates().folder() / "empty.pem").string();
    std::ofstream(empty).flush();
    EXPECT_THAT([&] { make_client_tls(TlsTrust{empty}); },
                ThrowsMessage<std::runtime_error>(HasSubstr("empty.pem")));
}

}  // namespace
}  // namespace atlas::net
