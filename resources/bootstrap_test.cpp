// SPDX-License-Identifier: Apache-2.0
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using testing::refusal;

class BootstrapTest : public testing::ResourcesTest {
 protected:
  std::unique_ptr<Resources> restart(const std::string& instance = "") {
    auto again = Resources::make({&store, &keys, &clock, &metrics});
    base::run(again->bootstrap(instance));
    return again;
  }
};

TEST_F(BootstrapTest, KeepsItsFactsAcrossRestarts) {
  EXPECT_EQ(resources->instance(), "test");
  const auto again = restart();
  EXPECT_EQ(again->instance(), "test");
  EXPECT_EQ(again->hash_key().bytes(), resources->hash_key().bytes());
  EXPECT_EQ(store.commits, 0) << "what is there is not made again";
}

TEST_F(BootstrapTest, AnOverrideIsStored) {
  EXPECT_EQ(restart("other")->instance(), "other");
  EXPECT_EQ(restart()->instance(), "other");
  EXPECT_EQ(refusal([&] { restart("no label!"); }).reason(), base::Reason::BadRequest);
}

TEST_F(BootstrapTest, AFreshInstanceIsRandom) {
  const auto one_store = store::make_memory_store();
  const auto one = Resources::make({one_store.get(), &keys, &clock, &metrics});
  base::run(one->bootstrap(""));
  EXPECT_EQ(one->instance().size(), 16u);
  EXPECT_EQ(one->instance().find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(one->hash_key().bytes(), resources->hash_key().bytes());
}

TEST_F(BootstrapTest, TheHashKeyIsSealed) {
  const std::string stored = store.get_meta("hash-key").value();
  EXPECT_TRUE(stored.starts_with("berth:enc:v1:"));
  EXPECT_EQ(stored.find(resources->hash_key().bytes()), std::string::npos);
}

TEST_F(BootstrapTest, FactsBeforeItAreAnError) {
  const auto fresh = Resources::make({&store, &keys, &clock, &metrics});
  EXPECT_THROW(fresh->instance(), base::Status);
}

}  // namespace
}  // namespace berth::resources
