// SPDX-License-Identifier: Apache-2.0
#include "docker/connector.hpp"

namespace berth::docker {

namespace {

class UnixConnector : public Connector {
 public:
  explicit UnixConnector(std::string path) : path_(std::move(path)) {}

  base::Task<base::StreamPtr> connect(std::chrono::steady_clock::duration limit) override {
    return base::connect_unix(path_, limit);
  }
  std::string describe() const override { return "unix://" + path_; }
  LinkReport report() const override {
    LinkReport report;
    report.transport = "Unix";
    return report;
  }

 private:
  std::string path_;
};

}  // namespace

std::unique_ptr<Connector> unix_connector(std::string path) { return std::make_unique<UnixConnector>(std::move(path)); }

}  // namespace berth::docker
