// SPDX-License-Identifier: Apache-2.0
#pragma once
// A container of ours as the engine has it, in the few words that the plan reads.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "docker/engines.hpp"
#include "reconcilers/plan/kept_volumes.hpp"

namespace berth::reconcilers {

struct Observed {
  std::string id;
  std::string name;
  std::string state;                          // created, running, paused, restarting, removing, exited, dead
  std::string health;                         // "" without a healthcheck or when not running
  std::string spec_hash;                      // the label
  std::string image;                          // the engine's image id
  std::optional<base::WallTime> started_at;   // nothing when it was never started
  std::string start_stamp;                    // the same in the engine's words, which differ for each start
  std::chrono::milliseconds age{0};           // for how long we have seen this start last, by our clock
  std::optional<base::WallTime> finished_at;  // nothing when it never ended
  std::int64_t exit_code = 0;
  bool out_of_memory = false;  // what ended it, as the engine has it
  std::int64_t restart_count = 0;
  std::string error;                // why the last start failed, in the engine's words
  std::vector<KeptVolume> volumes;  // anonymous ones with data
  std::shared_ptr<const base::Json> inspect;

  bool keeps_swap_limits = true;  // the engine's kernel accounts for swap

  bool started() const { return started_at.has_value(); }
  // Holds processes: to be stopped before it is removed.
  bool alive() const { return state == "running" || state == "paused" || state == "restarting"; }
  // "exited with code 137 (out of memory)"
  std::string exit_text() const;
  std::string short_id() const { return id.substr(0, 12); }
};

Observed observe(const docker::ContainerView& view);

}  // namespace berth::reconcilers
