// SPDX-License-Identifier: Apache-2.0
// Many writers of one object over the store on disk, whose commits take turns: who names no version loses nothing.
#include "resources/resources_fixture.hpp"
#include "store/rocks_store.hpp"
#include "store/sealed_key.hpp"

namespace berth::resources {
namespace {

class ContentionTest : public ::testing::Test {
 protected:
  ContentionTest() {
    base::set_log_level(base::LogLevel::Error);
    base::run(resources_->bootstrap("test"));
  }
  ~ContentionTest() override {
    resources_.reset();
    store_.reset();
    std::filesystem::remove_all(dir_);
  }

  void create() {
    base::run(resources_->create(user_, map_, "default",
                                 testing::body_of(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}})"),
                                 {}));
  }
  static Json with_data(const std::string& key) {
    return base::parse_json(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{")" + key +
                            R"(":"x"}})");
  }

  Task<void> apply_as(std::string manager) {
    ApplyOptions options;
    options.write.field_manager = manager;
    co_await tell(resources_->apply(user_, map_, "default", "c", Part::Main, Body{with_data(manager), {}}, options));
  }
  Task<void> put(std::string key) {
    co_await tell(resources_->update(user_, map_, "default", "c", Part::Main, Body{with_data(key), {}}, {}));
  }
  Task<void> label(std::string key) {
    Body patch = testing::body_of(R"({"metadata":{"labels":{")" + key + R"(":"x"}}})");
    co_await tell(resources_->patch(user_, map_, "default", "c", Part::Main, PatchType::Merge, std::move(patch), {}));
  }
  Task<void> drop() { co_await tell(resources_->remove(user_, map_, "default", "c", {})); }

  Task<void> tell(Task<Written> write) {
    try {
      ++outcomes_[(co_await std::move(write)).outcome];
    } catch (const base::Status& status) {
      ++refusals_[status.reason()];
    }
  }

  // All at once, on one loop.
  Task<void> run_all(std::vector<Task<void>> writers) {
    base::Scope scope(co_await base::this_loop(), "writers");
    for (Task<void>& writer : writers) scope.spawn(std::move(writer));
    co_await scope.join();
  }

  static std::filesystem::path fresh_dir() {
    std::string name = (std::filesystem::temp_directory_path() / "berth-contention-XXXXXX").string();
    return ::mkdtemp(name.data());
  }
  std::unique_ptr<store::Store> open() {
    store::RocksStoreOptions options;
    options.dir = dir_ / "db";
    options.journal_key = store::journal_key_of(keys_);
    options.reserve_bytes = 0;
    return store::open_rocks_store(std::move(options));
  }

  const Caller user_{"alice", {"system:masters"}, "certificate", "192.0.2.7:51234", "req-1"};
  const Kind& map_ = testing::kind_named("ConfigMap");
  const std::filesystem::path dir_ = fresh_dir();
  store::KeyRing keys_ = store::KeyRing::open(dir_ / "keys", true);
  std::unique_ptr<store::Store> store_ = open();
  base::FakeClock clock_;
  base::Metrics metrics_;
  std::unique_ptr<Resources> resources_ = Resources::make({store_.get(), &keys_, &clock_, &metrics_});
  std::map<Written::Outcome, int> outcomes_;
  std::map<base::Reason, int> refusals_;
};

TEST_F(ContentionTest, EveryManagersApplyIsMade) {
  std::vector<Task<void>> writers;
  for (int i = 0; i < 12; ++i) writers.push_back(apply_as("m" + std::to_string(i)));
  base::run(run_all(std::move(writers)));
  EXPECT_EQ(refusals_, (std::map<base::Reason, int>{}));
  EXPECT_EQ(resources_->get(map_, "default", "c").parse().at("data").as_object().size(), 12u);
}

TEST_F(ContentionTest, EveryPutWithoutAVersionIsMade) {
  create();
  std::vector<Task<void>> writers;
  for (int i = 0; i < 24; ++i) writers.push_back(put("k" + std::to_string(i)));
  base::run(run_all(std::move(writers)));
  EXPECT_EQ(outcomes_, (std::map<Written::Outcome, int>{{Written::Outcome::Changed, 24}}));
  EXPECT_EQ(refusals_, (std::map<base::Reason, int>{}));
}

TEST_F(ContentionTest, ADeleteAmidPatchesIsMade) {
  create();
  std::vector<Task<void>> writers;
  for (int i = 0; i < 12; ++i) writers.push_back(label("l" + std::to_string(i)));
  writers.push_back(drop());
  base::run(run_all(std::move(writers)));
  EXPECT_EQ(outcomes_[Written::Outcome::Deleted], 1);
  EXPECT_EQ(outcomes_[Written::Outcome::Changed] + refusals_[base::Reason::NotFound], 12);
  EXPECT_EQ(refusals_[base::Reason::Conflict], 0);
}

}  // namespace
}  // namespace berth::resources
