// SPDX-License-Identifier: Apache-2.0
#include "api/content.hpp"

#include <algorithm>
#include <optional>

#include "api/accept.hpp"
#include "api/header_text.hpp"
#include "base/status.hpp"
#include "base/yaml.hpp"

namespace berth::api {
namespace {

std::optional<Format> converted(std::string_view as) {
  if (as == "Table") return Format::Table;
  if (as == "PartialObjectMetadata") return Format::Metadata;
  if (as == "PartialObjectMetadataList") return Format::MetadataList;
  return {};
}

std::optional<ResponseFormat> format_of(const AcceptClause& clause) {
  const bool json = clause.type == kJsonType || clause.type == "*/*" || clause.type == "application/*";
  if (!clause.as.empty()) {
    const auto format = converted(clause.as);
    const bool known = clause.group == "meta.k8s.io" && (clause.version == "v1" || clause.version == "v1beta1");
    if (!json || !known || !format) return {};
    return ResponseFormat{*format, clause.version};
  }
  if (json) return ResponseFormat{Format::Json};
  if (clause.type == kYamlType) return ResponseFormat{Format::Yaml};
  return {};
}

RowObject read_row_object(std::string_view value) {
  if (value.empty() || value == "Metadata") return RowObject::Metadata;
  if (value == "None") return RowObject::None;
  if (value == "Object") return RowObject::Object;
  throw base::bad_request("unrecognized includeObject value: \"" + std::string(value) + "\"");
}

}  // namespace

ResponseFormat negotiate(std::string_view accept, const Query& query, std::initializer_list<Format> served) {
  // What most clients ask for.
  if (accept == kJsonType && std::ranges::find(served, Format::Json) != served.end()) return {};
  const auto clauses = read_accept(accept);
  if (trim(accept).empty()) return {};
  for (const AcceptClause& clause : clauses) {
    auto format = format_of(clause);
    if (!format || std::ranges::find(served, format->format) == served.end()) continue;
    if (format->format == Format::Table) format->row_object = read_row_object(query.get("includeObject"));
    return *format;
  }
  std::string types(kJsonType);
  for (const Format format : served) {
    if (format == Format::Yaml) types.append(", ").append(kYamlType);
    if (format == Format::Table) types.append(", application/json;as=Table;v=v1;g=meta.k8s.io");
  }
  throw base::Status(base::Reason::NotAcceptable, "only the following media types are accepted: " + types);
}

ResponseFormat object_format(std::string_view accept, const Query& query) {
  ResponseFormat format =
      negotiate(accept, query, {Format::Json, Format::Yaml, Format::Table, Format::Metadata, Format::MetadataList});
  if (format.format != Format::MetadataList) return format;
  throw base::Status(base::Reason::NotAcceptable,
                     "you requested PartialObjectMetadataList, but the requested object is not a list");
}

ResponseFormat list_format(std::string_view accept, const Query& query) {
  ResponseFormat format =
      negotiate(accept, query, {Format::Json, Format::Yaml, Format::Table, Format::Metadata, Format::MetadataList});
  if (format.format != Format::Metadata) return format;
  throw base::Status(base::Reason::NotAcceptable,
                     "you requested PartialObjectMetadata, but the requested object is a list");
}

std::string media_type(std::string_view content_type) {
  const auto type = trim(content_type.substr(0, content_type.find(';')));
  return type.empty() ? std::string(kJsonType) : lower(type);
}

void refuse_media_type(std::string_view accepted) {
  throw base::Status(
      base::Reason::UnsupportedMediaType,
      "the body of the request was in an unknown format - accepted media types include: " + std::string(accepted));
}

base::ParsedJson decode_configuration(const base::HttpRequest& request) {
  const std::string& body = request.body;
  const auto first = body.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && body[first] == '{') {
    try {
      return base::parse_json_reporting(body);
    } catch (const base::Status&) {
      // YAML's own form with braces, perhaps; if not, its reader says so.
    }
  }
  base::YamlDocument document = base::parse_one_yaml(body);
  return {std::move(document.value), std::move(document.duplicate_fields)};
}

base::ParsedJson decode_body(const base::HttpRequest& request, boost::json::storage_ptr storage) {
  const std::string type = media_type(request.headers.get("Content-Type"));
  if (type == kJsonType) return base::parse_json_reporting(request.body, {}, std::move(storage));
  if (type != kYamlType) refuse_media_type("application/json, application/yaml");
  base::YamlDocument document = base::parse_one_yaml(request.body);
  return {std::move(document.value), std::move(document.duplicate_fields)};
}

}  // namespace berth::api
