// SPDX-License-Identifier: Apache-2.0
#include "compose/sources.hpp"

#include <algorithm>
#include <cctype>

namespace berth::compose {

namespace {

std::vector<std::string_view> steps_of(std::string_view path) {
  std::vector<std::string_view> steps;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view step = path.substr(0, end);
    if (!step.empty() && step != ".") steps.push_back(step);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return steps;
}

std::string joined(const std::vector<std::string_view>& steps) {
  std::string text;
  for (const std::string_view step : steps) {
    if (!text.empty()) text += '/';
    text += step;
  }
  return text;
}

}  // namespace

const std::string* find_file(const Sources& sources, std::string_view path) {
  const std::string absolute = is_absolute(path) ? clean_path(path) : join_path(sources.working_dir, path);
  const std::string below = relative_path(sources.working_dir, absolute);
  for (const std::string& name : {absolute, below, "./" + below}) {
    const auto found = sources.files.find(name);
    if (found != sources.files.end()) return &found->second;
  }
  if (sources.missed != nullptr) sources.missed->insert(absolute);
  return nullptr;
}

bool is_absolute(std::string_view path) { return path.starts_with('/'); }

bool is_windows_absolute(std::string_view path) {
  if (path.starts_with("\\\\")) return true;
  return path.size() > 2 && std::isalpha(static_cast<unsigned char>(path[0])) != 0 && path[1] == ':' &&
         (path[2] == '\\' || path[2] == '/');
}

std::string clean_path(std::string_view path) {
  const bool absolute = is_absolute(path);
  std::vector<std::string_view> kept;
  for (const std::string_view step : steps_of(path)) {
    if (step != "..") {
      kept.push_back(step);
    } else if (!kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!absolute) {
      kept.push_back(step);
    }
  }
  const std::string text = joined(kept);
  if (absolute) return "/" + text;
  return text.empty() ? "." : text;
}

std::string join_path(std::string_view base, std::string_view path) {
  if (base.empty()) return clean_path(path);
  std::string text(base);
  text += '/';
  text += path;
  return clean_path(text);
}

std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return clean_path(slash == 0 ? "/" : path.substr(0, slash));
}

std::string relative_path(std::string_view base, std::string_view path) {
  const auto from = steps_of(base);
  const auto to = steps_of(path);
  const auto [left, right] = std::mismatch(from.begin(), from.end(), to.begin(), to.end());
  std::vector<std::string_view> steps(static_cast<std::size_t>(from.end() - left), "..");
  steps.insert(steps.end(), right, to.end());
  const std::string text = joined(steps);
  return text.empty() ? "." : text;
}

std::string normalize_project_name(std::string_view name) {
  std::string made;
  for (const char c : name) {
    const auto lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool word = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (word || ((lower == '_' || lower == '-') && !made.empty())) made += lower;
  }
  return made;
}

}  // namespace berth::compose
