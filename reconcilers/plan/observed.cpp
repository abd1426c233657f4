// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/observed.hpp"

#include "reconcilers/pass/names.hpp"

namespace berth::reconcilers {
namespace {

// The engine writes the year 1 for never.
std::optional<base::WallTime> time_at(const base::Json& inspect, std::string_view path) {
  const std::string_view text = base::string_at(inspect, path);
  if (text.empty() || text.starts_with("0001-")) return std::nullopt;
  return base::parse_time(text);
}

}  // namespace

std::string Observed::exit_text() const {
  return "exited with code " + std::to_string(exit_code) + (out_of_memory ? " (out of memory)" : "");
}

Observed observe(const docker::ContainerView& view) {
  Observed seen;
  seen.id = view.id;
  seen.name = view.name;
  seen.state = view.state;
  seen.health = view.health;
  if (const auto label = view.labels.find(kSpecHashLabel); label != view.labels.end()) seen.spec_hash = label->second;
  seen.inspect = std::make_shared<const base::Json>(view.inspect());
  const base::Json& inspect = *seen.inspect;
  seen.volumes = anonymous_volumes(view, inspect);
  seen.image = base::string_at(inspect, "Image");
  seen.start_stamp = base::string_at(inspect, "State.StartedAt");
  seen.started_at = time_at(inspect, "State.StartedAt");
  seen.finished_at = time_at(inspect, "State.FinishedAt");
  seen.out_of_memory = base::bool_at(inspect, "State.OOMKilled");
  seen.exit_code = base::int_at(inspect, "State.ExitCode");
  seen.restart_count = base::int_at(inspect, "RestartCount");
  seen.error = base::string_at(inspect, "State.Error");
  return seen;
}

}  // namespace berth::reconcilers
