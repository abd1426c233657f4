// SPDX-License-Identifier: Apache-2.0
#include "api/table.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"
#include "schemas/admit.hpp"

namespace berth::api {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;

constexpr std::chrono::system_clock::time_point kNow{std::chrono::seconds(1'700'000'000)};

ResponseFormat table_with(RowObject row_object) {
  ResponseFormat format;
  format.format = Format::Table;
  format.meta_version = "v1";
  format.row_object = row_object;
  return format;
}

// Puts a value where a path leads: at ".status.conditions[?(@.type==\"Ready\")].status" a list of one such condition.
void put(Json& into, std::string_view path, const Json& value) {
  if (path.empty()) {
    into = value;
    return;
  }
  if (path.starts_with('[')) {
    const std::size_t end = path.find(']');
    const std::string_view inside = path.substr(1, end - 1);
    if (inside.starts_with("\"") || inside.starts_with("'")) {
      if (!into.is_object()) into = JsonObject();
      return put(into.as_object()[inside.substr(1, inside.size() - 2)], path.substr(end + 1), value);
    }
    if (!into.is_array()) into = JsonArray{JsonObject()};
    Json& item = into.as_array()[0];
    if (inside.starts_with("?(@.")) {
      const std::size_t equals = inside.find("==");
      if (!item.is_object()) item = JsonObject();
      item.as_object()[inside.substr(4, equals - 4)] = inside.substr(equals + 3, inside.size() - equals - 5);
    }
    return put(item, path.substr(end + 1), value);
  }
  if (path.starts_with('.')) path.remove_prefix(1);
  const std::size_t end = std::min(path.find_first_of(".["), path.size());
  if (!into.is_object()) into = JsonObject();
  put(into.as_object()[path.substr(0, end)], path.substr(end), value);
}

// An object that has something to show in every column of its kind, and what no column shows beside it.
Json full_object(const schemas::Kind& kind) {
  Json object{{"apiVersion", kind.api_version()},
              {"kind", kind.kind},
              {"metadata", {{"name", "a\"}{[,\\b"}, {"creationTimestamp", "2023-11-14T22:00:00Z"}, {"uid", "u"}}},
              {"zzz", {{"name", "not shown"}}}};
  for (const schemas::Column& column : kind.columns) {
    const Json value = column.type == "integer"   ? Json(7)
                       : column.type == "boolean" ? Json(true)
                       : column.type == "date"    ? Json("2023-11-14T22:00:00Z")
                                                  : Json("seen at " + column.name);
    for (const schemas::ValuePath& path : column.paths) put(object, path.text(), value);
  }
  return object;
}

TEST(Table, ShowsOfTheBytesWhatItShowsOfTheWholeObject) {
  for (const schemas::Kind& kind : schemas::Catalog::instance().kinds()) {
    const TableBuilder table(kind, table_with(RowObject::None), kNow);
    const Json object = full_object(kind);
    const Json row = base::parse_json(table.row(base::to_canonical(object)));
    EXPECT_EQ(row.at("cells"), schemas::table_cells(kind, object, kNow)) << kind.kind;
    const Json bare{{"apiVersion", kind.api_version()}, {"metadata", {{"name", "a"}}}};
    EXPECT_EQ(base::parse_json(table.row(base::to_canonical(bare))).at("cells"), schemas::table_cells(kind, bare, kNow))
        << kind.kind;
  }
}

TEST(Table, TakesWhatIsNotOfTheShapeThatColumnsExpect) {
  const schemas::Kind& kind = schemas::Catalog::instance().by_name("Container");
  const TableBuilder table(kind, table_with(RowObject::Metadata), kNow);
  const Json object{{"metadata", {{"name", "a"}}}, {"spec", "no object"}, {"status", Json(nullptr)}};
  const Json row = base::parse_json(table.row(base::to_canonical(object)));
  EXPECT_EQ(row.at("cells"), schemas::table_cells(kind, object, kNow));
  EXPECT_EQ(row.at("object").at("metadata"), object.at("metadata"));
  EXPECT_THROW(table.row("[]"), base::Status);
  EXPECT_THROW(table.row("{\"metadata\":{"), base::Status);
}

}  // namespace
}  // namespace berth::api
