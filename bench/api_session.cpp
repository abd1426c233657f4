// SPDX-License-Identifier: Apache-2.0
#include "bench/api_session.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

#include "base/crypto.hpp"
#include "base/status.hpp"
#include "base/yaml.hpp"

namespace berth::bench {
namespace {

constexpr std::chrono::seconds kConnectLimit{10};

std::string decoded(const base::Json& object, const char* key) {
  const std::string_view text = base::string_at(object, key);
  if (text.empty()) throw base::bad_request(std::string("kubeconfig: no ") + key);
  return base::from_base64(text);
}

}  // namespace

Credentials read_kubeconfig(const std::string& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const base::Json config = base::parse_one_yaml(text).value;
  const base::Json& cluster = config.at("clusters").at(0).at("cluster");
  const base::Json& user = config.at("users").at(0).at("user");
  std::string_view server = base::string_at(cluster, "server");
  server.remove_prefix(std::string_view("https://").size());
  const auto colon = server.rfind(':');
  Credentials credentials;
  credentials.host = server.substr(0, colon);
  const std::string_view port = server.substr(colon + 1);
  std::from_chars(port.data(), port.data() + port.size(), credentials.port);
  credentials.ca = decoded(cluster, "certificate-authority-data");
  credentials.identity = {decoded(user, "client-certificate-data"), decoded(user, "client-key-data")};
  credentials.tls = base::TlsContext::for_client(credentials.ca, credentials.identity);
  return credentials;
}

base::Task<std::unique_ptr<ApiSession>> ApiSession::open(Credentials credentials) {
  base::StreamPtr plain = co_await base::connect_tcp(credentials.host, credentials.port, kConnectLimit);
  base::StreamPtr secured =
      co_await base::connect_tls(std::move(plain), credentials.tls, credentials.host, kConnectLimit);
  auto connection = std::make_unique<base::HttpClientConnection>(std::move(secured));
  co_return std::unique_ptr<ApiSession>(new ApiSession(std::move(connection)));
}

base::Task<base::HttpResponse> ApiSession::send(std::string method, std::string path, std::string body) {
  base::HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(path);
  request.headers.add("Host", "berthd");
  request.headers.add("Accept", "application/json");
  if (!body.empty()) {
    request.headers.add("Content-Type",
                        request.method == "PATCH" ? "application/apply-patch+yaml" : "application/json");
  }
  request.body = std::move(body);
  base::HttpResponse response = co_await connection_->send(request);
  if (response.status >= 300) throw base::internal_error(std::to_string(response.status) + ": " + response.body);
  co_return response;
}

std::string container_body(const std::string& name, const std::string& host) {
  base::Json env = base::JsonArray{};
  for (int i = 0; i < 8; ++i) {
    const std::string number = std::to_string(i);
    env.get_array().push_back(
        base::Json{{"name", "SETTING_" + number}, {"value", "a value of this setting " + number}});
  }
  const base::Json body{
      {"apiVersion", "berth.dev/v1"},
      {"kind", "Container"},
      {"metadata", {{"name", name}, {"labels", {{"app", "bench"}, {"tier", "web"}}}}},
      {"spec",
       {{"host", host}, {"image", "busybox:test"}, {"command", {"sleep", "100000"}}, {"env", env}, {"stopTimeout", 1}}},
  };
  return base::to_canonical(body);
}

double median(std::vector<double> values) { return percentile(std::move(values), 0.5); }

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

}  // namespace berth::bench
