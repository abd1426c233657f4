// SPDX-License-Identifier: Apache-2.0
#pragma once
// meta.k8s.io Table: what kubectl prints. The server renders the cells.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
#include <chrono>
#include <string>

#include "api/content.hpp"
#include "resources/resources.hpp"

namespace berth::api {

class TableBuilder {
 public:
  TableBuilder(const schemas::Kind& kind, ResponseFormat format, std::chrono::system_clock::time_point now)
      : kind_(kind), format_(std::move(format)), now_(now) {}

  // Everything before the first row. A watch sends columns with its first event only. `list_meta` is JSON.
  enum class Columns { Sent, Omitted };
  std::string head(std::string_view list_meta, Columns columns) const;
  // One row, from an object's bytes.
  std::string row(std::string_view object) const;
  static constexpr std::string_view kTail = "]}";

  // A whole Table of one row.
  std::string single(std::string_view object, std::string_view revision, Columns columns) const;

 private:
  const schemas::Kind& kind_;
  ResponseFormat format_;
  std::chrono::system_clock::time_point now_;
};

}  // namespace berth::api
