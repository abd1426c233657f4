// SPDX-License-Identifier: Apache-2.0
#include "api/table.hpp"

#include <algorithm>
#include <array>

#include "api/json_members.hpp"
#include "api/partial_metadata.hpp"
#include "schemas/admit.hpp"

namespace berth::api {
namespace {

constexpr std::size_t kUsualTree = 4096;  // what a row's values take

void append_member(std::string& json, std::string_view key, std::string_view value) {
  if (json.back() != '{') json += ',';
  json.append("\"").append(key).append("\":").append(value);
}

}  // namespace

TableBuilder::TableBuilder(const schemas::Kind& kind, ResponseFormat format, std::chrono::system_clock::time_point now)
    : kind_(kind), format_(std::move(format)), now_(now) {
  show("metadata.name");
  show("metadata.creationTimestamp");
  for (const schemas::Column& column : kind.columns) {
    for (const schemas::ValuePath& path : column.paths) show(path.text());
  }
}

// ".status.conditions[...].reason" looks at status and there at conditions, ".data" and "data[...]" at all of data.
void TableBuilder::show(std::string_view path) {
  if (path.starts_with('.')) path.remove_prefix(1);
  const std::size_t first = std::min(path.find_first_of(".["), path.size());
  const auto [place, fresh] = shown_.try_emplace(std::string(path.substr(0, first)));
  std::vector<std::string>& fields = place->second;
  if (first == path.size() || path[first] == '[') return fields.clear();
  if (!fresh && fields.empty()) return;
  path.remove_prefix(first + 1);
  fields.emplace_back(path.substr(0, path.find_first_of(".[")));
}

TableBuilder::Shown TableBuilder::shown_of(std::string_view object) const {
  Shown shown{"{", "{}"};
  shown.json.reserve(kUsualTree / 4);
  for (JsonMembers members(object); members.next();) {
    const auto place = shown_.find(members.key());
    if (place == shown_.end()) continue;
    if (place->second.empty() || !members.is_object()) {
      append_member(shown.json, members.key(), members.value());
    } else {
      append_member(shown.json, members.key(), "{");
      JsonMembers fields = members.inside();
      while (fields.next()) {
        if (std::ranges::find(place->second, fields.key()) == place->second.end()) continue;
        append_member(shown.json, fields.key(), fields.value());
      }
      members.leave(fields);
      shown.json += '}';
    }
    if (members.key() == "metadata") shown.metadata = members.value();
  }
  shown.json += '}';
  return shown;
}

std::string TableBuilder::head(std::string_view list_meta, Columns columns) const {
  std::string text = R"({"kind":"Table","apiVersion":"meta.k8s.io/)";
  text.append(format_.meta_version).append(R"(","metadata":)").append(list_meta);
  text += R"(,"columnDefinitions":)";
  text += columns == Columns::Sent ? boost::json::serialize(schemas::table_columns(kind_)) : "[]";
  return text + R"(,"rows":[)";
}

std::string TableBuilder::row(std::string_view object) const {
  const Shown shown = shown_of(object);
  // One piece of memory, let go at once: most of a row was the making and unmaking of its tree.
  std::array<unsigned char, kUsualTree> memory;
  boost::json::monotonic_resource tree(memory.data(), memory.size());
  const base::ParsedJson parsed = base::parse_json_reporting(shown.json, {}, &tree);
  std::string text = R"({"cells":)";
  text += boost::json::serialize(schemas::table_cells(kind_, parsed.value, now_));
  text += R"(,"object":)";
  switch (format_.row_object) {
    case RowObject::None:
      text += "null";
      break;
    case RowObject::Metadata:
      text += partial_metadata_of(shown.metadata, format_.meta_version);
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
