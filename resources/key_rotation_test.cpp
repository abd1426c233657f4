// SPDX-License-Identifier: Apache-2.0
#include "resources/key_rotation.hpp"

#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

class KeyRotationTest : public testing::ResourcesTest {
 protected:
  void make(const std::string& name, const std::string& value) {
    create(secret, R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":")" + name + R"("},"stringData":{"k":")" +
                       value + "\"}}");
  }
  std::string stored() {
    std::string all;
    for (const auto& entry : store.list({}).entries) all += *entry.value + "\n";
    return all;
  }
  KeyRotationReport rotate() { return base::run(resources->key_rotation().rotate(user)); }
  std::string value_of(const std::string& name) {
    return std::string(resources->open_secret(controller, "default", name, "k").reveal_for_engine());
  }
};

TEST_F(KeyRotationTest, SealsEverythingAnewAndChangesNothing) {
  make("a", "one");
  make("b", "two");
  const std::string before = keys.primary_id();
  const Json shown = live(secret, "a");
  const KeyRotationReport report = rotate();
  EXPECT_FALSE(report.resumed);
  EXPECT_EQ(report.key, keys.primary_id());
  EXPECT_NE(report.key, before);
  EXPECT_EQ(report.rewrapped, 4u) << "two Secrets, and the two keys that resources keeps";
  EXPECT_EQ(stored().find(before), std::string::npos);
  EXPECT_EQ(value_of("a"), "one");
  EXPECT_EQ(value_of("b"), "two");
  Json after = live(secret, "a");
  EXPECT_NE(base::string_at(after, "metadata.resourceVersion"), base::string_at(shown, "metadata.resourceVersion"));
  after.at("metadata").as_object()["resourceVersion"] = base::string_at(shown, "metadata.resourceVersion");
  EXPECT_EQ(after, shown) << "nothing but the version differs";
}

TEST_F(KeyRotationTest, GoesOnWithWhatWasInterrupted) {
  make("a", "one");
  make("b", "two");
  const std::string key = keys.rotate();
  make("c", "three");
  const KeyRotationReport report = rotate();
  EXPECT_TRUE(report.resumed);
  EXPECT_EQ(report.key, key);
  EXPECT_EQ(report.rewrapped, 4u);
  EXPECT_FALSE(rotate().resumed);
}

TEST_F(KeyRotationTest, AStartGoesOnWithWhatWasInterrupted) {
  const auto tidy = [&] { base::run(resources->key_rotation().tidy()); };
  make("a", "one");
  forget();
  tidy();
  EXPECT_EQ(store.commits + store.appends, 0) << "one key: nothing to do";
  const std::string key = keys.rotate();
  tidy();
  EXPECT_EQ(keys.primary_id(), key);
  EXPECT_EQ(value_of("a"), "one");
  const std::string all = stored();
  EXPECT_NE(all.find(key), std::string::npos);
  EXPECT_FALSE(rotate().resumed) << "nothing was left";
}

TEST_F(KeyRotationTest, AKeyGoesWhenNoKeptVersionNeedsIt) {
  const auto tidy = [&] { base::run(resources->key_rotation().tidy()); };
  make("a", "one");
  rotate();
  tidy();
  EXPECT_EQ(keys.size(), 2u) << "a write may be on its way that was sealed before";
  clock.advance(std::chrono::minutes(2));
  tidy();
  base::run(store.compact(store.revision() - 1));
  tidy();
  EXPECT_EQ(keys.size(), 2u) << "versions of before are kept";
  make("b", "two");
  base::run(store.compact(store.revision() - 1));
  tidy();
  EXPECT_EQ(keys.size(), 1u);
  EXPECT_EQ(value_of("a"), "one");
  EXPECT_EQ(value_of("b"), "two");
  EXPECT_EQ(store::KeyRing::open(keys.directory(), false).size(), 1u);
  EXPECT_EQ(base::string_at(audit().back(), "action"), "drop-keys");
  rotate();
  clock.advance(std::chrono::minutes(2));
  tidy();
  tidy();
  EXPECT_EQ(keys.size(), 2u) << "the next one waits as long";
}

TEST_F(KeyRotationTest, AWriteBetweenIsNeitherLostNorOverwritten) {
  make("a", "one");
  store.before_commit = [this] { merge(secret, "a", R"({"stringData":{"k":"newer"}})"); };
  rotate();
  EXPECT_EQ(value_of("a"), "newer");
}

TEST_F(KeyRotationTest, TextThatLooksLikeABoxIsLeftAlone) {
  create(
      config_map,
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"odd"},"data":{"k":"berth:enc:v1:k-00000000:AAAA"}})");
  make("berth", "berth:enc:v1:k-00000000:AAAA");
  EXPECT_FALSE(rotate().resumed);
  EXPECT_FALSE(rotate().resumed);
  EXPECT_EQ(value_of("berth"), "berth:enc:v1:k-00000000:AAAA");
}

TEST_F(KeyRotationTest, IsOnRecord) {
  make("a", "one");
  const std::size_t before = audit().size();
  rotate();
  std::vector<std::string> verbs;
  for (const Json& record : audit(before + 1)) {
    verbs.emplace_back(base::string_at(record, "verb"));
    if (verbs.back().empty()) verbs.back() = base::string_at(record, "action");
    EXPECT_EQ(base::string_at(record, "actor"), "alice");
  }
  EXPECT_EQ(verbs, (std::vector<std::string>{"rotate-keys", "rewrap", "rotate-keys"}));
}

TEST_F(KeyRotationTest, TheRingOnDiskHasEveryKey) {
  make("a", "one");
  const std::string before = keys.primary_id();
  rotate();
  const store::KeyRing opened = store::KeyRing::open(keys.directory(), false);
  EXPECT_EQ(opened.primary_id(), keys.primary_id());
  EXPECT_NE(opened.primary_id(), before);
  EXPECT_EQ(opened.open_sealed(keys.seal("x", "c"), "c"), "x");
}

}  // namespace
}  // namespace berth::resources
