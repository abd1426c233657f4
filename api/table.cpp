// SPDX-License-Identifier: Apache-2.0
#include "api/table.hpp"

#include "api/partial_metadata.hpp"
#include "schemas/admit.hpp"

namespace berth::api {

std::string TableBuilder::head(std::string_view list_meta, Columns columns) const {
  std::string text = R"({"kind":"Table","apiVersion":"meta.k8s.io/)";
  text.append(format_.meta_version).append(R"(","metadata":)").append(list_meta);
  text += R"(,"columnDefinitions":)";
  text += columns == Columns::Sent ? boost::json::serialize(schemas::table_columns(kind_)) : "[]";
  return text + R"(,"rows":[)";
}

std::string TableBuilder::row(std::string_view object) const {
  const base::Json json = base::parse_json(object);
  std::string text = R"({"cells":)";
  text += boost::json::serialize(schemas::table_cells(kind_, json, now_));
  text += R"(,"object":)";
  switch (format_.row_object) {
    case RowObject::None:
      text += "null";
      break;
    case RowObject::Metadata:
      text += partial_metadata(object, format_.meta_version);
      break;
    case RowObject::Object:
      text += object;
      break;
  }
  return text + '}';
}

std::string TableBuilder::single(std::string_view object, std::string_view revision, Columns columns) const {
  std::string list_meta = R"({"resourceVersion":")";
  list_meta.append(revision).append("\"}");
  return head(list_meta, columns).append(row(object)).append(kTail);
}

}  // namespace berth::api
