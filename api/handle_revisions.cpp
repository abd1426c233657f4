// SPDX-License-Identifier: Apache-2.0
// The specs that an object has and had: all of them, or the one of a number.
#include <algorithm>

#include "api/handlers.hpp"
#include "api/list_form.hpp"

namespace berth::api {
namespace {

using base::Json;

// The kind whose object the path names; the exchange's is that of the records.
const schemas::Kind& owner_kind(const RequestInfo& info) {
  return *schemas::Catalog::instance().find(info.group, info.version, info.resource);
}

resources::Object object_of(const Json& record) {
  return {
      std::make_shared<const std::string>(base::to_canonical(record)),
      static_cast<resources::Revision>(std::stoull(std::string(base::string_at(record, "metadata.resourceVersion"))))};
}

}  // namespace

base::Task<void> handle_revisions(Exchange& exchange) {
  const ResponseFormat format =
      negotiate(exchange.header("Accept"), exchange.info.query, {Format::Json, Format::Table});
  const std::vector<Json> records =
      exchange.services.resources.revisions(owner_kind(exchange.info), exchange.info.ns, exchange.info.name);
  const ListForm form(*exchange.kind, format, exchange.services.clock.now());
  resources::ListPage page;
  page.revision = exchange.services.resources.revision();
  std::string body = form.head(page);
  std::string made;
  std::string_view comma;
  for (const Json& record : records) {
    body.append(comma).append(form.item(base::to_canonical(record), made));
    comma = ",";
  }
  co_await exchange.respond_json(200, body.append(ListForm::kTail));
}

base::Task<void> handle_revision(Exchange& exchange) {
  ResponseFormat format = object_format(exchange.header("Accept"), exchange.info.query);
  const RequestInfo& info = exchange.info;
  const std::vector<Json> records = exchange.services.resources.revisions(owner_kind(info), info.ns, info.name);
  const auto found = std::ranges::find_if(
      records, [&info](const Json& record) { return std::to_string(base::int_at(record, "revision")) == info.part; });
  if (found == records.end()) throw base::not_found(exchange.kind->resource(), info.name + "." + info.part);
  co_await exchange.respond_object(200, std::move(format), object_of(*found));
}

}  // namespace berth::api
