// SPDX-License-Identifier: Apache-2.0
#include "api/list_form.hpp"

#include "api/partial_metadata.hpp"

namespace berth::api {
namespace {

std::string list_meta(const resources::ListPage& page) {
  std::string text = R"({"continue":")" + page.continue_token + '"';
  if (page.remaining) text.append(R"(,"remainingItemCount":)").append(std::to_string(*page.remaining));
  return text.append(R"(,"resourceVersion":")").append(std::to_string(page.revision)).append("\"}");
}

}  // namespace

std::string ListForm::head(const resources::ListPage& page) const {
  if (format_.format == Format::Table) return table_.head(list_meta(page), TableBuilder::Columns::Sent);
  const bool metadata = format_.format == Format::MetadataList;
  std::string head = R"({"kind":")";
  head.append(metadata ? "PartialObjectMetadataList" : kind_.list_kind);
  head.append(R"(","apiVersion":")").append(metadata ? "meta.k8s.io/" + format_.meta_version : kind_.api_version());
  return head.append(R"(","metadata":)").append(list_meta(page)).append(R"(,"items":[)");
}

std::string_view ListForm::item(std::string_view object, std::string& made) const {
  if (format_.format == Format::Table) return made = table_.row(object);
  if (format_.format == Format::MetadataList) return made = partial_metadata(object, format_.meta_version);
  return object;
}

}  // namespace berth::api
