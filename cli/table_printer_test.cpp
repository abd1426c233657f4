// SPDX-License-Identifier: Apache-2.0
#include "cli/table_printer.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

const base::Json& table() {
  static const base::Json kTable = base::parse_json(R"({
    "columnDefinitions": [{"name": "Name"}, {"name": "Ready"}, {"name": "IP", "priority": 1}, {"name": "Age"}],
    "rows": [
      {"cells": ["web", "True", "172.17.0.2", "5m"], "object": {"metadata": {"namespace": "default"}}},
      {"cells": ["a-longer-name", null, "", "3d"], "object": {"metadata": {"namespace": "team-a"}}}]})");
  return kTable;
}

std::string printed(const TableOptions& options) {
  return lay_out(table_rows(table().at("columnDefinitions"), table(), options));
}

TEST(TablePrinter, LaysOutAsKubectl) {
  EXPECT_EQ(printed({}),
            "NAME            READY    AGE\n"
            "web             True     5m\n"
            "a-longer-name   <none>   3d\n");
}

TEST(TablePrinter, WideNamespacePrefixAndNoHeaders) {
  EXPECT_EQ(printed({.wide = true, .with_namespace = true}),
            "NAMESPACE   NAME            READY    IP           AGE\n"
            "default     web             True     172.17.0.2   5m\n"
            "team-a      a-longer-name   <none>                3d\n");
  EXPECT_EQ(printed({.headers = false, .name_prefix = "container.berth.dev/"}),
            "container.berth.dev/web             True     5m\n"
            "container.berth.dev/a-longer-name   <none>   3d\n");
}

TEST(TablePrinter, NarrowColumnsKeepTheirLeastWidth) {
  EXPECT_EQ(lay_out({{"A", "B"}, {"1", "2"}}), "A     B\n1     2\n");
}

}  // namespace
}  // namespace berth::cli
