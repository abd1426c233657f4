// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where in a YAML text its fields stand, for messages about them.
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace berth::base {

struct YamlPlace {
  std::size_t line = 1;    // from 1
  std::size_t column = 1;  // from 1, in bytes
};

class YamlPlaces {
 public:
  // `text` is one that parse_yaml() took with its limits; of anything else nothing is found.
  explicit YamlPlaces(std::string_view text);
  ~YamlPlaces();
  YamlPlaces(YamlPlaces&&) noexcept;

  // Where the field of this path stands in the document that starts at `document_line` (YamlDocument::line): its key,
  // or the item of a list; of a field that is not there, the nearest around it that is. Paths are those of the API's
  // errors: spec.ports[0].hostPort, .spec.env[name="A"].value, data[a.conf]. Nothing when there is no such document.
  std::optional<YamlPlace> find(std::size_t document_line, std::string_view path) const;

 private:
  struct Tree;
  std::unique_ptr<Tree> tree_;
};

}  // namespace berth::base
