// SPDX-License-Identifier: Apache-2.0
#include "store/key_ring.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "store/canary.hpp"
#include "store/sealed_key.hpp"
#include "store/store_fixture.hpp"

namespace berth::store {
namespace {

using base::Reason;
using ::testing::HasSubstr;
using testing::message_of;
using ::testing::Not;
using testing::reason_of;
using testing::TempDir;

class KeyRingTest : public ::testing::Test {
 protected:
  void write(const std::string& text) {
    std::filesystem::create_directories(keys());
    std::filesystem::permissions(keys(), std::filesystem::perms::owner_all);
    base::write_private_file(file(), text);
  }
  std::filesystem::path keys() const { return dir_ / "keys"; }
  std::filesystem::path file() const { return keys() / "ring.json"; }

  TempDir dir_;
};

TEST_F(KeyRingTest, IsMadeOnceAndPrivate) {
  const KeyRing made = KeyRing::open(keys(), true);
  struct stat info{};
  ASSERT_EQ(::stat(keys().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700u);
  ASSERT_EQ(::stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  const std::string sealed = made.seal("secret", "place");
  EXPECT_THAT(sealed, ::testing::StartsWith("berth:enc:v1:" + made.primary_id() + ":"));
  EXPECT_THAT(sealed, Not(HasSubstr("secret")));
  EXPECT_EQ(KeyRing::open(keys(), true).open_sealed(sealed, "place"), "secret");
  EXPECT_EQ(KeyRing::open(keys(), false).open_sealed(sealed, "place"), "secret");
}

TEST_F(KeyRingTest, IsNotMadeWhereItMustExist) {
  const auto open = [&] { KeyRing::open(keys(), false); };
  EXPECT_EQ(reason_of(open), Reason::NotFound);
  EXPECT_THAT(message_of(open), HasSubstr(file().string()));
  EXPECT_FALSE(std::filesystem::exists(keys()));
}

TEST_F(KeyRingTest, IsNotMadeBesideLeftovers) {
  KeyRing::open(keys(), true);
  std::filesystem::rename(file(), keys() / "ring.json.old");
  EXPECT_EQ(reason_of([&] { KeyRing::open(keys(), true); }), Reason::Forbidden);
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(KeyRingTest, RefusesWhatOthersMayRead) {
  KeyRing::open(keys(), true);
  const auto open = [&] { KeyRing::open(keys(), true); };
  ASSERT_EQ(::chmod(file().c_str(), 0640), 0);
  EXPECT_EQ(reason_of(open), Reason::Forbidden);
  EXPECT_THAT(message_of(open), ::testing::AllOf(HasSubstr(file().string()), HasSubstr("0640"), HasSubstr("0600")));
  ASSERT_EQ(::chmod(file().c_str(), 0600), 0);
  ASSERT_EQ(::chmod(keys().c_str(), 0755), 0);
  EXPECT_EQ(reason_of(open), Reason::Forbidden);
  EXPECT_THAT(message_of(open), ::testing::AllOf(HasSubstr(keys().string()), HasSubstr("0755"), HasSubstr("0700")));
}

TEST_F(KeyRingTest, RefusesADamagedFile) {
  for (const char* text : {"", "{", "{}", R"({"keys":[]})", R"({"keys":[{"id":"a","key":"AAAA"}]})",
                           R"({"keys":[{"id":"a:b","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]})"}) {
    write(text);
    const auto open = [&] { KeyRing::open(keys(), true); };
    EXPECT_EQ(reason_of(open), Reason::Forbidden) << text;
    EXPECT_THAT(message_of(open), HasSubstr(file().string())) << text;
  }
}

TEST_F(KeyRingTest, TheFirstKeyWritesAndAllRead) {
  const std::string a = R"({"id":"a","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})";
  const std::string b = R"({"id":"b","key":"BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="})";
  write(R"({"keys":[)" + a + "]}");
  const std::string old = KeyRing::open(keys(), false).seal("secret", "place");
  write(R"({"keys":[)" + b + "," + a + "]}");
  const KeyRing rotated = KeyRing::open(keys(), false);
  EXPECT_EQ(rotated.primary_id(), "b");
  EXPECT_EQ(rotated.open_sealed(old, "place"), "secret");
  write(R"({"keys":[)" + b + "]}");
  EXPECT_THAT(message_of([&] { KeyRing::open(keys(), false).open_sealed(old, "place"); }), HasSubstr("key a "));
}

TEST_F(KeyRingTest, ABoxIsBoundToItsPlace) {
  const KeyRing ring = KeyRing::open(keys(), true);
  std::string sealed = ring.seal("secret", "place");
  EXPECT_EQ(reason_of([&] { ring.open_sealed(sealed, "elsewhere"); }), Reason::InternalError);
  sealed[sealed.size() - 10] = sealed[sealed.size() - 10] == 'A' ? 'B' : 'A';
  const auto open = [&] { ring.open_sealed(sealed, "place"); };
  EXPECT_THAT(message_of(open), ::testing::AllOf(HasSubstr(ring.primary_id()), Not(HasSubstr("secret"))));
  for (const char* text : {"", "plain", "berth:enc:v1:", "berth:enc:v1:none", "berth:enc:v1:none:AAAA"}) {
    EXPECT_EQ(reason_of([&] { ring.open_sealed(text, "place"); }), Reason::InternalError) << text;
  }
}

TEST_F(KeyRingTest, TheCanaryCatchesAForeignRing) {
  const auto store = make_memory_store();
  base::run(check_canary(*store, KeyRing::open(keys(), true)));
  const auto sung = store->get_meta("canary");
  base::run(check_canary(*store, KeyRing::open(keys(), false)));
  EXPECT_EQ(store->get_meta("canary"), sung);

  const KeyRing foreign = KeyRing::open(dir_ / "foreign", true);
  const auto check = [&] { base::run(check_canary(*store, foreign)); };
  EXPECT_EQ(reason_of(check), Reason::Forbidden);
  EXPECT_THAT(message_of(check), HasSubstr((dir_ / "foreign").string()));
  EXPECT_EQ(store->get_meta("canary"), sung);
}

TEST_F(KeyRingTest, TheJournalKeyLivesSealedInTheStore) {
  RocksStoreOptions options = testing::rocks_options(dir_ / "db");
  const KeyRing ring = KeyRing::open(keys(), true);
  options.journal_key = journal_key_of(ring);
  {
    const auto store = open_rocks_store(options);
    base::run(store->append("audit", "one"));
  }
  {
    const auto store = open_rocks_store(options);
    base::run(store->append("audit", "two"));
    EXPECT_EQ(store->verify_journal("audit").records, 2u);
    EXPECT_FALSE(store->verify_journal("audit").first_bad);
  }
  const KeyRing foreign = KeyRing::open(dir_ / "foreign", true);
  options.journal_key = journal_key_of(foreign);
  const auto open = [&] { open_rocks_store(options); };
  EXPECT_EQ(reason_of(open), Reason::Forbidden);
  EXPECT_THAT(message_of(open), HasSubstr((dir_ / "foreign").string()));
}

TEST_F(KeyRingTest, TheJournalKeyFollowsARotationAndOlderKeysMayGo) {
  RocksStoreOptions options = testing::rocks_options(dir_ / "db");
  const KeyRing ring = KeyRing::open(keys(), true);
  options.journal_key = journal_key_of(ring);
  {
    const auto store = open_rocks_store(options);
    base::run(store->append("audit", "one"));
    testing::commit(*store, testing::put("a", "one"));
    ring.rotate();
    base::run(store->compact(store->revision()));
  }
  EXPECT_EQ(ring.drop_older(), 1u);
  EXPECT_EQ(ring.drop_older(), 0u);
  const KeyRing left = KeyRing::open(keys(), false);
  EXPECT_EQ(left.size(), 1u);
  EXPECT_EQ(left.primary_id(), ring.primary_id());
  {
    const auto store = open_rocks_store(options);
    EXPECT_EQ(store->verify_journal("audit").records, 1u);
    EXPECT_FALSE(store->verify_journal("audit").first_bad);
    ring.rotate();
  }
  open_rocks_store(options);  // a start does it, too
  EXPECT_EQ(ring.drop_older(), 1u);
  const auto store = open_rocks_store(options);
  EXPECT_EQ(store->verify_journal("audit").records, 1u);
}

}  // namespace
}  // namespace berth::store
