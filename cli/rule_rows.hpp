// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/table_printer.hpp"

namespace berth::cli {

// The rows of `berth auth can-i --list`: a SelfSubjectRulesReview's status with one row for each resource (and name,
// and URL), the verbs of all rules about it joined, in kubectl's order.
std::vector<Row> rule_rows(const base::Json& status);

// "[a b]", as Go prints a list.
std::string go_list(const std::vector<std::string>& texts);

}  // namespace berth::cli
