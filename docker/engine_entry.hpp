// SPDX-License-Identifier: Apache-2.0
#pragma once
// One host: its client, its event stream, its snapshot. Everything but state() happens on its loop.
// Supervision is in engine_entry.cpp, the snapshot in engine_snapshot.cpp.
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/status.hpp"
#include "docker/engines.hpp"

namespace berth::docker {

// What all entries share; outlives them.
struct EngineContext {
  base::Metrics& metrics;
  base::Clock& clock;
  EnginesOptions options;
  std::vector<Engines::Listener> listeners;
};

class EngineEntry final : public Engine, public std::enable_shared_from_this<EngineEntry> {
 public:
  // `previous` is the entry that this one replaces; it is stopped before this one connects.
  EngineEntry(const EngineContext& context, std::string host, std::string connector_id,
              std::unique_ptr<Connector> connector, base::Executor loop, std::shared_ptr<EngineEntry> previous);

  const std::string& connector_id() const { return connector_id_; }
  // Any thread; once.
  void start();
  // Ends the event stream and joins. Loop only.
  Task<void> stop();
  // Any thread.
  void request_resync();

  const std::string& host() const override { return host_; }
  EngineState state() const override { return *std::atomic_load(&state_); }
  Client& client() override;
  base::Executor loop() const override { return scope_.loop(); }
  Task<SnapshotPtr> refresh_container(std::string id) override;
  Task<SnapshotPtr> refresh_images() override;
  Task<SnapshotPtr> refresh_networks() override;
  Task<SnapshotPtr> refresh_volumes() override;
  Task<SnapshotPtr> resync() override;

 private:
  // What events have made stale and nobody has read again yet.
  struct Dirty {
    std::set<std::string> containers;
    std::set<std::string> strangers;  // known by their rows only; when nothing else is to be done
    bool networks = false;
    bool volumes = false;
    bool images = false;
    bool any() const { return !containers.empty() || !strangers.empty() || networks || volumes || images; }
  };
  // Supervision.
  Task<void> run();
  Task<void> stop_previous();
  Task<void> session();
  Task<void> guard(Task<void> part);
  Task<void> read_events(EventStream& stream);
  void end_session(const base::Status& status);
  Task<void> refresh_dirty(base::Scope& parts);
  Task<void> refresh_one(std::string id);
  Task<void> keep_in_step();
  Task<void> look_now_and_then();
  Task<void> look_at_whole();
  Task<void> probe();
  Task<void> doubt();
  Task<void> ping();
  Task<void> resync_now();
  void mark(const EngineEvent& event);
  void became_reachable(EngineFacts facts, std::shared_ptr<Snapshot> listed);
  void became_unreachable(const base::Status& status);
  std::chrono::steady_clock::duration backoff();
  std::chrono::steady_clock::duration first_resync_delay() const;

  // Snapshot.
  class Read;
  Task<std::shared_ptr<Snapshot>> list_everything();
  void sort_rows(const Json& rows, Snapshot& listed, std::vector<std::string>& ours, std::vector<std::string>& asked);
  Task<void> list_rows();
  Task<void> list_others();
  Task<void> look_at(std::string id, std::shared_ptr<Snapshot> listed);
  Task<void> look_at_stranger(std::string id, std::shared_ptr<Snapshot> listed);
  Task<void> inspect_one(std::string id, ContainerView::Extent extent);
  ContainerViewPtr known_by(const std::string& id, const std::string& text) const;
  bool is_ours(const std::string& id) const;
  Task<void> inspect_if_possible(std::string id);
  Task<void> abreast(std::vector<std::string> ids, std::function<Task<void>(std::string)> part);
  Task<void> one_by_one(std::vector<std::string>& ids, const std::function<Task<void>(std::string)>& part,
                        base::Scope& crowd, std::exception_ptr& error);
  ContainerView::Extent extent_of(const std::string& id) const;
  void apply_container(const std::string& id, std::uint64_t ticket, ContainerViewPtr view);
  void apply_list(Listed Snapshot::* member, Listed list);
  void publish(std::shared_ptr<Snapshot> next);
  void publish_state(EngineState next);
  SnapshotPtr snapshot() const;
  void tell(const ContainerView* view);

  const EngineContext& context_;
  std::string host_;
  std::string connector_id_;
  std::unique_ptr<Client> client_;
  std::shared_ptr<EngineEntry> previous_;
  std::shared_ptr<const EngineState> state_;  // atomically
  base::Gauge reachable_gauge_;
  base::Counter events_counter_;
  base::Counter resyncs_counter_;

  Dirty dirty_;
  std::set<std::string> reading_;  // containers of which a refresh is under way
  std::set<std::string> unread_;   // events told of them, and a session that ends now has not read them
  bool kept_ = false;              // something known whole is as a session before had it, by its row alone
  base::Signal dirty_signal_;
  base::Signal session_over_;
  base::Signal silence_;                // a call got no answer in its time
  base::Signal to_look_;                // what is known whole is to be inspected anew
  std::optional<base::Status> broken_;  // why the session is over
  std::int64_t last_event_nano_ = 0;
  base::SteadyTime last_heard_{};
  int failures_ = 0;

  // Reads that overlap: an answer that was asked for earlier must not replace a later one.
  std::uint64_t next_ticket_ = 1;
  std::uint64_t reads_under_way_ = 0;
  std::map<std::string, std::uint64_t> applied_;  // by id, while reads are under way
  std::set<std::string> asked_;                   // of these somebody wants the whole

  base::Scope scope_;
};

}  // namespace berth::docker
