// SPDX-License-Identifier: Apache-2.0
// The limit for creates: a server on the same HTTP, TLS and RocksDB that keeps what it is sent, and knows no schema, no
// rights and no history. A POST is parsed, gets a uid, a time and a revision, and is durable with a record of who wrote
// it before it is answered with the object; whatever waits is one batch. `bench_bare --dir D --kubeconfig F` serves
// until its input ends.
#include <rocksdb/db.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <span>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/scope.hpp"
#include "base/status.hpp"
#include "bench/peer_server.hpp"
#include "store/commit_queue.hpp"
#include "store/rocks_store.hpp"

namespace berth::bench {
namespace {

std::unique_ptr<rocksdb::DB> open_database(const std::string& dir) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = store::RocksStoreOptions{}.memtable_bytes;
  rocksdb::DB* database = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(options, dir, &database);
  if (!opened.ok()) throw base::Status(base::Reason::InternalError, opened.ToString());
  return std::unique_ptr<rocksdb::DB>(database);
}

class BareServer {
 public:
  explicit BareServer(const std::string& dir)
      : database_(open_database(dir)), queue_([this](std::span<store::Pending* const> group) { commit(group); }) {}

  base::Task<void> answer(base::HttpServerConnection& http, const base::HttpRequest& request) {
    base::Json object = base::parse_json(request.body);
    base::JsonObject& metadata = object.as_object()["metadata"].as_object();
    metadata["uid"] = base::random_uuid();
    metadata["creationTimestamp"] = base::format_time(std::chrono::system_clock::now());
    metadata["resourceVersion"] = std::to_string(++revision_);
    base::HttpResponse response;
    response.status = 201;
    response.body = base::to_canonical(object);
    store::Pending pending;
    pending.request = store::MetaPut{request.target + "/" + std::string(metadata["name"].as_string()), response.body};
    co_await queue_.submit(pending);
    co_await http.respond(response);
  }

 private:
  void commit(std::span<store::Pending* const> group) {
    rocksdb::WriteBatch batch;
    for (const store::Pending* pending : group) {
      const auto& put = std::get<store::MetaPut>(pending->request);
      batch.Put(put.name, put.bytes);
      std::string record = R"({"user":"bench","verb":"create","object":)";
      base::append_quoted(record, put.name);
      record += '}';
      batch.Put("audit/" + std::to_string(++records_), record);
    }
    rocksdb::WriteOptions durable;
    durable.sync = true;
    const rocksdb::Status written = database_->Write(durable, &batch);
    store::LoopPosts posts;
    for (store::Pending* pending : group) {
      if (!written.ok()) {
        pending->error = std::make_exception_ptr(base::Status(base::Reason::InternalError, written.ToString()));
      }
      posts.resume(*pending->loop, std::move(*pending->resume));
    }
    posts.send();
  }

  std::unique_ptr<rocksdb::DB> database_;
  std::uint64_t revision_ = 0;  // of the loop
  std::uint64_t records_ = 0;   // of the committer
  store::CommitQueue queue_;    // last: its thread ends before what it uses
};

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  CLI::App app{"a server that keeps what it is sent"};
  std::string dir, kubeconfig;
  app.add_option("--dir", dir)->required();
  app.add_option("--kubeconfig", kubeconfig)->required();
  CLI11_PARSE(app, argc, argv);
  bench::BareServer server(dir);
  const bench::Answer answer = [&server](base::HttpServerConnection& http, const base::HttpRequest& request) {
    return server.answer(http, request);
  };
  base::run(bench::run_peer_server(kubeconfig, answer));
  return 0;
}
