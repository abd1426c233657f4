// SPDX-License-Identifier: Apache-2.0
#include "api/pki.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/crypto.hpp"
#include "base/private_file.hpp"
#include "base/status.hpp"
#include "base/yaml.hpp"

namespace berth::api {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

class PkiFiles : public ::testing::Test {
 protected:
  PkiFiles() : folder_(fs::temp_directory_path() / ("berth-pki-" + base::random_hex(8))) {}
  ~PkiFiles() override { fs::remove_all(folder_); }
  Pki open(std::vector<std::string> names = {}) {
    return open_pki({folder_ / "data", folder_ / "keys", std::move(names)}, clock_);
  }
  fs::perms mode(const fs::path& path) { return fs::status(path).permissions() & fs::perms::all; }

  const fs::path folder_;
  base::FakeClock clock_;
};

constexpr fs::perms kOwnerOnly = fs::perms::owner_read | fs::perms::owner_write;

TEST_F(PkiFiles, AreMadeOnFirstStartAndKept) {
  const Pki made = open();
  EXPECT_EQ(mode(folder_ / "keys"), fs::perms::owner_all);
  EXPECT_EQ(mode(folder_ / "keys" / "ca.key"), kOwnerOnly);
  EXPECT_EQ(mode(folder_ / "keys" / "server.key"), kOwnerOnly);
  EXPECT_TRUE(fs::exists(folder_ / "data" / "ca.crt"));
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "data")) {
    if (entry.is_directory()) continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_EQ(text.find("PRIVATE KEY"), std::string::npos) << entry.path();
  }
  const Pki again = open();
  EXPECT_EQ(again.ca.certificate, made.ca.certificate);
  EXPECT_EQ(again.ca.key, made.ca.key);
  EXPECT_EQ(again.server.certificate, made.server.certificate);
}

TEST_F(PkiFiles, RenewTheServersCertificate) {
  const Pki made = open();
  clock_.advance(hours(24 * 334));
  EXPECT_EQ(open().server.certificate, made.server.certificate) << "31 days are left";
  clock_.advance(hours(24 * 2));
  const Pki renewed = open();
  EXPECT_NE(renewed.server.certificate, made.server.certificate);
  EXPECT_EQ(renewed.ca.certificate, made.ca.certificate);
  EXPECT_GT(base::certificate_expiry(renewed.server.certificate), clock_.now() + hours(24 * 360));
}

TEST_F(PkiFiles, TheServersCertificateCoversEveryName) {
  const Pki made = open();
  const Pki named = open({"berth.example", "192.0.2.1"});
  EXPECT_NE(named.server.certificate, made.server.certificate);
  EXPECT_EQ(open({"192.0.2.1", "localhost"}).server.certificate, named.server.certificate);
}

TEST_F(PkiFiles, AnAuthorityWithoutItsKeyIsNotReplaced) {
  open();
  fs::remove(folder_ / "keys" / "ca.key");
  try {
    open();
    ADD_FAILURE() << "a new authority was made";
  } catch (const base::Status& status) {
    EXPECT_EQ(status.reason(), base::Reason::Forbidden);
    EXPECT_NE(status.message().find("ca.key"), std::string::npos);
  }
}

TEST_F(PkiFiles, AnAuthorityWithAnothersKeyIsRefused) {
  const Pki made = open();
  const base::PemPair other = base::make_ca("other", clock_.now());
  for (const std::string& key : {other.key, std::string("junk")}) {
    base::write_private_file(folder_ / "keys" / "ca.key", key);
    try {
      open({"berth.example"});
      ADD_FAILURE() << "a certificate was signed that no client trusts";
    } catch (const base::Status& status) {
      EXPECT_EQ(status.reason(), base::Reason::Forbidden);
      EXPECT_NE(status.message().find("ca.key"), std::string::npos);
    }
  }
  base::write_private_file(folder_ / "keys" / "ca.key", made.ca.key);
  EXPECT_EQ(open().server.certificate, made.server.certificate);
}

// As a crash leaves it that comes between the two files of a renewal.
TEST_F(PkiFiles, AServerKeyWithoutItsCertificateIsReplaced) {
  const Pki made = open();
  const base::PemPair other = base::make_leaf(made.ca, {.common_name = "berthd"}, clock_.now());
  base::write_private_file(folder_ / "keys" / "server.key", other.key);
  const Pki healed = open();
  EXPECT_NE(healed.server.certificate, made.server.certificate);
  EXPECT_NE(healed.server.key, other.key);
}

TEST_F(PkiFiles, AKeyThatOthersMayReadIsRefused) {
  open();
  fs::permissions(folder_ / "keys" / "ca.key", fs::perms::group_read, fs::perm_options::add);
  EXPECT_THROW(open(), base::Status);
}

TEST_F(PkiFiles, AnotherAuthorityMeansAnotherServerCertificate) {
  const Pki made = open();
  fs::remove(folder_ / "data" / "ca.crt");
  fs::remove(folder_ / "keys" / "ca.key");
  const Pki again = open();
  EXPECT_NE(again.ca.certificate, made.ca.certificate);
  EXPECT_NE(again.server.certificate, made.server.certificate);
}

TEST_F(PkiFiles, TheAdminsKubeconfigIsWrittenOnce) {
  const Pki pki = open();
  const auto path = folder_ / "data" / "admin.kubeconfig";
  EXPECT_TRUE(write_admin_kubeconfig(folder_ / "data", pki, "https://127.0.0.1:7443", clock_));
  EXPECT_EQ(mode(path), kOwnerOnly);
  const std::string text = base::read_private_file(path);
  const base::Json config = base::parse_one_yaml(text).value;
  EXPECT_EQ(base::string_at(config, "current-context"), "berth");
  const base::Json& cluster = config.at("clusters").as_array().at(0);
  EXPECT_EQ(base::string_at(cluster, "cluster.server"), "https://127.0.0.1:7443");
  EXPECT_EQ(base::from_base64(base::string_at(cluster, "cluster.certificate-authority-data")), pki.ca.certificate);
  EXPECT_FALSE(write_admin_kubeconfig(folder_ / "data", pki, "https://127.0.0.1:7443", clock_));
  EXPECT_EQ(base::read_private_file(path), text);
  clock_.advance(hours(24 * 340));
  EXPECT_TRUE(write_admin_kubeconfig(folder_ / "data", pki, "https://127.0.0.1:7443", clock_)) << "it would end soon";
}

TEST_F(PkiFiles, TheAdminsKubeconfigFollowsTheAddressAndKeepsItsCredentials) {
  const Pki pki = open();
  const auto path = folder_ / "data" / "admin.kubeconfig";
  write_admin_kubeconfig(folder_ / "data", pki, "https://127.0.0.1:7443", clock_);
  const std::string before = base::read_private_file(path);
  EXPECT_TRUE(write_admin_kubeconfig(folder_ / "data", pki, "https://127.0.0.1:1", clock_));
  std::string wanted = before;
  wanted.replace(wanted.find(":7443"), 5, ":1");
  EXPECT_EQ(base::read_private_file(path), wanted);
  EXPECT_EQ(mode(path), kOwnerOnly);
}

TEST_F(PkiFiles, TheAdminsKubeconfigFollowsTheAuthority) {
  const auto path = folder_ / "data" / "admin.kubeconfig";
  write_admin_kubeconfig(folder_ / "data", open(), "https://127.0.0.1:7443", clock_);
  const std::string before = base::read_private_file(path);
  fs::remove(folder_ / "data" / "ca.crt");
  fs::remove(folder_ / "keys" / "ca.key");
  const Pki again = open();
  EXPECT_TRUE(write_admin_kubeconfig(folder_ / "data", again, "https://127.0.0.1:7443", clock_));
  const std::string after = base::read_private_file(path);
  EXPECT_NE(after.substr(after.find("users:")), before.substr(before.find("users:")));
  EXPECT_NE(after.find(base::to_base64(again.ca.certificate)), std::string::npos);
}

TEST_F(PkiFiles, AKubeconfigOfSomeoneElseIsLeftAlone) {
  const Pki pki = open();
  std::ofstream(folder_ / "data" / "admin.kubeconfig") << "mine: true\n";
  EXPECT_FALSE(write_admin_kubeconfig(folder_ / "data", pki, "https://127.0.0.1:7443", clock_));
}

}  // namespace
}  // namespace berth::api
