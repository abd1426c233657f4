// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/workload_policy.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "schemas/catalog.hpp"
#include "schemas/schema.hpp"

namespace berth::resources {
namespace {

// How many things the level does not allow in a spec with these members.
std::size_t count(Level level, const std::string& members, std::vector<std::string> binds = {}) {
  const base::Json object = base::parse_json(R"({"spec":{"host":"h","image":"i",)" + members + "}}");
  return violations({level, std::move(binds)}, schemas::decode_container(object).spec).size();
}

constexpr const char* kHardened = R"("user":"1000:0","capDrop":["ALL"],"securityOpt":["no-new-privileges:true"])";

TEST(WorkloadPolicy, BaselineKeepsTheHostOut) {
  for (const char* bad :
       {R"("privileged":true)",
        R"("networkMode":"host")",
        R"("pid":"host")",
        R"("pid":"container:x")",
        R"("ipc":"host")",
        R"("ipc":"container:x")",
        R"("userns":"host")",
        R"("devices":[{"hostPath":"/dev/sda"}])",
        R"("cgroupParent":"/")",
        R"("capAdd":["SYS_ADMIN"])",
        R"("capAdd":["ALL"])",
        R"("capAdd":["cap_net_raw"])",
        R"("securityOpt":["seccomp=unconfined"])",
        R"("securityOpt":["seccomp={\"defaultAction\":\"SCMP_ACT_ALLOW\"}"])",
        R"("securityOpt":["apparmor:unconfined"])",
        R"("securityOpt":["apparmor=unconfined"])",
        R"("securityOpt":["apparmor= unconfined"])",
        R"("securityOpt":["apparmor=unconfined "])",
        R"("securityOpt":["apparmor=Unconfined"])",
        R"("securityOpt":["apparmor=:ns:unconfined"])",
        R"("securityOpt":["apparmor=docker-default//&unconfined"])",
        R"("securityOpt":["apparmor=docker-default\nunconfined"])",
        R"("securityOpt":["apparmor="])",
        R"("securityOpt":["apparmor"])",
        R"("securityOpt":["apparmor:a=unconfined"])",
        R"("securityOpt":["disable"])",
        R"("securityOpt":["seccomp="])",
        R"("securityOpt":["seccomp:unconfined"])",
        R"("securityOpt":["seccomp= builtin"])",
        R"("securityOpt":["label:disable"])",
        R"("securityOpt":["label=nested"])",
        R"("securityOpt":["label=type:container_t,spc_t"])",
        R"("securityOpt":["label=user:root"])",
        R"("securityOpt":["writable-cgroups=true"])",
        R"("annotations":{"org.systemd.property.DeviceAllow":"[('/dev/sda','rwm')]"})",
        R"("annotations":{"org.criu.config":"/etc/x"})",
        R"("annotations":{"bundle":"/"})",
        R"("annotations":{"run.oci.hooks.stdout":"/etc/x"})",
        R"("annotations":{"io.katacontainers.config.hypervisor.path":"/bin/sh"})",
        R"("annotations":{"cdi.k8s.io/x":"vendor.com/disk=all"})",
        R"("securityOpt":["label=disable"])",
        R"("securityOpt":["label=type:spc_t"])",
        R"("securityOpt":["systempaths=unconfined"])",
        R"("sysctls":{"kernel.msgmax":"1"})",
        R"("deviceRequests":[{"driver":"nvidia","count":-1,"capabilities":[["gpu"]]}])",
        R"("deviceRequests":[{"driver":"cdi","deviceIds":["vendor.com/disk=all"]}])",
        R"("runtime":"runc")",
        R"("oomScoreAdj":-1)",
        R"("logging":{"driver":"fluentd","options":{"fluentd-address":"unix:///var/run/docker.sock"}})",
        R"("logging":{"driver":"syslog","options":{"syslog-address":"UnixGram:///dev/log"}})",
        R"("logging":{"driver":"syslog","options":{"syslog-tls-ca-cert":"root/.ssh/id_rsa"}})",
        R"("logging":{"driver":"splunk","options":{"splunk-capath":"/etc/shadow"}})",
        R"("logging":{"driver":"loki","options":{"loki-pipeline-stage-file":"/etc/shadow"}})",
        R"("mounts":[{"type":"Bind","source":"/etc","target":"/x"}])",
        R"("mounts":[{"type":"Volume","source":"v","target":"/x","volumeOptions":{"driverOpts":{"device":"/"}}}])"}) {
    EXPECT_EQ(count(Level::Baseline, bad), 1u) << bad;
    EXPECT_EQ(count(Level::Privileged, bad), 0u) << bad;
    EXPECT_GE(count(Level::Restricted, bad), 1u) << bad;
  }
}

TEST(WorkloadPolicy, BaselineAllowsTheUsual) {
  EXPECT_EQ(count(Level::Baseline, R"("networkMode":"none","ipc":"private","capAdd":["CHOWN","CAP_NET_BIND_SERVICE"],
      "securityOpt":["no-new-privileges","apparmor=docker-default","apparmor:my/web_1.2","seccomp=builtin",
                     "label=type:container_t","label:level:s0:c1,c2"],
      "oomScoreAdj":500,"logging":{"driver":"json-file","options":{"max-size":"10m","max-file":"3"}},
      "sysctls":{"net.ipv4.tcp_syncookies":"1"},"ports":[{"containerPort":80,"hostPort":80}],"user":"root",
      "mounts":[{"type":"Volume","source":"v","target":"/x"},{"type":"Tmpfs","target":"/y"}])"),
            0u);
}

// Of each member of the spec that a level asks something of: a value that restricted refuses.
const std::map<std::string, std::string>& checked() {
  static const std::map<std::string, std::string> kBad = {
      {"annotations", R"({"a":"b"})"},
      {"capAdd", R"(["ALL"])"},
      {"capDrop", R"([])"},
      {"cgroupParent", R"("/")"},
      {"containerName", R"("shop_web")"},
      {"deviceRequests", R"([{"count":1}])"},
      {"devices", R"([{"hostPath":"/dev/sda"}])"},
      {"ipc", R"("host")"},
      {"logging", R"({"driver":"syslog","options":{"syslog-address":"unix:///x"}})"},
      {"mounts", R"([{"type":"Bind","source":"/","target":"/x"}])"},
      {"networkMode", R"("host")"},
      {"networks", R"([{"name":"a"}])"},
      {"oomScoreAdj", R"(-1)"},
      {"pid", R"("host")"},
      {"privileged", R"(true)"},
      {"runtime", R"("x")"},
      {"securityOpt", R"([])"},
      {"sysctls", R"({"kernel.msgmax":"1"})"},
      {"user", R"("root")"},
      {"userns", R"("host")"},
  };
  return kBad;
}

// Between backticks in `text`.
std::set<std::string> named_in(std::string_view text) {
  std::set<std::string> names;
  for (std::size_t at = 0; (at = text.find('`', at)) != std::string_view::npos;) {
    const std::size_t end = text.find('`', at + 1);
    if (end == std::string_view::npos) break;
    names.emplace(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return names;
}

TEST(WorkloadPolicy, WhatItChecksIsRefused) {
  ASSERT_EQ(count(Level::Restricted, kHardened), 0u);
  for (const auto& [member, value] : checked()) {
    base::Json object = base::parse_json(R"({"spec":{"host":"h","image":"i",)" + std::string(kHardened) + "}}");
    base::make_path(object, "spec")[member] = base::parse_json(value);
    const auto spec = schemas::decode_container(object).spec;
    EXPECT_EQ(violations({Level::Restricted, {}}, spec).size() + prefixed_names(spec).size(), 1u) << member;
  }
}

// A member that is added to a Container is decided upon, and the decision is in the docs.
TEST(WorkloadPolicy, EveryMemberOfAContainerIsCheckedOrKnownToBeHarmless) {
  std::ifstream file(BERTH_SOURCE_DIR "/docs/security.md");
  std::stringstream all;
  all << file.rdbuf();
  std::string text = all.str();
  text.erase(0, text.find("## What a workload may do"));
  const std::size_t harmless_at = text.find("No level asks anything of the other members");
  ASSERT_NE(harmless_at, std::string::npos);
  const std::set<std::string> harmless =
      named_in(std::string_view(text).substr(harmless_at, text.find("\n\n", harmless_at) - harmless_at));
  std::set<std::string> rows;
  std::istringstream table(text.substr(0, harmless_at));
  for (std::string line; std::getline(table, line);) {
    if (!line.starts_with("| `")) continue;
    // "networks[].name" is of networks.
    for (const std::string& name : named_in(line.substr(0, line.find('|', 1)))) {
      rows.insert(name.substr(0, name.find_first_of(".[")));
    }
  }
  const schemas::Kind& kind = schemas::Catalog::instance().by_name("Container");
  const schemas::Schema* spec = kind.schema->find("spec");
  ASSERT_NE(spec, nullptr);
  std::set<std::string> members;
  for (const schemas::Property& property : spec->properties) {
    members.insert(property.name);
    const bool is_checked = checked().contains(property.name);
    EXPECT_NE(is_checked, harmless.contains(property.name)) << property.name << ": checked, or harmless in the docs";
    if (is_checked) EXPECT_TRUE(rows.contains(property.name)) << property.name << " has no row in docs/security.md";
  }
  for (const std::string& name : harmless) EXPECT_TRUE(members.contains(name)) << name << " is no member";
}

TEST(WorkloadPolicy, LogsMayLeaveByTheNetwork) {
  EXPECT_EQ(
      count(Level::Baseline, R"("logging":{"driver":"syslog","options":{"syslog-address":"tcp://192.0.2.1:514"}})"),
      0u);
  EXPECT_EQ(count(Level::Baseline, R"("logging":{"driver":"fluentd","options":{"fluentd-address":"192.0.2.1:24224"}})"),
            0u);
  EXPECT_EQ(count(Level::Baseline,
                  R"("logging":{"driver":"awslogs","options":{"awslogs-group":"/ecs/web","tag":"/{{.Name}}"}})"),
            0u)
      << "no path of the host";
}

// The engine takes the last of several.
TEST(WorkloadPolicy, RestrictedTakesNoSecondWordOnPrivileges) {
  const auto with = [](const std::string& options) {
    return count(Level::Restricted, R"("user":"1000","capDrop":["ALL"],"securityOpt":[)" + options + "]");
  };
  for (const char* yes :
       {"no-new-privileges", "no-new-privileges=true", "no-new-privileges:1", "no-new-privileges=T"}) {
    const std::string good = "\"" + std::string(yes) + "\"";
    EXPECT_EQ(with(good), 0u) << yes;
    for (const char* no : {"=false", ":false", "=0", ":0", "=f", "=FALSE", "=", "=true=false"}) {
      const std::string bad = "\"no-new-privileges" + std::string(no) + "\"";
      EXPECT_EQ(with(bad), 1u) << bad;
      EXPECT_EQ(with(good + "," + bad), 1u) << yes << " and " << bad;
      EXPECT_EQ(with(bad + "," + good), 1u) << bad << " and " << yes;
    }
  }
  EXPECT_EQ(with(R"("seccomp=builtin")"), 1u);
  EXPECT_EQ(count(Level::Baseline, R"("securityOpt":["no-new-privileges=false"])"), 0u);
}

TEST(WorkloadPolicy, SaysWhichEngineNamesBearAPrefix) {
  const base::Json object = base::parse_json(R"({"spec":{"host":"h","image":"i","containerName":"shop_web",
      "mounts":[{"type":"Volume","source":"data","target":"/a"},{"type":"Bind","source":"/srv/shop_x","target":"/b"},
                {"type":"Volume","source":"team-b_data_1","target":"/c"}],
      "networks":[{"name":"shop_net"},{"name":"_x"}]}})");
  std::string all;
  for (const EngineName& name : prefixed_names(schemas::decode_container(object).spec)) {
    all += name.path + " " + name.name + " " + name.prefix + "\n";
  }
  EXPECT_EQ(all,
            "spec.containerName shop_web shop\n"
            "spec.mounts[2].source team-b_data_1 team-b\n"
            "spec.networks[0].name shop_net shop\n");
}

// The engine takes the beginning of an id for a name, and a tenant can try them all.
TEST(WorkloadPolicy, ANetworkIsNamedNotGuessed) {
  for (const char* name : {"a", "0f", "deadbeef"}) {
    const std::string members = R"("networks":[{"name":")" + std::string(name) + R"("}])";
    EXPECT_EQ(count(Level::Baseline, members), 1u) << name;
    EXPECT_EQ(count(Level::Privileged, members), 0u) << name;
  }
  EXPECT_EQ(count(Level::Baseline, R"("networks":[{"name":"backend"},{"name":"Cafe"}])"), 0u);
}

TEST(WorkloadPolicy, RestrictedAsksForHardening) {
  EXPECT_EQ(count(Level::Restricted, kHardened), 0u);
  EXPECT_EQ(count(Level::Restricted, R"("readOnlyRootFilesystem":true)"), 3u);
  for (const char* user : {"", "root", "0", "00:5", "app", "0:1000"}) {
    const std::string members = R"("capDrop":["all"],"securityOpt":["no-new-privileges"],"user":")" + std::string(user);
    EXPECT_EQ(count(Level::Restricted, members + "\""), 1u) << user;
  }
  EXPECT_EQ(count(Level::Restricted, std::string(kHardened) + R"(,"capAdd":["NET_BIND_SERVICE"])"), 0u);
  EXPECT_EQ(count(Level::Restricted, std::string(kHardened) + R"(,"capAdd":["CHOWN"])"), 1u);
}

TEST(WorkloadPolicy, BindsStayBelowWhatIsAllowed) {
  const auto bind = [](const std::string& source, std::vector<std::string> binds) {
    return count(Level::Baseline, R"("mounts":[{"type":"Bind","source":")" + source + R"(","target":"/x"}])",
                 std::move(binds)) == 0;
  };
  EXPECT_TRUE(bind("/srv/a", {"/srv/a"}));
  EXPECT_TRUE(bind("/srv/a/b/", {"/opt", "/srv/a"}));
  EXPECT_FALSE(bind("/srv/ab", {"/srv/a"}));
  EXPECT_FALSE(bind("/srv/a/../../etc", {"/srv/a"}));
  EXPECT_TRUE(bind("/srv/a/../a/b", {"/srv/a"}));
  EXPECT_FALSE(bind("srv/a", {"/srv/a"}));
  EXPECT_FALSE(bind("", {"/"}));
  EXPECT_TRUE(bind("/etc", {"/"}));
  EXPECT_EQ(read_allowed_binds(" /srv/a/, ,../x,rel, /b/./c//d,"), (std::vector<std::string>{"/srv/a", "/b/c/d"}));
  EXPECT_TRUE(read_allowed_binds("").empty());
}

TEST(WorkloadPolicy, AnUnknownLevelIsTheDefault) {
  EXPECT_EQ(read_level(""), Level::Baseline);
  EXPECT_EQ(read_level("Privileged"), Level::Baseline);
  EXPECT_EQ(read_level("privileged"), Level::Privileged);
  EXPECT_EQ(read_level("restricted"), Level::Restricted);
}

}  // namespace
}  // namespace berth::resources
