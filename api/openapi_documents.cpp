// SPDX-License-Identifier: Apache-2.0
#include "api/openapi_documents.hpp"

#include "base/crypto.hpp"
#include "base/gzip.hpp"

namespace berth::api {

namespace {

constexpr int kSmall = 9;  // made once, sent often
constexpr std::size_t kLongest = 64 * 1024 * 1024;

}  // namespace

const OpenapiDocument::Rendering& OpenapiDocument::rendering(OpenapiForm form) {
  Rendering& rendering = form == OpenapiForm::Json ? json_ : protobuf_;
  std::call_once(rendering.once, [&] {
    const std::string plain = form == OpenapiForm::Json ? schemas::openapi_json(version_, kinds_)
                                                        : schemas::openapi_protobuf(version_, kinds_);
    rendering.hash = base::to_hex(base::sha256(plain));
    rendering.zipped = base::gzip(plain, kSmall);
  });
  return rendering;
}

std::string OpenapiDocument::body(OpenapiForm form, Coding coding) {
  const std::string& zipped = rendering(form).zipped;
  return coding == Coding::Gzip ? zipped : base::gunzip(zipped, kLongest);
}

const std::string& OpenapiDocument::hash() { return rendering(OpenapiForm::Json).hash; }

OpenapiDocuments::OpenapiDocuments(const schemas::Catalog& catalog) {
  std::vector<const schemas::Kind*> all;
  std::map<std::string, std::vector<const schemas::Kind*>> groups;
  for (const schemas::Kind& kind : catalog.kinds()) {
    if (kind.verbs.empty()) continue;  // only ever the body of another one's subresource
    all.push_back(&kind);
    groups[(kind.group.empty() ? "api/" : "apis/") + kind.api_version()].push_back(&kind);
  }
  v2_ = std::make_unique<OpenapiDocument>(schemas::OpenapiVersion::V2, std::move(all));
  for (auto& [group, kinds] : groups) v3_.try_emplace(group, schemas::OpenapiVersion::V3, std::move(kinds));
}

OpenapiDocument* OpenapiDocuments::v3(std::string_view group_version) {
  const auto found = v3_.find(group_version);
  return found == v3_.end() ? nullptr : &found->second;
}

std::string OpenapiDocuments::v3_index() {
  base::JsonObject paths;
  for (auto& [group, document] : v3_) {
    paths[group] = base::JsonObject{{"serverRelativeURL", openapi_url(group, document.hash())}};
  }
  return base::to_canonical(base::JsonObject{{"paths", std::move(paths)}});
}

std::string openapi_url(std::string_view group_version, std::string_view hash) {
  return std::string("/openapi/v3/").append(group_version).append("?hash=").append(hash);
}

}  // namespace berth::api
