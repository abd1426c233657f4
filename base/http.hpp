// SPDX-License-Identifier: Apache-2.0
#pragma once
// HTTP/1.1 messages as values, and both ends of a connection over a Stream. Beast parses the bytes; heads are
// written by hand, bodies as they are. Shared by the API server, the Engine client, the CLI and the fake engine.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/stream.hpp"

namespace berth::base {

// Header names compare without case. Order is kept, repeats allowed.
class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);
  // The first of that name, or "".
  std::string_view get(std::string_view name) const;
  std::vector<std::string_view> get_all(std::string_view name) const;
  bool has(std::string_view name) const;
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query, percent-encoded
  Headers headers;
  std::string body;
};

struct HttpResponse {
  int status = 200;
  Headers headers;
  std::string body;
};

// "Not Found" for 404.
std::string_view http_phrase(int status);

// Percent-encodes everything but unreserved characters; for one path segment or one query value.
std::string percent_encode(std::string_view text);
// Throws BadRequest for a bad escape. '+' stays '+'.
std::string percent_decode(std::string_view text);
// "a=b&a=c" decoded ('+' is a space here), order kept. Throws BadRequest.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

}  // namespace berth::base
