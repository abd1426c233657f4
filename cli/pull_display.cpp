// SPDX-License-Identifier: Apache-2.0
#include "cli/pull_display.hpp"

#include <fmt/format.h>

#include <utility>

#include "cli/printable.hpp"

namespace berth::cli {
namespace {

using base::Json;

// The terminal is not filled, however many layers an engine tells of: it works on a few at a time.
constexpr std::size_t kMostDrawn = 12;
constexpr double kMebibyte = 1024.0 * 1024.0;

std::string line_of(const Json& layer) {
  const std::string id = printable(base::string_at(layer, "id"));
  const std::string_view status = base::string_at(layer, "status");
  const std::int64_t current = base::int_at(layer, "current");
  const std::int64_t total = base::int_at(layer, "total");
  if (status != "Downloading" || total <= 0) return fmt::format("  {}: {}\n", id, printable(status));
  return fmt::format("  {}: Downloading {:3}%  {:.1f}/{:.1f} MiB\n", id, current * 100 / total,
                     static_cast<double>(current) / kMebibyte, static_cast<double>(total) / kMebibyte);
}

bool is_under_way(std::string_view status) {
  return status == "Downloading" || status == "Extracting" || status == "Verifying Checksum";
}

const base::JsonArray& layers_of(const Json& progress) {
  static const base::JsonArray kNone;
  const Json* layers = base::find_path(progress, "layers");
  return layers && layers->is_array() ? layers->get_array() : kNone;
}

}  // namespace

std::string PullDisplay::show(const Json& progress) {
  return on_ == On::Terminal ? draw(progress) : show_lines(progress);
}

std::string PullDisplay::show_lines(const Json& progress) {
  std::string text;
  for (const Json& layer : layers_of(progress)) {
    const std::string status(base::string_at(layer, "status"));
    std::string& said = said_[std::string(base::string_at(layer, "id"))];
    if (said == status) continue;
    said = status;
    text += fmt::format("{}: {}: {}\n", reference_, printable(base::string_at(layer, "id")), printable(status));
  }
  return text;
}

std::string PullDisplay::draw(const Json& progress) {
  std::string text = clear();
  text += fmt::format("{}: {}\n", reference_, printable(base::string_at(progress, "message")));
  drawn_ = 1;
  for (const Json& layer : layers_of(progress)) {
    if (drawn_ == kMostDrawn || !is_under_way(base::string_at(layer, "status"))) continue;
    text += line_of(layer);
    ++drawn_;
  }
  return text;
}

// Up to the first line that was drawn, and away with all from there:
// https://invisible-island.net/xterm/ctlseqs/ctlseqs.html (CPL, ED)
std::string PullDisplay::clear() {
  if (drawn_ == 0) return "";
  return fmt::format("\x1b[{}F\x1b[J", std::exchange(drawn_, 0));
}

}  // namespace berth::cli
