// SPDX-License-Identifier: Apache-2.0
#pragma once
// The public API over one kept TLS connection; a watch has a connection of its own. Answers that are not 2xx are
// thrown as the Status that they carry; a server that cannot be reached is ServiceUnavailable naming it. A request that
// takes longer than Access::request_timeout is Timeout; watches are not bounded.
#include <map>
#include <memory>
#include <string>

#include "base/http_client.hpp"
#include "base/json.hpp"
#include "base/status.hpp"
#include "cli/kubeconfig.hpp"

namespace berth::cli {

using base::Json;
using base::Task;

struct Reply {
  int status = 200;
  Json body;
  std::vector<std::string> warnings;  // of Warning headers
};

class WatchStream {
 public:
  explicit WatchStream(std::unique_ptr<base::HttpClientConnection> connection);
  // The next frame {"type", "object"}; nothing at the end of the stream. An ERROR frame is thrown as its Status.
  Task<std::optional<Json>> next();

 private:
  std::unique_ptr<base::HttpClientConnection> connection_;
  std::string rest_;
};

class ApiClient {
 public:
  explicit ApiClient(Access access);

  Task<Reply> get(std::string path, std::string accept = "application/json");
  Task<Reply> send(std::string method, std::string path, std::string content_type, std::string body);
  Task<WatchStream> watch(std::string path, std::string accept = "application/json");
  // What a POST of JSON is answered with as it comes to pass, in frames like a watch's. Not bounded either.
  Task<WatchStream> follow(std::string path, std::string body);
  const Access& access() const { return access_; }

 private:
  Task<std::unique_ptr<base::HttpClientConnection>> connect();
  base::HttpRequest request(std::string method, std::string path, std::string accept) const;
  Task<WatchStream> open_stream(base::HttpRequest request);
  Task<Reply> exchange(base::HttpRequest request);
  Task<Reply> exchange_unbounded(base::HttpRequest request);

  Access access_;
  std::shared_ptr<base::TlsContext> tls_;
  std::unique_ptr<base::HttpClientConnection> connection_;
};

// The metav1.Status of an answer, or one made of its code and text.
base::Status status_of(int code, const std::string& body);

// The form that asks for a Table and takes plain JSON too.
inline constexpr std::string_view kTableAccept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

}  // namespace berth::cli
