// SPDX-License-Identifier: Apache-2.0
#pragma once
// meta.k8s.io Table: what kubectl prints. The server renders the cells.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "api/content.hpp"
#include "resources/resources.hpp"

namespace berth::api {

class TableBuilder {
 public:
  TableBuilder(const schemas::Kind& kind, ResponseFormat format, std::chrono::system_clock::time_point now);

  // Everything before the first row. A watch sends columns with its first event only. `list_meta` is JSON.
  enum class Columns { Sent, Omitted };
  std::string head(std::string_view list_meta, Columns columns) const;
  // One row, from an object's bytes.
  std::string row(std::string_view object) const;
  static constexpr std::string_view kTail = "]}";

  // A whole Table of one row.
  std::string single(std::string_view object, std::string_view revision, Columns columns) const;

 private:
  // What the columns may look at: a part of the object, as JSON. Metadata is what stands in the object.
  struct Shown {
    std::string json;
    std::string_view metadata;
  };
  Shown shown_of(std::string_view object) const;
  void show(std::string_view path);

  const schemas::Kind& kind_;
  ResponseFormat format_;
  std::chrono::system_clock::time_point now_;
  // Members of the object, and members of those: all of them where none is named.
  std::map<std::string, std::vector<std::string>, std::less<>> shown_;
};

}  // namespace berth::api
