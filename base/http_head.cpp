// SPDX-License-Identifier: Apache-2.0
#include "base/http_head.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <charconv>

#include "base/status.hpp"

namespace berth::base {
namespace {

namespace http = boost::beast::http;
using boost::beast::iequals;

// Looks at every byte, so that the compiler can look at many at once.
bool has_control(std::string_view text) {
  bool found = false;
  for (const char c : text) found |= (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  return found;
}

// Beast joins folded lines and lets some control bytes by; both have been used to smuggle requests.
void check_lines(std::string_view raw) {
  for (std::size_t i = 0; i + 2 < raw.size();) {
    const std::size_t end = raw.find("\r\n", i);
    const std::string_view line = raw.substr(i, end - i);
    if (has_control(line)) throw bad_request("control byte in the head");
    if (line.starts_with(' ') || line.starts_with('\t')) throw bad_request("folded header line");
    i = end + 2;
  }
}

Headers headers_of(const http::fields& fields) {
  Headers headers;
  for (const auto& field : fields) headers.add(std::string(field.name_string()), std::string(field.value()));
  return headers;
}

std::uint64_t parse_length(std::string_view text) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    throw bad_request("malformed Content-Length");
  }
  return length;
}

// Nothing: the head names no framing.
std::optional<BodyFraming> framing_of(const Headers& headers, unsigned version) {
  const auto lengths = headers.get_all("Content-Length");
  const auto codings = headers.get_all("Transfer-Encoding");
  if (!lengths.empty() && !codings.empty()) throw bad_request("both Content-Length and Transfer-Encoding");
  if (lengths.size() > 1) throw bad_request("repeated Content-Length");
  if (!lengths.empty()) return BodyFraming{BodyFraming::Kind::Length, parse_length(lengths.front())};
  if (codings.empty()) return std::nullopt;
  if (codings.size() > 1 || !iequals(codings.front(), "chunked")) throw bad_request("unsupported Transfer-Encoding");
  if (version < 11) throw bad_request("Transfer-Encoding in HTTP/1.0");
  return BodyFraming{BodyFraming::Kind::Chunked, 0};
}

template <class Parser>
void parse(Parser& parser, std::string_view raw) {
  check_lines(raw);
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());  // HeadScanner has the limit
  parser.body_limit(boost::none);
  boost::beast::error_code code;
  const std::size_t used = parser.put(boost::asio::buffer(raw.data(), raw.size()), code);
  if (code) throw bad_request("malformed HTTP: " + code.message());
  if (used != raw.size() || !parser.is_header_done()) throw bad_request("malformed HTTP head");
}

}  // namespace

std::optional<std::size_t> HeadScanner::scan(std::string_view bytes, std::size_t limit) {
  if (!bytes.empty() && scanned_ == 0 && !http::detail::is_token_char(bytes.front())) {
    throw bad_request("not an HTTP request");  // a TLS handshake, most often
  }
  for (;;) {
    const std::size_t end = bytes.find('\n', scanned_);
    if (end == std::string_view::npos) break;
    if (end == 0 || bytes[end - 1] != '\r') throw bad_request("line without CR");
    const std::size_t start = std::exchange(line_, end + 1);
    scanned_ = line_;
    if (start == 0) check_first_line(bytes.substr(0, end - 1));
    if (line_ > limit) break;
    if (end - start == 1) return line_;
  }
  scanned_ = std::max(scanned_, bytes.size());
  if (scanned_ > limit || line_ > limit) {
    throw bad_request("the head is larger than " + std::to_string(limit) + " bytes");
  }
  return std::nullopt;
}

void HeadScanner::check_first_line(std::string_view line) const {
  const bool http1 = line.find("HTTP/1.") != std::string_view::npos;
  if (!http1) throw bad_request("only HTTP/1.0 and HTTP/1.1 are spoken here");
}

RequestHead parse_request_head(std::string_view raw) {
  http::request_parser<http::empty_body> parser;
  parse(parser, raw);
  const auto& message = parser.get();
  RequestHead head;
  head.request.method = std::string(message.method_string());
  head.request.target = std::string(message.target());
  head.request.headers = headers_of(message);
  const Headers& headers = head.request.headers;
  head.http10 = message.version() < 11;
  const std::size_t hosts = headers.get_all("Host").size();
  if (hosts > 1 || (hosts == 0 && !head.http10)) throw bad_request("exactly one Host header is required");
  head.body = framing_of(headers, message.version()).value_or(BodyFraming{});
  head.close = head.http10 || !parser.keep_alive();
  head.expects_continue = !head.http10 && iequals(headers.get("Expect"), "100-continue");
  return head;
}

ResponseHead parse_response_head(std::string_view raw, std::string_view method) {
  http::response_parser<http::empty_body> parser;
  parser.skip(method == "HEAD");
  parse(parser, raw);
  const auto& message = parser.get();
  ResponseHead head;
  head.response.status = static_cast<int>(message.result_int());
  head.response.headers = headers_of(message);
  const int status = head.response.status;
  const bool bodiless = method == "HEAD" || status / 100 == 1 || status == 204 || status == 304;
  if (!bodiless) {
    head.body =
        framing_of(head.response.headers, message.version()).value_or(BodyFraming{BodyFraming::Kind::UntilClose, 0});
  }
  head.close = !parser.keep_alive() || head.body.kind == BodyFraming::Kind::UntilClose;
  return head;
}

void append_header(std::string& head, std::string_view name, std::string_view value) {
  const bool name_ok = !name.empty() && std::all_of(name.begin(), name.end(), http::detail::is_token_char);
  if (!name_ok || has_control(value)) {
    throw internal_error("header \"" + std::string(name) + "\" has a byte that HTTP cannot carry");
  }
  head.append(name).append(": ").append(value).append("\r\n");
}

void append_headers(std::string& head, const Headers& headers) {
  for (const auto& [name, value] : headers) append_header(head, name, value);
}

}  // namespace berth::base
