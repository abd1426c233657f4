// SPDX-License-Identifier: Apache-2.0
#include "api/table.hpp"

#include "schemas/admit.hpp"

namespace berth::api {

std::string TableBuilder::head(std::string_view revision, Columns columns) const {
  std::string text = R"({"kind":"Table","apiVersion":"meta.k8s.io/)";
  text.append(format_.table_version).append(R"(","metadata":{"resourceVersion":")").append(revision).append("\"}");
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
      text.append(R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/)").append(format_.table_version);
      text += R"(","metadata":)";
      if (const base::Json* metadata = base::find_path(json, "metadata"))
        text += base::to_canonical(*metadata);
      else
        text += "{}";
      text += '}';
      break;
    case RowObject::Object:
      text += object;
      break;
  }
  return text + '}';
}

std::string TableBuilder::single(std::string_view object, std::string_view revision, Columns columns) const {
  return head(revision, columns).append(row(object)).append(kTail);
}

}  // namespace berth::api
