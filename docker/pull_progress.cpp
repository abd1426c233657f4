// SPDX-License-Identifier: Apache-2.0
#include "docker/pull_progress.hpp"

#include <algorithm>

namespace berth::docker {
namespace {

// 12.3
std::string mebibytes(std::int64_t bytes) {
  const std::int64_t tenths = bytes * 10 / (1024 * 1024);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

}  // namespace

bool PullProgress::add(const base::Json& line) {
  const std::string_view status = base::string_at(line, "status");
  const std::string_view id = base::string_at(line, "id");
  // "Pulling from library/nginx" has the tag as its id.
  if (id.empty() || status.starts_with("Pulling from")) return false;
  auto found = std::ranges::find(layers_, id, &Layer::id);
  const bool fresh = found == layers_.end();
  if (fresh) found = layers_.insert(found, Layer{.id = std::string(id), .status = {}});
  Layer& layer = *found;
  const Layer before = layer;
  layer.status = status;
  if (status == "Downloading") {
    layer.current = base::int_at(line, "progressDetail.current");
    layer.total = base::int_at(line, "progressDetail.total");
  } else if (status == "Download complete" || status == "Extracting") {
    layer.current = layer.total;
  } else if (status == "Pull complete" || status == "Already exists") {
    layer.current = layer.total;
    layer.done = true;
  }
  return fresh || layer != before;
}

std::string PullProgress::text() const {
  if (layers_.empty()) return "";
  std::size_t done = 0;
  std::int64_t current = 0;
  std::int64_t total = 0;
  for (const Layer& layer : layers_) {
    done += layer.done ? 1 : 0;
    current += layer.current;
    total += layer.total;
  }
  std::string text = std::to_string(done) + " of " + std::to_string(layers_.size()) + " layers";
  if (total > 0) text += ", " + mebibytes(current) + " of " + mebibytes(total) + " MiB";
  return text;
}

}  // namespace berth::docker
