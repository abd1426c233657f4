// SPDX-License-Identifier: Apache-2.0
// The calls of docker::Client, the same on every engine.
#include <algorithm>

#include "tests/engine_suite/suite.hpp"

namespace berth::engine_suite {

using base::string_at;
using docker::Client;
using std::chrono::seconds;

TEST_P(EngineSuite, FactsNameTheEngineAndSettleTheVersion) {
  const docker::EngineFacts facts = wait(client().facts());
  EXPECT_FALSE(facts.version.empty());
  EXPECT_EQ(facts.os, "linux");
  EXPECT_GT(facts.cpus, 0);
  EXPECT_GT(facts.memory, 0);
  EXPECT_GT(facts.time_nano, 0);
  EXPECT_FALSE(facts.engine_id.empty());
  EXPECT_GE(facts.api, (docker::ApiVersion{1, 40}));
  EXPECT_LE(facts.api, facts.engine_api);
  EXPECT_EQ(client().api(), facts.api);
}

TEST_P(EngineSuite, AContainerLivesFromCreateToRemove) {
  const std::string name = fresh_name("life");
  const std::string id = create(name, sleeper());
  EXPECT_EQ(state_of(id), "created");
  wait(client().start_container(id));
  wait(client().start_container(id));
  EXPECT_EQ(state_of(name), "running");
  wait(client().stop_container(id, 5, ""));
  wait(client().stop_container(id, 5, ""));
  EXPECT_EQ(state_of(id), "exited");
  wait(client().restart_container(id, 1));
  EXPECT_EQ(state_of(id), "running");
  EXPECT_EQ(failure(client().remove_container(id, Client::RemoveMode::Stopped, Client::AnonymousVolumes::Keep)),
            Reason::Conflict);
  wait(client().remove_container(id, Client::RemoveMode::Force, Client::AnonymousVolumes::Remove));
  wait(client().remove_container(id, Client::RemoveMode::Force, Client::AnonymousVolumes::Remove));
  EXPECT_EQ(failure(client().inspect_container(id)), Reason::NotFound);
}

TEST_P(EngineSuite, ListHoldsStoppedContainers) {
  const std::string id = create(fresh_name("listed"), sleeper());
  const Json rows = wait(client().list_containers());
  bool found = false;
  for (const Json& row : rows.as_array()) found = found || string_at(row, "Id") == id;
  EXPECT_TRUE(found);
}

TEST_P(EngineSuite, RefusalsHaveReasons) {
  const std::string name = fresh_name("taken");
  create(name, sleeper());
  EXPECT_EQ(failure(client().create_container(name, sleeper(), "")), Reason::Conflict);
  EXPECT_NE(message().find("is already in use"), std::string::npos) << message();
  Json absent = sleeper();
  absent.as_object()["Image"] = "absent-image:1";
  EXPECT_EQ(failure(client().create_container(fresh_name("x"), absent, "")), Reason::NotFound);
  EXPECT_NE(message().find("No such image"), std::string::npos) << message();
  EXPECT_EQ(failure(client().create_container("-bad-", sleeper(), "")), Reason::BadRequest);
  EXPECT_EQ(failure(client().start_container("absent")), Reason::NotFound);
  EXPECT_EQ(failure(client().kill_container(name, "")), Reason::Conflict);
  EXPECT_EQ(failure(client().update_container(name, JsonObject{{"Memory", 1}})), Reason::BadRequest);
  EXPECT_EQ(failure(client().unpause_container(name)), Reason::Conflict);
}

TEST_P(EngineSuite, PausesAndUnpauses) {
  const std::string id = run(fresh_name("paused"), sleeper());
  wait(client().pause_container(id));
  EXPECT_EQ(state_of(id), "paused");
  EXPECT_EQ(failure(client().pause_container(id)), Reason::Conflict);
  wait(client().unpause_container(id));
  EXPECT_EQ(state_of(id), "running");
}

TEST_P(EngineSuite, RenamesUnlessTheNameIsTaken) {
  const std::string old_name = fresh_name("old");
  const std::string new_name = fresh_name("new");
  const std::string id = create(old_name, sleeper());
  create(new_name + "-taken", sleeper());
  wait(client().rename_container(id, new_name));
  EXPECT_EQ(string_at(wait(client().inspect_container(new_name)), "Id"), id);
  EXPECT_EQ(failure(client().rename_container(id, new_name + "-taken")), Reason::Conflict);
}

TEST_P(EngineSuite, UpdatesResourcesAndPolicyInPlace) {
  const std::string id = create(fresh_name("updated"), sleeper());
  wait(client().update_container(
      id,
      JsonObject{{"Memory", 67108864}, {"MemorySwap", 134217728}, {"RestartPolicy", JsonObject{{"Name", "always"}}}}));
  const Json inspect = wait(client().inspect_container(id));
  EXPECT_EQ(base::int_at(inspect, "HostConfig.Memory"), 67108864);
  EXPECT_EQ(string_at(inspect, "HostConfig.RestartPolicy.Name"), "always");
}

TEST_P(EngineSuite, WaitGivesTheExitCode) {
  const std::string id = run(fresh_name("killed"), sleeper());
  EXPECT_EQ(failure(client().wait_container(id, std::chrono::milliseconds(50))), Reason::Timeout);
  wait(client().kill_container(id, "KILL"));
  EXPECT_EQ(wait(client().wait_container(id, seconds(30))), 137);
}

TEST_P(EngineSuite, StopWithASignalOfItsOwn) {
  Json body = sleeper();
  body.as_object()["StopSignal"] = "SIGTERM";
  const std::string id = run(fresh_name("signalled"), body);
  wait(client().stop_container(id, 20, "KILL"));
  EXPECT_EQ(state_of(id), "exited");
  wait(client().stop_container(id, 20, "KILL"));
}

TEST_P(EngineSuite, FilesGoIntoACreatedContainer) {
  const std::string id = create(fresh_name("files"), sleeper());
  const std::string tar =
      docker::make_tar({{"etc/app/app.conf", "answer=42\n", 0640}, {"top", std::string(1000, 'x')}});
  wait(client().put_archive(id, "/", tar));
  EXPECT_EQ(failure(client().put_archive("absent", "/", tar)), Reason::NotFound);
}

TEST_P(EngineSuite, NetworksConnectAndDisconnect) {
  const std::string name = fresh_name("net");
  const std::string network = make_network(name);
  EXPECT_EQ(failure(client().create_network(JsonObject{{"Name", name}})), Reason::Conflict);
  Json body = sleeper();
  body.at("HostConfig").as_object()["NetworkMode"] = name;
  const std::string id = run(fresh_name("member"), body);
  EXPECT_EQ(failure(client().connect_network(network, id, nullptr)), Reason::AlreadyExists);
  EXPECT_EQ(failure(client().remove_network(network)), Reason::Conflict);
  wait(client().disconnect_network(network, id));
  wait(client().disconnect_network(network, id));
  wait(client().connect_network(network, id, JsonObject{{"Aliases", JsonArray{"alias"}}}));
  const Json inspect = wait(client().inspect_container(id));
  const Json* endpoint = base::find_path(inspect, "NetworkSettings.Networks." + name);
  ASSERT_NE(endpoint, nullptr);
  EXPECT_FALSE(string_at(*endpoint, "IPAddress").empty());
  const Json found = wait(client().inspect_network(network));
  EXPECT_EQ(string_at(found, "Name"), name);
  EXPECT_EQ(failure(client().remove_network("none")), Reason::Forbidden);
  EXPECT_EQ(failure(client().inspect_network("absent")), Reason::NotFound);
}

TEST_P(EngineSuite, TwoNetworksAtCreateAreBothJoined) {
  const std::string first = fresh_name("first");
  const std::string second = fresh_name("second");
  make_network(first);
  make_network(second);
  Json body = sleeper();
  body.at("HostConfig").as_object()["NetworkMode"] = first;
  body.as_object()["NetworkingConfig"] = JsonObject{
      {"EndpointsConfig", JsonObject{{second, JsonObject{{"Aliases", JsonArray{"b"}}}}, {first, JsonObject{}}}}};
  const std::string id = run(fresh_name("both"), body);
  const Json inspect = wait(client().inspect_container(id));
  const auto& networks = base::find_path(inspect, "NetworkSettings.Networks")->as_object();
  EXPECT_EQ(networks.size(), 2u);
  EXPECT_TRUE(networks.contains(first));
  EXPECT_TRUE(networks.contains(second));
}

TEST_P(EngineSuite, AnAbsentSecondNetworkIsFoundOutAtStart) {
  const std::string first = fresh_name("first");
  make_network(first);
  Json body = sleeper();
  body.at("HostConfig").as_object()["NetworkMode"] = first;
  body.as_object()["NetworkingConfig"] =
      JsonObject{{"EndpointsConfig", JsonObject{{first, JsonObject{}}, {"absent-network", JsonObject{}}}}};
  const std::string id = create(fresh_name("half"), body);
  EXPECT_EQ(failure(client().start_container(id)), Reason::NotFound);
  EXPECT_NE(message().find("network absent-network not found"), std::string::npos) << message();
  EXPECT_EQ(state_of(id), "created");
}

TEST_P(EngineSuite, NetworksAreListedAsTheyWereAskedFor) {
  const std::string name = fresh_name("net");
  const Json body = base::parse_json(R"({"Driver":"bridge","Internal":true,"Labels":{"a":"b"},
      "Options":{"com.docker.network.driver.mtu":"1400"},
      "IPAM":{"Config":[{"Subnet":"10.218.77.0/24","IPRange":"10.218.77.128/25"}]}})");
  const std::string id = make_network(name, body.as_object());
  const Json listed = wait(client().list_networks());
  const auto& rows = listed.as_array();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Json& one) { return string_at(one, "Id") == id; });
  ASSERT_NE(row, rows.end());
  EXPECT_EQ(string_at(*row, "Driver"), "bridge");
  EXPECT_TRUE(base::bool_at(*row, "Internal"));
  EXPECT_FALSE(base::bool_at(*row, "Attachable"));
  EXPECT_FALSE(base::bool_at(*row, "EnableIPv6"));
  EXPECT_EQ(row->at("Labels").at("a").as_string(), "b");
  EXPECT_EQ(row->at("Options").at("com.docker.network.driver.mtu").as_string(), "1400");
  const Json& range = row->at("IPAM").at("Config").at(0);
  EXPECT_EQ(string_at(range, "Subnet"), "10.218.77.0/24");
  EXPECT_EQ(string_at(range, "IPRange"), "10.218.77.128/25");
}

TEST_P(EngineSuite, AContainerThatDoesNotRunKeepsNoNetworkAndCanBePutOnTheNext) {
  const std::string name = fresh_name("net");
  const std::string first = make_network(name);
  Json body = sleeper();
  body.at("HostConfig").as_object()["NetworkMode"] = name;
  const std::string id = run(fresh_name("member"), body);
  wait(client().kill_container(id, "KILL"));
  wait(client().wait_container(id, std::chrono::seconds(30)));
  wait(client().remove_network(first));
  const std::string second = make_network(name);
  const Json stopped = wait(client().inspect_container(id));
  EXPECT_EQ(string_at(stopped.at("NetworkSettings").at("Networks").at(name), "NetworkID"), first);
  EXPECT_EQ(failure(client().start_container(id)), Reason::NotFound);
  wait(client().disconnect_network(second, id));
  wait(client().connect_network(second, id, JsonObject{}));
  wait(client().start_container(id));
  const Json running = wait(client().inspect_container(id));
  EXPECT_EQ(string_at(running.at("NetworkSettings").at("Networks").at(name), "NetworkID"), second);
}

TEST_P(EngineSuite, AVolumeIsKeptByWhoeverMountsIt) {
  const std::string name = fresh_name("data");
  wait(client().create_volume(JsonObject{{"Name", name}, {"Labels", JsonObject{{"a", "b"}}}}));
  // Whatever is asked for, what is there is given.
  const Json again = wait(
      client().create_volume(JsonObject{{"Name", name}, {"Driver", "local"}, {"Labels", JsonObject{{"a", "other"}}}}));
  EXPECT_EQ(again.at("Labels").at("a").as_string(), "b");
  Json body = sleeper();
  body.at("HostConfig").as_object()["Mounts"] =
      JsonArray{JsonObject{{"Type", "volume"}, {"Source", name}, {"Target", "/data"}}};
  const std::string id = create(fresh_name("holder"), body);
  const Json inspect = wait(client().inspect_container(id));
  EXPECT_EQ(string_at(inspect.at("Mounts").at(0), "Type"), "volume");
  EXPECT_EQ(string_at(inspect.at("Mounts").at(0), "Name"), name);
  EXPECT_EQ(failure(client().remove_volume(name)), Reason::Conflict) << "created is enough";
  wait(client().remove_container(id, Client::RemoveMode::Stopped, Client::AnonymousVolumes::Remove));
  wait(client().remove_volume(name));
}

TEST_P(EngineSuite, VolumesAreMadeListedAndRemoved) {
  const std::string name = fresh_name("data");
  const Json made = wait(client().create_volume(JsonObject{{"Name", name}, {"Labels", JsonObject{{"a", "b"}}}}));
  EXPECT_EQ(string_at(made, "Name"), name);
  const Json volumes = wait(client().list_volumes());
  bool found = false;
  for (const Json& volume : volumes.as_array()) found = found || string_at(volume, "Name") == name;
  EXPECT_TRUE(found);
  wait(client().remove_volume(name));
  EXPECT_EQ(failure(client().remove_volume(name)), Reason::NotFound);
}

TEST_P(EngineSuite, ImagesAreFoundAndRefused) {
  const std::string image(string_at(sleeper(), "Image"));
  const Json inspect = wait(client().inspect_image(image));
  const Json images = wait(client().list_images());
  bool found = false;
  for (const Json& row : images.as_array()) found = found || string_at(row, "Id") == string_at(inspect, "Id");
  EXPECT_TRUE(found);
  EXPECT_EQ(failure(client().inspect_image("absent-image")), Reason::NotFound);
  EXPECT_EQ(failure(client().remove_image("absent-image")), Reason::NotFound);
  create(fresh_name("user"), sleeper());
  EXPECT_EQ(failure(client().remove_image(image)), Reason::Conflict);
  EXPECT_TRUE(failure(client().pull_image({"localhost:1/absent", "", ""})).has_value());
}

TEST_P(EngineSuite, UnsafeFieldsAreRefusedBeforeTheyAreSent) {
  Json body = sleeper();
  body.at("HostConfig").as_object()["PortBindings"] =
      JsonObject{{"80/tcp", JsonArray{JsonObject{{"HostIp", "not-an-ip"}, {"HostPort", "18080"}}}}};
  const std::string name = fresh_name("unsafe");
  EXPECT_EQ(failure(client().create_container(name, body, "")), Reason::Invalid);
  EXPECT_NE(message().find("HostConfig.PortBindings[80/tcp][0].HostIp"), std::string::npos) << message();
  EXPECT_EQ(failure(client().inspect_container(name)), Reason::NotFound);
}

base::Task<std::vector<std::string>> read_until(docker::EventStream& stream, std::string id, std::string last) {
  std::vector<std::string> actions;
  while (actions.empty() || actions.back() != last) {
    const docker::EngineEvent event = co_await stream.next();
    if (event.id == id) actions.push_back(event.action);
  }
  co_return actions;
}

TEST_P(EngineSuite, EventsTellALifeInOrder) {
  const docker::EngineFacts facts = wait(client().facts());
  std::unique_ptr<docker::EventStream> stream = wait(client().events(facts.time_nano));
  const std::string id = run(fresh_name("watched"), sleeper());
  wait(client().kill_container(id, "KILL"));
  wait(client().remove_container(id, Client::RemoveMode::Force, Client::AnonymousVolumes::Remove));
  const std::vector<std::string> actions =
      wait(base::within(seconds(30), "events", read_until(*stream, id, "destroy")));
  EXPECT_EQ(actions, (std::vector<std::string>{"create", "start", "kill", "die", "destroy"}));
  std::unique_ptr<docker::EventStream> replay = wait(client().events(facts.time_nano));
  const std::vector<std::string> again = wait(base::within(seconds(30), "events", read_until(*replay, id, "destroy")));
  EXPECT_EQ(again, actions);
  wait(fake_engine::destroy(stream));
  wait(fake_engine::destroy(replay));
}

}  // namespace berth::engine_suite
