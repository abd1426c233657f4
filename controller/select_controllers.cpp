// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/status.hpp"
#include "controller/controller.hpp"

namespace berth::controller {
namespace {

std::vector<std::string> split(std::string_view flag) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t comma = flag.find(',');
    words.emplace_back(flag.substr(0, comma));
    if (comma == std::string_view::npos) return words;
    flag.remove_prefix(comma + 1);
  }
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

std::vector<std::string> select_controllers(std::string_view flag, const std::vector<std::string>& known) {
  if (flag == "none") return {};
  const std::vector<std::string> words = split(flag);
  const auto said = [&words](const std::string& word) { return std::ranges::find(words, word) != words.end(); };
  for (const std::string& word : words) {
    const std::string name = word.starts_with('-') ? word.substr(1) : word;
    if (word != "*" && std::ranges::find(known, name) == known.end()) {
      throw base::bad_request("--controllers: \"" + name + "\" is no controller; known are: " + joined(known));
    }
  }
  std::vector<std::string> chosen;
  for (const std::string& name : known) {
    if (!said("-" + name) && (said(name) || said("*"))) chosen.push_back(name);
  }
  return chosen;
}

}  // namespace berth::controller
