// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>

#include "base/clock.hpp"
#include "schemas/admit.hpp"

namespace berth::schemas {

using base::JsonArray;
using base::JsonObject;
using Time = std::chrono::system_clock::time_point;

namespace {

std::string age_of(std::string_view text, Time now) {
  if (text.empty()) return "<unknown>";
  const auto time = base::parse_time(text);
  if (!time) return "<invalid>";
  return base::format_age(std::chrono::duration_cast<std::chrono::seconds>(now - *time));
}

std::string plain_text(const Json& value) {
  return value.is_string() ? std::string(value.get_string()) : base::to_canonical(value);
}

Json count_cell(const Column& column, const Json& object) {
  std::int64_t count = 0;
  for (const ValuePath& path : column.paths) {
    const Json* found = path.first(object);
    if (found && found->is_object()) count += static_cast<std::int64_t>(found->get_object().size());
    if (found && found->is_array()) count += static_cast<std::int64_t>(found->get_array().size());
  }
  return count;
}

// "ClusterRole/view".
std::string reference_cell(const Json& value) {
  return std::string(base::string_at(value, "kind")) + "/" + std::string(base::string_at(value, "name"));
}

// "container/web", as kubectl names an object.
std::string object_cell(const Json& value) {
  std::string text(base::string_at(value, "kind"));
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const std::string_view name = base::string_at(value, "name");
  if (!name.empty()) (text += '/') += name;
  return text;
}

// "8080->80/tcp,127.0.0.1:5353->53/udp", as docker ps has it, with the wildcard addresses left out.
std::string ports_cell(const Json& value) {
  std::string text;
  if (!value.is_array()) return text;
  std::vector<std::string> seen;
  for (const Json& port : value.get_array()) {
    std::string one = std::to_string(base::int_at(port, "containerPort"));
    if (const std::int64_t host = base::int_at(port, "hostPort")) one = std::to_string(host) + "->" + one;
    const std::string_view ip = base::string_at(port, "hostIP");
    if (!ip.empty() && ip != "0.0.0.0" && ip != "::") {
      const bool v6 = ip.find(':') != std::string_view::npos;
      one = (v6 ? "[" + std::string(ip) + "]" : std::string(ip)) + ":" + one;
    }
    one += '/';
    for (const char c : base::string_at(port, "protocol")) {
      one += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (std::find(seen.begin(), seen.end(), one) != seen.end()) continue;
    text += (text.empty() ? "" : ",") + one;
    seen.push_back(std::move(one));
  }
  return text;
}

// "15.5Gi", with one digit after the point where it says something.
std::string bytes_cell(std::int64_t bytes) {
  constexpr const char* kUnits[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi"};
  std::size_t unit = 0;
  std::int64_t tenths = bytes * 10;
  for (; tenths >= 10'240 && unit + 1 < std::size(kUnits); ++unit) tenths /= 1024;
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
  return text + kUnits[unit];
}

// What each of the paths leads to: "serviceaccounts/token", or "serviceaccounts" alone.
std::string slashed_cell(const Column& column, const Json& object) {
  std::string text;
  for (const ValuePath& path : column.paths) {
    if (const Json* found = path.first(object)) text += (text.empty() ? "" : "/") + plain_text(*found);
  }
  return text;
}

const Json* first_of(const Column& column, const Json& object) {
  for (const ValuePath& path : column.paths) {
    if (const Json* found = path.first(object)) return found;
  }
  return nullptr;
}

// Every value of the first path that leads to one, with a space between, as kubectl prints a filter's matches.
std::string joined_text(const Column& column, const Json& object) {
  std::string text;
  for (const ValuePath& path : column.paths) {
    path.each(object, Place(),
              [&](const Json& value, const Place&) { text += (text.empty() ? "" : " ") + plain_text(value); });
    if (!text.empty()) break;
  }
  return text;
}

// Null where there is nothing: kubectl prints <none>.
Json cell_of(const Column& column, const Json& object, Time now) {
  if (column.cell == "count") return count_cell(column, object);
  const Json* found = first_of(column, object);
  if (!found) return nullptr;
  if (column.cell == "slashed") return Json(slashed_cell(column, object));
  if (column.cell == "object") return Json(object_cell(*found));
  if (column.cell == "reference") return Json(reference_cell(*found));
  if (column.cell == "ports") return Json(ports_cell(*found));
  if (column.cell == "bytes") return Json(bytes_cell(found->is_int64() ? found->get_int64() : 0));
  if (column.type == "date") return Json(age_of(found->is_string() ? std::string_view(found->get_string()) : "", now));
  if (column.type == "string") return Json(joined_text(column, object));
  return *found;
}

Json column_definition(std::string_view name, std::string_view type, std::string_view format,
                       std::string_view description, std::int32_t priority) {
  return JsonObject{
      {"name", name}, {"type", type}, {"format", format}, {"description", description}, {"priority", priority}};
}

}  // namespace

Json table_cells(const Kind& kind, const Json& object, Time now) {
  JsonArray cells;
  cells.reserve(kind.columns.size() + 2);
  if (!kind.whole_table) cells.push_back(Json(base::string_at(object, "metadata.name")));
  for (const Column& column : kind.columns) cells.push_back(cell_of(column, object, now));
  if (!kind.whole_table) cells.push_back(Json(age_of(base::string_at(object, "metadata.creationTimestamp"), now)));
  return cells;
}

Json table_columns(const Kind& kind) {
  JsonArray columns;
  if (!kind.whole_table) {
    columns.push_back(column_definition("Name", "string", "name", "Name must be unique within a namespace.", 0));
  }
  for (const Column& column : kind.columns) {
    columns.push_back(column_definition(column.name, column.type, column.format, column.description, column.priority));
  }
  if (!kind.whole_table) {
    columns.push_back(column_definition("Age", "string", "", "Time since the object was made.", 0));
  }
  return columns;
}

}  // namespace berth::schemas
