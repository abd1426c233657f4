// SPDX-License-Identifier: Apache-2.0
#pragma once
// The heads of HTTP/1.1 messages: bytes to values and back. Private to base; the one user of Beast's parser.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/http.hpp"

namespace berth::base {

// How the end of a body is known.
struct BodyFraming {
  enum class Kind { None, Length, Chunked, UntilClose };
  Kind kind = Kind::None;
  std::uint64_t length = 0;
};

struct RequestHead {
  HttpRequest request;
  BodyFraming body;
  bool http10 = false;
  bool close = false;  // no further request may follow
  bool expects_continue = false;
};

struct ResponseHead {
  HttpResponse response;
  BodyFraming body;
  bool close = false;
};

// Finds the end of a head in bytes that arrive in pieces.
class HeadScanner {
 public:
  // The size of the head with its blank line, once `bytes` holds all of it. `bytes` starts at the head and only
  // grows from call to call. Throws BadRequest as soon as it cannot become an HTTP/1 head: a line that ends in a
  // bare LF, a first line of another protocol, more than `limit` bytes.
  std::optional<std::size_t> scan(std::string_view bytes, std::size_t limit);

 private:
  void check_first_line(std::string_view line) const;
  std::size_t line_ = 0;     // where the current line starts
  std::size_t scanned_ = 0;  // no LF before this
};

// `raw` is what HeadScanner delimited. Throws BadRequest for anything that two implementations could read
// differently (RFC 9112, sections 5 and 6): both Content-Length and Transfer-Encoding, a repeated or odd
// Content-Length, any coding but chunked, folded lines, control bytes, a missing or repeated Host.
RequestHead parse_request_head(std::string_view raw);
// `method` is the request's. Throws BadRequest likewise.
ResponseHead parse_response_head(std::string_view raw, std::string_view method);

// "Name: value\r\n". Throws InternalError when a byte would break the line: no value of a user ends a header.
void append_header(std::string& head, std::string_view name, std::string_view value);
void append_headers(std::string& head, const Headers& headers);

}  // namespace berth::base
