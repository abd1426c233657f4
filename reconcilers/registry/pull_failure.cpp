// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/registry/pull_failure.hpp"

#include <algorithm>
#include <array>

namespace berth::reconcilers {
namespace {

using base::Reason;
using std::chrono::minutes;
using std::chrono::seconds;

bool holds(std::string_view text, std::string_view words) { return text.find(words) != std::string_view::npos; }

bool is_network(std::string_view text) {
  constexpr std::array<std::string_view, 7> kWords{
      "dial tcp", "no such host",     "connection refused",   "i/o timeout",
      "EOF",      "request canceled", "TLS handshake timeout"};
  return std::ranges::any_of(kWords, [text](std::string_view words) { return holds(text, words); });
}

}  // namespace

PullFailure explain_pull(const base::Status& error, const std::string& host, const std::string& server,
                         const std::string& by) {
  const std::string& words = error.message();
  // Seen first: the engine may wrap it in words of any of the others.
  if (holds(words, "x509:") || holds(words, "certificate signed by unknown authority")) {
    return {"RegistryUntrusted",
            words + "; on host " + host + ", put the certificate of the registry's CA into /etc/docker/certs.d/" +
                server + "/ca.crt",
            {seconds(10), seconds(60)}};
  }
  if (holds(words, "server gave HTTP response to HTTPS client")) {
    return {"RegistryUntrusted",
            words + R"(; the registry has no TLS: on host )" + host + R"(, add "insecure-registries": [")" + server +
                R"("] to /etc/docker/daemon.json, and restart the engine)",
            {seconds(10), seconds(60)}};
  }
  const std::string told = words + " (" + by + ")";
  switch (error.reason()) {
    case Reason::TooManyRequests:
      return {"ImagePullRateLimited", told, {minutes(1), minutes(15)}};
    case Reason::Unauthorized:
    case Reason::Forbidden:
      return {"ImagePullDenied", told, {seconds(30), minutes(5)}};
    case Reason::NotFound:
      return {"ImageNotFound", words, {seconds(10), minutes(5)}};
    default:
      break;
  }
  if (is_network(words)) return {"RegistryUnreachable", words, {seconds(2), minutes(1)}};
  return {"ErrImagePull", words, {seconds(1), minutes(1)}};
}

}  // namespace berth::reconcilers
