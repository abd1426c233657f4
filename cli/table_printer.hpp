// SPDX-License-Identifier: Apache-2.0
#pragma once
// Columns as kubectl lays them out: three spaces apart, no rule, headers in capitals.
#include <string>
#include <vector>

#include "base/json.hpp"

namespace berth::cli {

using Row = std::vector<std::string>;

// Lines with their ends. A column is as wide as its widest cell and at least six.
std::string lay_out(std::vector<Row> rows);

struct TableOptions {
  bool wide = false;            // columns of a priority above 0, too
  bool with_namespace = false;  // a NAMESPACE column in front, from each row's object
  bool headers = true;
  std::string name_prefix;  // "container.berth.dev/" when several types are shown
};

// The rows of a metav1.Table, headers first. `columns` are its columnDefinitions: a watch sends them only once.
std::vector<Row> table_rows(const base::Json& columns, const base::Json& table, const TableOptions& options);

}  // namespace berth::cli
