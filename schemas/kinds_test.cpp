// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "schemas/admit.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::schemas {

TEST(Kinds, DecodeReadsEveryShape) {
  const Container web = decode_container(base::parse_json(R"({
    "apiVersion": "berth.dev/v1", "kind": "Container",
    "metadata": {"name": "web", "namespace": "shop", "uid": "u", "generation": 3, "labels": {"app": "web"},
                 "ownerReferences": [{"apiVersion": "v1", "kind": "A", "name": "a", "uid": "x", "controller": true}]},
    "spec": {"host": "local", "image": "nginx", "command": ["a", "b"], "suspend": true, "tty": false,
             "ports": [{"containerPort": 80, "hostPort": 8080, "protocol": "UDP"}, {"containerPort": 81}],
             "env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
             "resources": {"memory": 1024, "cpus": "1.5"}, "sysctls": {"a.b": "1"},
             "deviceRequests": [{"capabilities": [["gpu", "x"], []]}],
             "update": {"onFailure": "Stall"}},
    "status": {"restartCount": 2}})"));
  EXPECT_EQ(web.metadata.name, "web");
  EXPECT_EQ(web.metadata.ns, "shop");
  EXPECT_EQ(web.metadata.generation, 3);
  EXPECT_EQ(web.metadata.labels.at("app"), "web");
  EXPECT_EQ(web.metadata.owner_references.at(0).controller, true);
  EXPECT_EQ(web.spec.command, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(web.spec.suspend);
  EXPECT_EQ(web.spec.tty, false);
  EXPECT_EQ(web.spec.init, std::nullopt);
  EXPECT_EQ(web.spec.ports.at(0).host_port, 8080);
  EXPECT_EQ(web.spec.ports.at(0).protocol, "UDP");
  EXPECT_EQ(web.spec.ports.at(1).host_port, std::nullopt);
  EXPECT_EQ(web.spec.ports.at(1).protocol, "TCP");
  EXPECT_EQ(web.spec.env.at(0).value, std::nullopt);
  EXPECT_EQ(web.spec.env.at(0).value_from->secret_key_ref->key, "k");
  EXPECT_EQ(web.spec.env.at(0).value_from->config_map_key_ref, std::nullopt);
  EXPECT_EQ(web.spec.resources->memory, "1024");
  EXPECT_EQ(web.spec.resources->cpus, "1.5");
  EXPECT_EQ(web.spec.sysctls.at("a.b"), "1");
  EXPECT_EQ(web.spec.device_requests.at(0).capabilities, (std::vector<std::vector<std::string>>{{"gpu", "x"}, {}}));
  EXPECT_EQ(web.spec.update.on_failure, "Stall");
  EXPECT_EQ(web.spec.update.order, "StopFirst");
  EXPECT_EQ(web.status.restart_count, 2);
}

TEST(Kinds, AnEmptyStructHoldsTheDeclaredDefaults) {
  const base::Json minimal = base::parse_json(R"({"metadata": {}, "spec": {"host": "local", "image": "nginx"}})");
  base::Json defaulted = minimal;
  apply_defaults(Catalog::instance().by_name("Container"), defaulted);
  EXPECT_EQ(decode_container(minimal), decode_container(defaulted));
}

TEST(Kinds, DecodeLeavesOutWhatIsOfAnotherType) {
  const Container odd = decode_container(base::parse_json(
      R"({"metadata": 5, "spec": {"host": 1.5, "suspend": "yes", "ports": {}, "labels": [], "update": 7}, "status": []})"));
  EXPECT_EQ(odd, Container{});
  EXPECT_EQ(decode_container(base::Json("text")), Container{});
}

TEST(Kinds, StatusSurvivesARoundTrip) {
  ContainerStatus status;
  status.observed_generation = 4;
  status.phase = "Running";
  status.image = ContainerImageStatus{.ref = "nginx:1.27", .id = "sha256:1", .digest = {}, .update_available = false};
  status.conditions = {{.type = "Ready",
                        .status = "True",
                        .observed_generation = 4,
                        .last_transition_time = "2026-01-02T03:04:05Z",
                        .reason = "Running",
                        .message = ""}};
  status.ports = {{.container_port = 80, .protocol = "TCP", .host_ip = {}, .host_port = 8080}};
  status.update = ContainerUpdateStatus{
      .failed = ContainerUpdateFailure{.spec_hash = "h1:a", .image_id = {}, .reason = "port taken"}};
  const base::Json json = encode(status);
  EXPECT_EQ(
      base::to_canonical(json),
      R"({"conditions":[{"lastTransitionTime":"2026-01-02T03:04:05Z","observedGeneration":4,"reason":"Running",)"
      R"("status":"True","type":"Ready"}],"image":{"id":"sha256:1","ref":"nginx:1.27","updateAvailable":false},)"
      R"("observedGeneration":4,"phase":"Running","ports":[{"containerPort":80,"hostPort":8080,"protocol":"TCP"}],)"
      R"("update":{"failed":{"reason":"port taken","specHash":"h1:a"}}})");
  const base::Json object = base::JsonObject{{"status", json}};
  EXPECT_EQ(decode_container(object).status, status);
}

TEST(Kinds, AnEmptyStatusIsAnEmptyObject) {
  EXPECT_EQ(base::to_canonical(encode(ContainerStatus{})), "{}");
  EXPECT_EQ(base::to_canonical(encode(HostStatus{})), "{}");
  EXPECT_EQ(base::to_canonical(encode(NamespaceStatus{})), "{}");
}

TEST(Kinds, HostAndTheBuiltInsDecode) {
  const Host host = decode_host(base::parse_json(
      R"({"spec": {"ssh": {"address": "a", "user": "u", "identitySecretRef": {"namespace": "n", "name": "s"}}}})"));
  EXPECT_EQ(host.spec.local, std::nullopt);
  EXPECT_EQ(host.spec.ssh->port, 22);
  EXPECT_EQ(host.spec.ssh->identity_secret_ref.ns, "n");
  EXPECT_EQ(decode_config_map(base::parse_json(R"({"data": {"a": "b"}})")).data.at("a"), "b");
  EXPECT_EQ(decode_secret(base::parse_json(R"({"type": "x", "data": {"a": "YQ=="}})")).type, "x");
  EXPECT_EQ(decode_namespace(base::parse_json(R"({"status": {"phase": "Active"}})")).status.phase, "Active");
  EXPECT_EQ(decode_event(base::parse_json(R"({"involvedObject": {"kind": "Host"}})")).involved_object.kind, "Host");
}

}  // namespace berth::schemas
