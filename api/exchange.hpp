// SPDX-License-Identifier: Apache-2.0
#pragma once
// One request on its way through the server, and the ways to answer it. It lives on its connection's loop.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/content.hpp"
#include "api/request_info.hpp"
#include "api/services.hpp"
#include "base/http_server.hpp"
#include "resources/rights/policy_rule.hpp"

namespace berth::api {

struct Exchange {
  Services& services;
  base::HttpServerConnection& http;
  base::Signal& stopping;  // raised when the server drains: a watch ends
  base::HttpRequest request;
  RequestInfo info;
  resources::Caller caller;
  const schemas::Kind* kind = nullptr;  // for resource requests
  std::vector<std::string> warnings;
  std::optional<resources::Attributes> refused;  // to act as somebody else; on record in place of the request's own
  int code = 0;                                  // of the answer; 0 until its head is written
  // Among the requests in flight. Given back when the answer begins: how fast a peer reads is nobody else's matter.
  std::optional<InFlight::Place> place;
  // Why this request would be turned away now; nothing while its caller still may. What is long under way asks again.
  std::function<std::optional<base::Status>()> refused_now = {};

  std::string_view header(std::string_view name) const { return request.headers.get(name); }
  // Asked for, or on its way to a person's eyes: upstream's isPrettyPrint.
  bool pretty() const;

  // Whether a body of that size goes out as gzip: at upstream's threshold, for whoever asks.
  bool zips(std::size_t size) const;
  static constexpr std::size_t kZipFrom = 128 * 1024;
  static constexpr int kZipLevel = 1;

  // Puts on record, before the answer, that this request reads what is secret in its kind; nothing for other kinds.
  base::Task<void> note_read() const;

  // Answers with a whole body, as gzip if it has no coding yet and zips() says so. The common headers and the warnings
  // are added here.
  base::Task<void> respond(base::HttpResponse response);
  base::Task<void> respond_json(int status, std::string body);
  // The object in the form that was negotiated; JSON goes out as the stored bytes.
  base::Task<void> respond_object(int status, ResponseFormat format, resources::Object object);
  // Starts an answer of unknown length; write its chunks on `http`.
  base::Task<void> begin_stream(std::string_view content_type);
  // The same as gzip: what is written must be.
  base::Task<void> begin_zipped_stream(std::string_view content_type);

 private:
  // Completes the head, just before it is written.
  void begin_answer(base::HttpResponse& head);
};

}  // namespace berth::api
