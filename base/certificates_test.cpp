// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "base/openssl_handles.hpp"
#include "base/status.hpp"
#include "base/stream_testing.hpp"
#include "base/tls.hpp"

namespace berth::base {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// The openssl program is the oracle: what it says, with its exit code.
std::string openssl(const std::string& arguments, int& exit_code) {
  FILE* pipe = ::popen(("openssl " + arguments + " 2>&1").c_str(), "r");
  std::string output;
  char buffer[4096];
  for (std::size_t count = 0; (count = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;) output.append(buffer, count);
  exit_code = ::pclose(pipe);
  return output;
}

class Certificates : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& pem) {
    std::ofstream(folder_ / name) << pem;
    return folder_ / name;
  }

  TemporaryFolder folder_;
  WallTime now_ = std::chrono::system_clock::now();
  PemPair ca_ = make_ca("berth-ca", now_);
};

TEST_F(Certificates, OpensslVerifiesThem) {
  const PemPair server = make_leaf(ca_,
                                   {.common_name = "berthd",
                                    .dns_names = {"localhost", "berth.example"},
                                    .ip_addresses = {"127.0.0.1", "::1"},
                                    .for_server = true},
                                   now_);
  const PemPair client = make_leaf(ca_, {.common_name = "admin", .organizations = {"system:masters"}}, now_);
  const std::string ca = write("ca.pem", ca_.certificate);
  int exit_code = 0;
  const auto verify = [&](const std::string& options, const std::string& file) {
    return openssl("verify -x509_strict -CAfile " + ca + " " + options + " " + file, exit_code);
  };
  const std::string server_file = write("server.pem", server.certificate);
  const std::string client_file = write("client.pem", client.certificate);
  EXPECT_THAT(verify("-purpose sslserver -verify_hostname berth.example", server_file), HasSubstr("OK"));
  EXPECT_EQ(exit_code, 0);
  EXPECT_THAT(verify("-purpose sslserver -verify_ip ::1", server_file), HasSubstr("OK"));
  EXPECT_THAT(verify("-purpose sslclient", client_file), HasSubstr("OK"));
  verify("-purpose sslclient", server_file);
  EXPECT_NE(exit_code, 0);
  verify("-purpose sslserver", client_file);
  EXPECT_NE(exit_code, 0);
  verify("-purpose sslserver -verify_hostname other.example", server_file);
  EXPECT_NE(exit_code, 0);
}

TEST_F(Certificates, SayWhatTheyAre) {
  const PemPair client = make_leaf(ca_, {.common_name = "admin", .organizations = {"system:masters", "b"}}, now_);
  int exit_code = 0;
  EXPECT_THAT(openssl("x509 -noout -text -in " + write("client.pem", client.certificate), exit_code),
              AllOf(HasSubstr("O = system:masters, O = b, CN = admin"), HasSubstr("CA:FALSE"),
                    HasSubstr("TLS Web Client Authentication"), HasSubstr("prime256v1"), HasSubstr("ecdsa-with-SHA256"),
                    HasSubstr("Authority Key Identifier"), HasSubstr("Subject Key Identifier")));
  EXPECT_THAT(openssl("x509 -noout -text -in " + write("ca.pem", ca_.certificate), exit_code),
              AllOf(HasSubstr("CA:TRUE"), HasSubstr("Basic Constraints: critical"), HasSubstr("Certificate Sign")));
  EXPECT_THAT(client.key, HasSubstr("BEGIN PRIVATE KEY"));
}

TEST_F(Certificates, SerialsAreRandomAndLong) {
  const auto serial_bits = [](const PemPair& pair) {
    const auto certificates = read_certificates(pair.certificate);
    BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificates.front().get()), nullptr);
    const int bits = BN_num_bits(number);
    const bool negative = BN_is_negative(number) != 0;
    BN_free(number);
    return negative ? -bits : bits;
  };
  int longest = 0;
  for (int i = 0; i < 20; ++i) {
    const int bits = serial_bits(make_leaf(ca_, {.common_name = "x"}, now_));
    EXPECT_GT(bits, 64);
    EXPECT_LE(bits, 127);
    longest = std::max(longest, bits);
  }
  EXPECT_GT(longest, 120);
}

TEST_F(Certificates, ExpiryIsWhatWasAsked) {
  LeafRequest request{.common_name = "x"};
  request.valid_for = std::chrono::hours(36);
  const auto second = std::chrono::floor<std::chrono::seconds>(now_);
  EXPECT_EQ(certificate_expiry(make_leaf(ca_, request, now_).certificate), second + std::chrono::hours(36));
  EXPECT_EQ(certificate_expiry(ca_.certificate), second + std::chrono::hours(24 * 3650));
  // Past 2049 the encoding changes.
  const WallTime far = second + std::chrono::hours(24 * 365 * 40);
  EXPECT_EQ(certificate_expiry(make_leaf(ca_, request, far).certificate), far + std::chrono::hours(36));
}

TEST_F(Certificates, RefuseWhatIsNone) {
  for (const std::string& pem : {std::string(), std::string("x"), ca_.key}) {
    try {
      certificate_expiry(pem);
      ADD_FAILURE() << "no error";
    } catch (const Status& status) {
      EXPECT_EQ(status.reason(), Reason::BadRequest);
    }
  }
  try {
    make_leaf(ca_, {.common_name = "x", .ip_addresses = {"host"}}, now_);
    ADD_FAILURE() << "no error";
  } catch (const Status& status) {
    EXPECT_EQ(status.reason(), Reason::InternalError);
  }
  EXPECT_THROW(make_leaf(ca_, {.common_name = std::string(100, 'x')}, now_), Status) << "a name has 64 bytes at most";
}

TEST_F(Certificates, NamesCannotAddOthers) {
  const PemPair pair =
      make_leaf(ca_, {.common_name = "x", .dns_names = {"a,DNS:evil.example"}, .for_server = true}, now_);
  int exit_code = 0;
  openssl("verify -CAfile " + write("ca.pem", ca_.certificate) + " -verify_hostname evil.example " +
              write("x.pem", pair.certificate),
          exit_code);
  EXPECT_NE(exit_code, 0);
}

}  // namespace
}  // namespace berth::base
