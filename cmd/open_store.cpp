// SPDX-License-Identifier: Apache-2.0
#include "cmd/open_store.hpp"

#include <cstdio>

#include "base/status.hpp"
#include "resources/audit/audit.hpp"
#include "store/rocks_store.hpp"

namespace berth::cmd {
namespace {

std::filesystem::path database_dir(const Config& config) { return config.data_dir / "db"; }

}  // namespace

bool holds_store(const Config& config) { return store::holds_database(database_dir(config)); }

std::unique_ptr<store::Store> open_store(const Config& config, const store::KeyRing& ring, base::Metrics& metrics) {
  store::RocksStoreOptions options;
  options.dir = database_dir(config);
  options.floor_file = config.data_dir / "revision.floor";
  // With the keys: who can write the data folder alone cannot turn it back.
  options.checkpoint_file = config.key_dir / "journal.checkpoints";
  options.journal_keep = {config.audit_keep_records, std::chrono::hours(24) * config.audit_keep_days};
  options.journal_key = store::journal_key_of(ring);
  options.metrics = &metrics;
  options.clock = &base::real_clock();
  return store::open_rocks_store(std::move(options));
}

int verify_audit(const Config& config) {
  if (!holds_store(config)) throw base::bad_request("there is no database in " + config.data_dir.string());
  base::Metrics metrics;
  const store::KeyRing ring = store::KeyRing::open(config.key_dir, false);
  const auto store = open_store(config, ring, metrics);
  const store::JournalReport report = store->verify_journal(resources::kAuditJournal);
  if (report.first_bad) {
    std::fprintf(stderr, "error: the audit does not hold at record %llu: %s\n",
                 static_cast<unsigned long long>(*report.first_bad), report.problem.c_str());
    return 1;
  }
  std::printf("the audit holds: %llu records from %llu on, newest checkpoint at %llu\n",
              static_cast<unsigned long long>(report.records), static_cast<unsigned long long>(report.first),
              static_cast<unsigned long long>(report.checkpoint.value_or(0)));
  return 0;
}

}  // namespace berth::cmd
