// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which form a body comes in, and which form the answer takes.
#include <initializer_list>
#include <string>
#include <string_view>

#include "api/request_info.hpp"
#include "base/http.hpp"
#include "base/json.hpp"

namespace berth::api {

// Metadata and MetadataList: meta.k8s.io PartialObjectMetadata and its list.
enum class Format { Json, Yaml, Table, Metadata, MetadataList };

// What a Table's rows carry beside their cells.
enum class RowObject { None, Metadata, Object };

struct ResponseFormat {
  Format format = Format::Json;
  std::string meta_version = "v1";  // or v1beta1: of meta.k8s.io, for all but Json and Yaml
  RowObject row_object = RowObject::Metadata;
};

// How one object is asked for, and how a list. Either throws NotAcceptable also when the other's metadata form is what
// was asked for, as upstream does whatever else the client takes.
ResponseFormat object_format(std::string_view accept, const Query& query);
ResponseFormat list_format(std::string_view accept, const Query& query);

// The first form that the Accept header ranks highest and `served` has. Throws NotAcceptable naming what there is,
// BadRequest for an includeObject that is none. No header means JSON.
ResponseFormat negotiate(std::string_view accept, const Query& query, std::initializer_list<Format> served);

// "application/json" for "Application/JSON; charset=utf-8"; JSON when the header is absent.
std::string media_type(std::string_view content_type);

inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kYamlType = "application/yaml";
inline constexpr std::string_view kJsonPatch = "application/json-patch+json";
inline constexpr std::string_view kMergePatch = "application/merge-patch+json";
inline constexpr std::string_view kApplyPatch = "application/apply-patch+yaml";
inline constexpr std::string_view kStrategicPatch = "application/strategic-merge-patch+json";

// Throws UnsupportedMediaType, listing what is accepted.
[[noreturn]] void refuse_media_type(std::string_view accepted);

// A configuration to apply: YAML, which most clients send as JSON.
base::ParsedJson decode_configuration(const base::HttpRequest& request);

// A JSON or YAML body as one value. Throws UnsupportedMediaType, BadRequest with the place of the mistake. `storage`
// must outlive the value; one of YAML may live elsewhere.
base::ParsedJson decode_body(const base::HttpRequest& request, boost::json::storage_ptr storage = {});

}  // namespace berth::api
