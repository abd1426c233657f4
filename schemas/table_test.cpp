// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "schemas/admit.hpp"
#include "schemas/catalog.hpp"

namespace berth::schemas {
namespace {

TEST(Table, APartOfAResourceIsNamedWithIt) {
  const Kind& kind = Catalog::instance().by_name("AuditRecord");
  const auto column = std::ranges::find(kind.columns, "Resource", &Column::name);
  ASSERT_NE(column, kind.columns.end());
  const auto cell = [&](const char* record) {
    const base::Json cells = table_cells(kind, base::parse_json(record), {});
    return base::to_canonical(cells.at(static_cast<std::size_t>(column - kind.columns.begin())));
  };
  EXPECT_EQ(cell(R"({"record":{"resource":{"resource":"serviceaccounts"},"subresource":"token"}})"),
            R"("serviceaccounts/token")");
  EXPECT_EQ(cell(R"({"record":{"resource":{"resource":"secrets"}}})"), R"("secrets")");
  EXPECT_EQ(cell(R"({"record":{}})"), "null");
}

}  // namespace
}  // namespace berth::schemas
