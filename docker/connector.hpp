// SPDX-License-Identifier: Apache-2.0
#pragma once
// How to reach an engine: opens byte streams to its API socket, and says what it found out on the way. Loop only.
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/stream.hpp"

namespace berth::docker {

// A host key that a server showed and that nobody approved.
struct OfferedHostKey {
  std::size_t hop = 0;      // which server of the chain: 0 is the first jump, the last is the host itself
  std::string server;       // "192.0.2.7:22"
  std::string key;          // the line to pin: "ssh-ed25519 AAAA..."
  std::string fingerprint;  // "SHA256:..." as OpenSSH prints it
  bool operator==(const OfferedHostKey&) const = default;
};

// The way to an engine, as far as it is known.
struct LinkReport {
  std::string transport;  // "Unix", "Streamlocal", "DialStdio", "OpenSSH", "TCP"; "" before one worked
  std::string note;       // why this one and none before it; "" for the first choice
  std::string fault;      // the last failure in one word, "AuthenticationFailed"; "" when there was none, or no word
  enum class Trust { NotAsked, Trusted, Unknown, Changed } trust = Trust::NotAsked;
  std::string trust_message;
  std::optional<OfferedHostKey> offered;  // for Unknown and Changed
  bool operator==(const LinkReport&) const = default;
};

class Connector {
 public:
  virtual ~Connector() = default;
  // A fresh stream to the Engine API. Throws ServiceUnavailable in the transport's own words, Timeout.
  virtual base::Task<base::StreamPtr> connect(std::chrono::steady_clock::duration limit) = 0;
  // "unix:///var/run/docker.sock": for conditions and logs.
  virtual std::string describe() const = 0;
  virtual LinkReport report() const = 0;
  // A call got no answer in its time, or the engine is given up: the way may be dead, though nobody has said so.
  virtual void suspect() {}
  // No further stream can be opened until one of those that are there is closed.
  virtual bool full() const { return false; }
  // Called each time one is closed, from its destructor. The caller's; lives as long as the connector.
  virtual void on_room(std::function<void()>) {}
};

std::unique_ptr<Connector> unix_connector(std::string path);

}  // namespace berth::docker
