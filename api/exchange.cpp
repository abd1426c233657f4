// SPDX-License-Identifier: Apache-2.0
#include "api/exchange.hpp"

#include <algorithm>
#include <array>

#include "api/accept.hpp"
#include "api/partial_metadata.hpp"
#include "api/status_json.hpp"
#include "api/table.hpp"
#include "base/gzip.hpp"
#include "base/indented_json.hpp"
#include "base/yaml.hpp"
#include "resources/audit/audit.hpp"

namespace berth::api {
namespace {

base::HttpResponse json_response(int status) {
  base::HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  return response;
}

void add_coding(base::HttpResponse& response) {
  response.headers.add("Content-Encoding", "gzip");
  response.headers.add("Vary", "Accept-Encoding");
}

}  // namespace

void Exchange::begin_answer(base::HttpResponse& head) {
  if (!head.headers.has("Cache-Control")) head.headers.add("Cache-Control", "no-cache, private");
  if (!caller.request_id.empty()) {
    head.headers.add("Audit-Id", caller.request_id);
    head.headers.add("X-Request-Id", caller.request_id);
  }
  add_warnings(head.headers, warnings);
  code = head.status;
  place.reset();
}

base::Task<void> Exchange::note_read() const {
  if (kind == nullptr || !resources::is_read_audited(*kind)) co_return;
  std::string verb(to_string(info.verb));
  co_await services.resources.note_read(caller, *kind, std::move(verb), info.ns, info.name);
}

bool Exchange::pretty() const {
  const std::string_view asked = info.query.get("pretty");
  if (!asked.empty()) {
    static constexpr std::array<std::string_view, 6> kTrue{"1", "t", "T", "TRUE", "true", "True"};  // strconv.ParseBool
    return std::ranges::find(kTrue, asked) != kTrue.end();
  }
  const std::string_view agent = header("User-Agent");
  return agent.starts_with("curl") || agent.starts_with("Wget") || agent.starts_with("Mozilla/5.0");
}

bool Exchange::zips(std::size_t size) const { return size >= kZipFrom && takes_gzip(header("Accept-Encoding")); }

base::Task<void> Exchange::respond(base::HttpResponse response) {
  if (!response.headers.has("Content-Encoding") && zips(response.body.size())) {
    // Milliseconds that other connections of this loop need not wait.
    const auto zip = [&response] { return base::gzip(response.body, kZipLevel); };
    response.body = co_await base::blocking(zip);
    add_coding(response);
  }
  begin_answer(response);
  co_await http.respond(response);
}

base::Task<void> Exchange::respond_json(int status, std::string body) {
  base::HttpResponse response = json_response(status);
  response.body = pretty() ? base::indent_json(body, 2) : std::move(body);
  co_await respond(std::move(response));
}

base::Task<void> Exchange::respond_object(int status, ResponseFormat format, resources::Object object) {
  if (format.format == Format::Table) {
    const TableBuilder table(*kind, format, services.clock.now());
    std::string body = table.single(*object.bytes, std::to_string(object.revision), TableBuilder::Columns::Sent);
    co_return co_await respond_json(status, std::move(body));
  }
  if (format.format == Format::Metadata) {
    co_return co_await respond_json(status, partial_metadata(*object.bytes, format.meta_version));
  }
  if (format.format == Format::Yaml) {
    base::HttpResponse response;
    response.status = status;
    response.headers.add("Content-Type", "application/yaml");
    response.body = base::to_yaml(object.parse());
    co_return co_await respond(std::move(response));
  }
  if (pretty() || zips(object.bytes->size())) co_return co_await respond_json(status, *object.bytes);
  base::HttpResponse head = json_response(status);
  begin_answer(head);
  const base::asio::const_buffer body(object.bytes->data(), object.bytes->size());
  co_await http.respond(head, std::span(&body, 1));
}

base::Task<void> Exchange::begin_stream(std::string_view content_type) {
  base::HttpResponse head;
  head.headers.add("Content-Type", std::string(content_type));
  begin_answer(head);
  co_await http.begin_chunked(head);
}

base::Task<void> Exchange::begin_zipped_stream(std::string_view content_type) {
  base::HttpResponse head;
  head.headers.add("Content-Type", std::string(content_type));
  add_coding(head);
  begin_answer(head);
  co_await http.begin_chunked(head);
}

}  // namespace berth::api
