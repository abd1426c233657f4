// SPDX-License-Identifier: Apache-2.0
// The bodies of api/server_testing.hpp.
#include "api/server_testing.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace berth::api::testing {
namespace {

using base::HttpResponse;
using base::Task;

Task<void> connect(std::uint16_t port, std::string ca, std::optional<base::PemPair> identity,
                   std::unique_ptr<base::HttpClientConnection>& http) {
  base::StreamPtr stream = co_await base::connect_tcp("127.0.0.1", port, std::chrono::seconds(10));
  if (!ca.empty()) {
    auto context = base::TlsContext::for_client(ca, identity);
    stream = co_await base::connect_tls(std::move(stream), std::move(context), "127.0.0.1", std::chrono::seconds(10));
  }
  http = std::make_unique<base::HttpClientConnection>(std::move(stream));
}

Task<void> send_on(base::HttpClientConnection& http, base::HttpRequest request, HttpResponse& response) {
  response = co_await http.send(request);
}

Task<void> begin_on(base::HttpClientConnection& http, base::HttpRequest request, HttpResponse& response) {
  response = co_await http.send_for_stream(request);
}

Task<void> read_on(base::HttpClientConnection& http, std::string& piece) { piece = co_await http.read_body(); }

Task<void> write_on(base::HttpClientConnection& http, std::string bytes) { co_await http.stream().write(bytes); }

Task<void> read_all(base::HttpClientConnection& http, std::string& bytes) {
  std::string chunk(64 * 1024, '\0');
  http.stream().expires_after(std::chrono::seconds(20));
  while (const std::size_t count = co_await http.stream().read_some(base::asio::buffer(chunk))) {
    bytes.append(chunk, 0, count);
  }
}

Task<void> read_up_to(base::HttpClientConnection& http, std::string text, std::string& bytes) {
  char byte = 0;
  http.stream().expires_after(std::chrono::seconds(20));
  while (!bytes.ends_with(text) && co_await http.stream().read_some(base::asio::buffer(&byte, 1)) == 1) bytes += byte;
}

Task<void> close_on(base::HttpClientConnection& http) {
  http.stream().close();
  co_return;
}

base::HttpRequest request_of(const std::string& method, const std::string& target, const std::string& body,
                             const HeaderList& headers) {
  base::HttpRequest request;
  request.method = method;
  request.target = target;
  request.body = body;
  request.headers.add("Host", "127.0.0.1");
  for (const auto& [name, value] : headers) request.headers.set(name, value);
  return request;
}

Task<void> bootstrap(resources::Resources& resources) { co_await resources.bootstrap(""); }

}  // namespace

Client::Client(base::Loop& loop, std::uint16_t port, const std::string& ca, std::optional<base::PemPair> identity)
    : loop_(loop) {
  loop_.run_and_wait([&] { return connect(port, ca, identity, http_); });
}

Client::~Client() {
  if (http_) close();
}

HttpResponse Client::send(const std::string& method, const std::string& target, const std::string& body,
                          const HeaderList& headers) {
  HttpResponse response;
  loop_.run_and_wait([&] { return send_on(*http_, request_of(method, target, body, headers), response); });
  return response;
}

HttpResponse Client::begin(const std::string& target, const HeaderList& headers) {
  HttpResponse response;
  loop_.run_and_wait([&] { return begin_on(*http_, request_of("GET", target, "", headers), response); });
  return response;
}

std::optional<std::string> Client::next_line() {
  while (true) {
    const auto end = read_.find('\n');
    if (end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    std::string piece;
    loop_.run_and_wait([&] { return read_on(*http_, piece); });
    if (piece.empty()) return std::nullopt;
    read_ += piece;
  }
}

base::Json Client::next_event() {
  const auto line = next_line();
  if (line) return base::parse_json(*line);
  ADD_FAILURE() << "the stream ended";
  return base::JsonObject{};
}

void Client::write(const std::string& bytes) {
  loop_.run_and_wait([&] { return write_on(*http_, bytes); });
}

std::string Client::read_to_end() {
  std::string bytes;
  loop_.run_and_wait([&] { return read_all(*http_, bytes); });
  return bytes;
}

std::string Client::read_until(const std::string& text) {
  std::string bytes;
  loop_.run_and_wait([&] { return read_up_to(*http_, text, bytes); });
  return bytes;
}

void Client::close() {
  loop_.run_and_wait([&] { return close_on(*http_); });
}

ServerTest::ServerTest() : folder_(std::filesystem::temp_directory_path() / ("berth-api-" + base::random_hex(8))) {
  store_ = store::make_memory_store();
  keys_ = store::KeyRing::open(folder_ / "ring", true);
  resources_ = resources::Resources::make({store_.get(), &*keys_, &clock_, &metrics_});
  first_loop_.run_and_wait([&] { return bootstrap(*resources_); });
  // Certificates are checked against the machine's clock.
  pki_ = open_pki({folder_ / "data", folder_ / "keys", {}}, base::real_clock());
  base::LeafRequest request;
  request.common_name = "berth-admin";
  request.organizations = {"system:masters"};
  admin_identity_ = base::make_leaf(pki_.ca, request, base::real_clock().now());
  options_.listen = "127.0.0.1:0";
  options_.tls = ServerTls{pki_.server, pki_.ca.certificate};
  options_.resources = resources_.get();
  options_.metrics = &metrics_;
  options_.clock = &clock_;
}

ServerTest::~ServerTest() {
  if (server_ && !drained_) drain(std::chrono::seconds(10));
  server_.reset();
  store_->close();
  std::filesystem::remove_all(folder_);
}

void ServerTest::start() {
  server_ = std::make_unique<Server>(options_);
  server_->start({first_loop_.executor(), second_loop_.executor()});
}

void ServerTest::drain(std::chrono::milliseconds limit) {
  drained_ = true;
  base::Loop loop("drain");
  loop.run_and_wait([&] { return server_->drain(limit); });
}

double ServerTest::metric(const std::string& name) {
  const std::string text = "\n" + metrics_.expose();
  const auto at = text.find("\n" + name + " ");
  if (at == std::string::npos) return 0;
  return std::stod(text.substr(at + name.size() + 2));
}

void ServerTest::await_metric(const std::string& name, double value) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (metric(name) != value) {
    if (std::chrono::steady_clock::now() > deadline) FAIL() << name << " is " << metric(name) << ", not " << value;
    std::this_thread::yield();
  }
}

std::string container(const std::string& name, const std::string& image) {
  return R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":")" + name +
         R"("},"spec":{"host":"local","image":")" + image + R"("}})";
}

base::Json status_of(const HttpResponse& response) {
  EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
  base::Json json = base::parse_json(response.body);
  EXPECT_EQ(base::string_at(json, "kind"), "Status") << response.body;
  EXPECT_EQ(base::string_at(json, "apiVersion"), "v1");
  EXPECT_EQ(base::string_at(json, "status"), "Failure");
  EXPECT_FALSE(base::string_at(json, "message").empty());
  EXPECT_EQ(base::int_at(json, "code"), response.status);
  return json;
}

}  // namespace berth::api::testing
