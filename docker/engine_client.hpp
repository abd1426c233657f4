// SPDX-License-Identifier: Apache-2.0
#pragma once
// The Client over a Wire. Its calls are in client_containers.cpp, client_images.cpp, client_networks.cpp and
// client_system.cpp.
#include <memory>
#include <string>

#include "docker/client.hpp"
#include "docker/wire.hpp"

namespace berth::docker {

class EngineClient final : public Client {
 public:
  EngineClient(std::unique_ptr<Connector> connector, std::string host, base::Metrics& metrics,
               std::function<void()> on_silence = {})
      : wire_(std::move(connector), std::move(host), metrics, std::move(on_silence)) {}

  Task<void> reach() override { return wire_.reach(); }
  LinkReport link() const override { return wire_.link(); }
  Task<EngineFacts> facts() override;
  Task<void> ping() override;
  ApiVersion api() const override { return wire_.api(); }

  Task<Json> list_containers() override;
  Task<Json> inspect_container(std::string id) override;
  Task<std::string> describe_container(std::string id) override;
  Task<CreateResult> create_container(std::string name, Json body, std::string platform) override;
  Task<void> start_container(std::string id) override;
  Task<void> stop_container(std::string id, std::optional<int> timeout, std::string signal) override;
  Task<void> restart_container(std::string id, std::optional<int> timeout) override;
  Task<void> kill_container(std::string id, std::string signal) override;
  Task<void> pause_container(std::string id) override;
  Task<void> unpause_container(std::string id) override;
  Task<void> rename_container(std::string id, std::string name) override;
  Task<void> update_container(std::string id, Json body) override;
  Task<void> remove_container(std::string id, RemoveMode mode, AnonymousVolumes volumes) override;
  Task<std::int64_t> wait_container(std::string id, std::chrono::steady_clock::duration limit) override;
  Task<void> put_archive(std::string id, std::string path, std::string tar) override;

  Task<Json> list_images() override;
  Task<Json> inspect_image(std::string reference) override;
  Task<PullResult> pull_image(PullOptions options) override;
  Task<void> remove_image(std::string reference) override;
  Task<PruneResult> prune_images() override;

  Task<Json> list_networks() override;
  Task<Json> inspect_network(std::string id) override;
  Task<std::string> create_network(Json body) override;
  Task<void> remove_network(std::string id) override;
  Task<void> connect_network(std::string network, std::string container, Json endpoint) override;
  Task<void> disconnect_network(std::string network, std::string container) override;
  Task<void> free_endpoint(std::string network, std::string container) override;
  Task<Json> list_volumes() override;
  Task<Json> create_volume(Json body) override;
  Task<void> remove_volume(std::string name) override;

  Task<std::unique_ptr<EventStream>> events(std::int64_t since_nano) override;
  void close() override { wire_.close(); }

 private:
  Task<Json> get(std::string operation, std::string path, boost::json::storage_ptr memory = {});
  // A POST with a body ("" for none); the parsed answer, null when it has no body.
  Task<Json> post(std::string operation, std::string path, std::string body, std::chrono::seconds limit);
  Task<void> remove(std::string operation, std::string path);
  Task<int> stop_timeout(std::string id, std::optional<int> timeout);
  Task<void> stop_by_kill(std::string id, int timeout, std::string signal);
  Task<void> await_removal(std::string id);
  Task<PullResult> read_pull(Wire::Streamed streamed, std::function<void(const PullProgress&)> on_progress);
  Task<void> check_platform(std::string reference, std::string platform);
  Task<void> settle_version();

  Wire wire_;
};

// "/containers/web/start": the middle percent-encoded.
std::string path_of(std::string_view collection, std::string_view key, std::string_view action = "");

}  // namespace berth::docker
