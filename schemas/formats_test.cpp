// SPDX-License-Identifier: Apache-2.0
#include "schemas/formats.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace berth::schemas {

namespace {

struct Samples {
  std::vector<std::string> right;
  std::vector<std::string> wrong;
};

const std::string kHex64(64, 'a');
const std::string kHex128(128, '0');

const std::map<std::string, Samples> kSamples = {
    {"absolute-path",
     {{"/", "/a", "/a/b c", "/a/..b"}, {"", "a", "./a", "/a/..", "/../a", std::string("/a\0b", 4), "/a\nb"}}},
    {"annotation-key", {{"a", "berth.dev/adopt", "A_b.c"}, {"", "/a", "a/", "Upper.Case/a", "a b"}}},
    {"base64", {{"", "YQ==", "YWI=", "YWJj"}, {"YQ", "YQ=", "Y===", "=", "YQ==\n", "Y Q=", "YQ==YQ==", "_-8="}}},
    {"bytes", {{"1", "512Mi"}, {"", "x", "-1"}}},
    {"capability", {{"ALL", "NET_ADMIN", "CAP_SYS_TIME"}, {"", "net_admin", "NET ADMIN"}}},
    {"cidr",
     {{"10.0.0.0/8", "0.0.0.0/0", "2001:db8::/64"},
      {"10.0.0.0", "10.0.0.0/33", "10.0.0/8", "x/8", "::/129", "10.0.0.0/"}}},
    {"cpus", {{"1.5", "500m"}, {"0", "", "-1"}}},
    {"cpuset", {{"0", "0-2", "0,3", "0-1,4-5"}, {"", "2-0", ",", "0,", "a", "0--1", "00"}}},
    {"data-key",
     {{"a", "tls.crt", ".dockerconfigjson", "A_b-c"}, {"", ".", "..", "..a", "a/b", "a b", std::string(254, 'a')}}},
    {"date-time",
     {{"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000006Z", "2026-01-02T03:04:05+02:00"},
      {"", "soon", "2026-13-02T03:04:05Z"}}},
    {"dns-label", {{"a", "a-b", "0"}, {"", "-a", "a-", "a.b", "A", std::string(64, 'a')}}},
    {"dns-subdomain",
     {{"a", "a.b-c.d", std::string(253, 'a')}, {"", ".", "a.", ".a", "a..b", "a_b", "A", std::string(254, 'a')}}},
    {"duration", {{"10s", "0"}, {"", "10", "1d"}}},
    {"engine-label", {{"a", "com.example/x y"}, {"", "berth.dev/uid", "a=b", "a\nb"}}},
    {"engine-name", {{"a", "a_b.c-d", "9"}, {"", "-a", "a b", "a/b", std::string(256, 'a')}}},
    {"env-name", {{"A", "a.b-c", "PATH with space"}, {"", "A=B", "A\n", "\xc3\xa4"}}},
    {"env-prefix", {{"A_", ""}, {"="}}},
    {"expose",
     {{"80", "53/udp", "8000-8010", "8000-8010/sctp"}, {"", "0", "65536", "80/http", "90-80", "80-", "80/", "080"}}},
    {"extra-host",
     {{"db:192.0.2.7", "a_b:host-gateway", "six:2001:db8::7"},
      {"", "db", ":192.0.2.7", "db:", "db:nowhere", "-a:192.0.2.7"}}},
    {"file-mode", {{"644", "0644", "1777", "04755"}, {"", "64", "0888", "rw-", "17777", "064444"}}},
    {"file-path", {{"/a", "/a/b"}, {"", "a", "/a/", "/"}}},
    {"finalizer", {{"berth.dev/engine", "kubernetes"}, {"", "a/b/c", "a b"}}},
    {"host-address", {{"a", "vm-1.example", "192.0.2.7", "2001:db8::7"}, {"", "a b", "a..b", "-a", "[::1]"}}},
    {"host-port",
     {{"a:1", "192.0.2.7:2376", "[2001:db8::7]:2376"},
      {"", "a", "a:", "a:0", "a:65536", ":1", "2001:db8::7:2376", "[x]:1"}}},
    {"loopback-host-port",
     {{"127.0.0.1:2375", "127.9.9.9:1", "localhost:2375", "[::1]:2375"},
      {"", "192.0.2.7:2375", "127.0.0.1", "127.0.0.1:0", "127.example:1", "localhost.example:1", "[2001:db8::7]:1"}}},
    {"hostname", {{"a", "A-b", "a.b"}, {"", "a_b", "a-", ".a"}}},
    {"image",
     {{"nginx", "nginx:1.27", "a/b", "a/b/c:x_Y.z-1", "ghcr.io/a/b", "localhost/a", "localhost:5000/a:b",
       "[::1]:5000/a", "a.b:5000/c@sha256:" + kHex64, "a@sha256:" + kHex64, "a:b@sha256:" + kHex64, "sha256:" + kHex64,
       "a__b", "a-----b", "REG.example/a", "a@sha512:" + kHex128},
      {"",
       ":",
       "a:",
       "a:-x",
       "a:" + std::string(129, 'x'),
       "A",
       "a/B",
       "/a",
       "a/",
       "a//b",
       "a b",
       "a___b",
       "a..b",
       "a._b",
       "-a",
       "a-",
       "_a",
       "a@",
       "a@sha256:",
       "a@sha256:abc",
       "a@" + kHex64,
       kHex64,
       "a.b:x/c",
       "https://a/b",
       "a@sha256:" + kHex64 + "@x",
       std::string(256, 'a'),
       "a\n"}}},
    {"ip",
     {{"", "192.0.2.7", "::", "2001:db8::ffff"},
      {"1.2.3", "localhost", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", "::g", std::string("1.2.3.4\0", 8)}}},
    {"ipv4", {{"", "0.0.0.0"}, {"::1", "256.0.0.1"}}},
    {"ipv6", {{"", "::1"}, {"127.0.0.1", ":::1"}}},
    {"label-key",
     {{"app", "app.kubernetes.io/name", "A_b"},
      {"", "a b", "-a", "a/b/c", std::string(64, 'a'), std::string(254, 'a') + "/b"}}},
    {"label-value", {{"", "a", "A_b.c-d", std::string(63, 'a')}, {"-a", "a b", "a/b", std::string(64, 'a')}}},
    {"mac",
     {{"", "02:42:ac:11:00:02", "02:42:AC:11:00:02"},
      {"02-42-ac-11-00-02", "02:42:ac:11:00", "0g:42:ac:11:00:02", "02:42:ac:11:00:02:03"}}},
    {"memory-swap", {{"-1", "1Gi"}, {"", "-2", "x"}}},
    {"name-prefix", {{"", "web-", "web.", "web"}, {"-", "Web-", "_"}}},
    {"namespace", {{"", "default"}, {"a.b", "A"}}},
    {"network-alias", {{"web", "web_1.x"}, {"", "-a", "a b"}}},
    {"object-name", {{"", "anything"}, {}}},
    {"relative-path", {{"a", "a/b"}, {"/a", "../a", "a/..", "a\n"}}},
    {"signal", {{"SIGTERM", "TERM", "15", "RTMIN+3", "SIGRTMAX-1"}, {"", "term", "0", "65", "SIG", "SIGterm"}}},
    {"ssh-public-key",
     {{"ssh-ed25519 AAAAC3Nz", "ecdsa-sha2-nistp256 AAAAE2Vj comment", "ssh-rsa AAAAB3Nz="},
      {"", "AAAA", "ssh-ed25519", "ssh-ed25519 ", "ssh-ed25519 BBBB", "host ssh-ed25519 AAAA", "ssh-ed25519 AAAA!"}}},
    {"sysctl-name", {{"net.core.somaxconn", "net/core.x"}, {"", "somaxconn", ".a", "a.", "a. b"}}},
};

}  // namespace

TEST(Formats, TakeWhatIsRightAndSayWhatIsWrong) {
  for (const auto& [name, samples] : kSamples) {
    const Format* format = find_format(name);
    ASSERT_NE(format, nullptr) << name;
    const auto why = [format](const std::string& text) {
      return text.empty() && format->empty_is_unset ? std::string_view() : format->check(text);
    };
    for (const std::string& text : samples.right) EXPECT_EQ(why(text), "") << name << ": " << text;
    for (const std::string& text : samples.wrong) EXPECT_NE(why(text), "") << name << ": " << text;
  }
}

TEST(Formats, AnUnknownNameIsNone) { EXPECT_EQ(find_format("nothing"), nullptr); }

}  // namespace berth::schemas
