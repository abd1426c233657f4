// SPDX-License-Identifier: Apache-2.0
#include "cli/kubeconfig.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/status.hpp"

namespace berth::cli {
namespace {

constexpr const char* kOne = R"(
apiVersion: v1
kind: Config
current-context: here
clusters: [{name: c, cluster: {server: "https://127.0.0.1:7443", certificate-authority-data: Q0E=}}]
users: [{name: u, user: {client-certificate-data: Q1JU, client-key-data: S0VZ}}]
contexts: [{name: here, context: {cluster: c, user: u, namespace: team}}]
)";

constexpr const char* kTwo = R"(
current-context: there
clusters: [{name: c, cluster: {server: "https://192.0.2.1"}}, {name: d, cluster: {server: "https://[::1]:99", certificate-authority: ca.pem}}]
users: [{name: v, user: {tokenFile: token}}]
contexts: [{name: there, context: {cluster: d, user: v}}]
)";

class Kubeconfig : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("kubeconfig-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(folder_);
    write("one", kOne);
    write("two", kTwo);
    write("ca.pem", "PEM");
    write("token", "secret-token\n");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) { std::ofstream(folder_ / name) << text; }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string refusal(const base::Json& config, const AccessFlags& flags) {
    try {
      resolve_access(config, flags);
    } catch (const base::Status& status) {
      return status.message();
    }
    return "accepted";
  }

  std::filesystem::path folder_;
};

TEST_F(Kubeconfig, ReadsServerIdentityAndNamespace) {
  const Access access = resolve_access(merge_kubeconfigs({path("one")}), {});
  EXPECT_EQ(access.host, "127.0.0.1");
  EXPECT_EQ(access.port, 7443);
  EXPECT_EQ(access.certificate_authority, "CA");
  ASSERT_TRUE(access.identity.has_value());
  EXPECT_EQ(access.identity->certificate, "CRT");
  EXPECT_EQ(access.identity->key, "KEY");
  EXPECT_EQ(access.default_namespace, "team");
}

TEST_F(Kubeconfig, TheFirstFileWinsAndPathsKeepTheirFolder) {
  const base::Json merged = merge_kubeconfigs({path("one"), path("absent"), path("two")});
  EXPECT_EQ(resolve_access(merged, {}).host, "127.0.0.1");
  AccessFlags flags;
  flags.context = "there";
  const Access access = resolve_access(merged, flags);
  EXPECT_EQ(access.host, "::1");
  EXPECT_EQ(access.port, 99);
  EXPECT_EQ(access.certificate_authority, "PEM");
  EXPECT_EQ(access.token, "secret-token");
  EXPECT_EQ(access.default_namespace, "default");
}

TEST_F(Kubeconfig, FlagsWin) {
  AccessFlags flags;
  flags.server = "https://example.test";
  flags.token = "other";
  flags.ns = "mine";
  const Access access = resolve_access(merge_kubeconfigs({path("two")}), flags);
  EXPECT_EQ(access.host, "example.test");
  EXPECT_EQ(access.port, 443);
  EXPECT_EQ(access.token, "other");
  EXPECT_EQ(access.default_namespace, "mine");
}

TEST_F(Kubeconfig, ATokenTakesThePlaceOfTheCertificate) {
  AccessFlags flags;
  flags.token = "given";
  const Access access = resolve_access(merge_kubeconfigs({path("one")}), flags);
  EXPECT_FALSE(access.identity.has_value());
  EXPECT_EQ(access.token, "given");
}

TEST_F(Kubeconfig, ImpersonatesAsTheUserOrTheFlagsSay) {
  write("as", R"(
current-context: c
clusters: [{name: c, cluster: {server: "https://192.0.2.1"}}]
users: [{name: u, user: {token: t, as: alice, as-uid: "7", as-groups: [dev, ops], as-user-extra: {scope: [a, b]}}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
)");
  const base::Json config = merge_kubeconfigs({path("as")});
  const Impersonation alice = resolve_access(config, {}).impersonation;
  EXPECT_EQ(alice.user, "alice");
  EXPECT_EQ(alice.uid, "7");
  EXPECT_EQ(alice.groups, (std::vector<std::string>{"dev", "ops"}));
  EXPECT_EQ(alice.extra.at("scope"), (std::vector<std::string>{"a", "b"}));
  AccessFlags flags;
  flags.as = "bob";
  const Impersonation bob = resolve_access(config, flags).impersonation;
  EXPECT_EQ(bob.user, "bob");
  EXPECT_TRUE(bob.groups.empty() && bob.uid.empty() && bob.extra.empty());
  flags.as.clear();
  flags.as_groups = {"dev"};
  EXPECT_NE(refusal(config, flags).find("give --as, too"), std::string::npos);
}

TEST_F(Kubeconfig, ReadsTheLimitOfARequest) {
  AccessFlags flags;
  flags.request_timeout = "2m";
  EXPECT_EQ(resolve_access(merge_kubeconfigs({path("one")}), flags).request_timeout, std::chrono::minutes(2));
  for (const char* bad : {"soon", "-1s"}) {
    flags.request_timeout = bad;
    EXPECT_NE(refusal(merge_kubeconfigs({path("one")}), flags), "accepted") << bad;
  }
}

TEST_F(Kubeconfig, SaysWhatIsMissing) {
  EXPECT_NE(refusal(merge_kubeconfigs({}), {}).find("set KUBECONFIG"), std::string::npos);
  AccessFlags elsewhere;
  elsewhere.kubeconfig = "build/up/absent.kubeconfig";
  EXPECT_EQ(refusal(merge_kubeconfigs(kubeconfig_files(elsewhere)), elsewhere),
            "no server is named: KUBECONFIG or --kubeconfig says build/up/absent.kubeconfig, which is not there");
  AccessFlags flags;
  flags.context = "nowhere";
  EXPECT_EQ(refusal(merge_kubeconfigs({path("one")}), flags), "context \"nowhere\" is in no kubeconfig");
  flags = {};
  flags.server = "127.0.0.1:7443";
  EXPECT_NE(refusal(merge_kubeconfigs({}), flags).find("is no URL"), std::string::npos);
}

TEST_F(Kubeconfig, NamesTheFileThatIsBroken) {
  write("broken", "a: [1\n");
  try {
    merge_kubeconfigs({path("broken")});
    FAIL();
  } catch (const base::Status& status) {
    EXPECT_NE(status.message().find(path("broken")), std::string::npos);
    EXPECT_NE(status.message().find("line"), std::string::npos);
  }
}

TEST_F(Kubeconfig, FilesComeFromFlagOrEnvironment) {
  ::setenv("KUBECONFIG", "/a::/b", 1);
  EXPECT_EQ(kubeconfig_files({}), (std::vector<std::string>{"/a", "/b"}));
  AccessFlags flags;
  flags.kubeconfig = "/c";
  EXPECT_EQ(kubeconfig_files(flags), (std::vector<std::string>{"/c"}));
  ::unsetenv("KUBECONFIG");
}

}  // namespace
}  // namespace berth::cli
