// SPDX-License-Identifier: Apache-2.0
#pragma once
// A client of berthd for the benches: the address and credentials of an admin.kubeconfig, and one kept connection.
#include <string>
#include <vector>

#include "base/http_client.hpp"
#include "base/json.hpp"
#include "base/tls.hpp"

namespace berth::bench {

struct Credentials {
  std::string host;
  std::uint16_t port = 0;
  std::string ca;  // PEM
  base::PemPair identity;
  std::shared_ptr<base::TlsContext> tls;  // of the two
};
// Throws BadRequest when the file lacks a part.
Credentials read_kubeconfig(const std::string& path);

class ApiSession {
 public:
  static base::Task<std::unique_ptr<ApiSession>> open(Credentials credentials);
  // Throws the Status of an answer that is not 2xx.
  base::Task<base::HttpResponse> send(std::string method, std::string path, std::string body = {});
  base::HttpClientConnection& connection() { return *connection_; }

 private:
  explicit ApiSession(std::unique_ptr<base::HttpClientConnection> connection) : connection_(std::move(connection)) {}
  std::unique_ptr<base::HttpClientConnection> connection_;
};

// A Container of about 1 KiB, on a Host that need not exist.
std::string container_body(const std::string& name, const std::string& host);

// Middle and 99th of a hundred, of values in any order.
double median(std::vector<double> values);
double percentile(std::vector<double> values, double share);

}  // namespace berth::bench
