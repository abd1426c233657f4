// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include "base/status.hpp"

namespace berth::base {
namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

Reason refusal(auto call) {
  try {
    call();
  } catch (const Status& status) {
    return status.reason();
  }
  ADD_FAILURE() << "accepted";
  return Reason::InternalError;
}

TEST(Key32, TakesThirtyTwoBytes) {
  const std::string bytes(32, 'k');
  EXPECT_EQ(Key32::from_bytes(bytes).bytes(), bytes);
  EXPECT_EQ(refusal([] { Key32::from_bytes("short"); }), Reason::BadRequest);
  EXPECT_NE(Key32::random().bytes(), Key32::random().bytes());
}

TEST(Random, GivesFreshIdentifiers) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = random_uuid();
    ASSERT_EQ(uuid.size(), 36U);
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(std::string_view("89ab").find(uuid[19]), std::string_view::npos);
    for (const std::size_t dash : {8, 13, 18, 23}) EXPECT_EQ(uuid[dash], '-');
    seen.insert(uuid);
  }
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_EQ(random_hex(5).size(), 10U);
  EXPECT_EQ(random_bytes(0), "");
}

TEST(Hash, MatchesFips180) {
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

// Computed with Python's hmac; RFC 4231 has no key of 32 bytes.
TEST(Hmac, MatchesAnotherImplementation) {
  const Key32 key = Key32::from_bytes(std::string(32, '\x0b'));
  EXPECT_EQ(to_hex(hmac_sha256(key, {"Hi There"})), "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7");
  EXPECT_EQ(hmac_sha256(key, {"Hi", "", " ", "There"}), hmac_sha256(key, {"Hi There"}));
  EXPECT_NE(hmac_sha256(key, {}), hmac_sha256(key, {"x"}));
}

TEST(Hmac, IsTheSameOnEveryThread) {
  const Key32 key = Key32::random();
  const std::string expected = hmac_sha256(key, {"text"});
  std::vector<std::thread> threads;
  std::array<int, 4> wrong{};
  for (int& count : wrong) {
    threads.emplace_back([&count, &key, &expected] {
      for (int i = 0; i < 500; ++i) count += hmac_sha256(key, {"te", "xt"}) != expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, (std::array<int, 4>{}));
}

// Computed with Python's hmac, step by step as RFC 5869 says; the RFC's own vectors use keys of 22 and 80 bytes.
TEST(Hkdf, MatchesAnotherImplementation) {
  const Key32 key = Key32::from_bytes(std::string(32, '\x0b'));
  EXPECT_EQ(to_hex(derive_key(key, from_hex("000102030405060708090a0b0c"), "info").bytes()),
            "2f016ed50d358562e49c8ffe9f9d6ec6cc922a5db63ac43bf90041f42b0fdb81");
  EXPECT_NE(derive_key(key, "salt", "a").bytes(), derive_key(key, "salt", "b").bytes());
  EXPECT_NE(derive_key(key, "salt", "a").bytes(), derive_key(key, "pepper", "a").bytes());
  EXPECT_EQ(derive_key(key, "", "").bytes().size(), 32U);
}

TEST(Seal, OpensWithTheSameKeyAndContextOnly) {
  const Key32 key = Key32::random();
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 100'000U}) {
    const std::string plaintext = random_bytes(size);
    const std::string box = seal(key, plaintext, "secrets/default/s");
    EXPECT_EQ(box.size(), size + 60);
    EXPECT_EQ(open(key, box, "secrets/default/s"), plaintext);
    EXPECT_EQ(refusal([&] { open(key, box, "secrets/default/t"); }), Reason::BadRequest);
    EXPECT_EQ(refusal([&] { open(Key32::random(), box, "secrets/default/s"); }), Reason::BadRequest);
  }
}

TEST(Seal, NoticesEveryChangedBit) {
  const Key32 key = Key32::random();
  const std::string box = seal(key, "value", "context");
  for (std::size_t bit = 0; bit < box.size() * 8; ++bit) {
    std::string changed = box;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(refusal([&] { open(key, changed, "context"); }), Reason::BadRequest);
  }
  for (std::size_t size = 0; size < box.size(); ++size) {
    EXPECT_EQ(refusal([&] { open(key, box.substr(0, size), "context"); }), Reason::BadRequest);
  }
}

TEST(Seal, NeverGivesTheSameBytesTwice) {
  const Key32 key = Key32::random();
  EXPECT_NE(seal(key, "value", ""), seal(key, "value", ""));
  EXPECT_EQ(seal(key, "the value", "").find("the value"), std::string::npos);
}

TEST(Base64, MatchesRfc4648) {
  const std::vector<std::pair<std::string, std::string>> cases{{"", ""},
                                                               {"f", "Zg=="},
                                                               {"fo", "Zm8="},
                                                               {"foo", "Zm9v"},
                                                               {"foob", "Zm9vYg=="},
                                                               {"fooba", "Zm9vYmE="},
                                                               {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  EXPECT_EQ(to_base64("\xfb\xff\xfe"), "+//+");
  EXPECT_EQ(to_base64url("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(to_base64url("f"), "Zg==");
  for (const auto& [bytes, text] : cases) EXPECT_EQ(to_bare_base64url(bytes), text.substr(0, text.find('=')));
  EXPECT_EQ(from_bare_base64url("Zg"), "f");
  EXPECT_EQ(from_bare_base64url("-__-"), "\xfb\xff\xfe");
  for (const char* bad : {"Zg==", "+//+", "Z", "Z!"}) EXPECT_THROW(from_bare_base64url(bad), Status) << bad;
}

TEST(Base64, ReadsBackWhatItWrote) {
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string bytes = random_bytes(size);
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
  }
}

TEST(Base64, RefusesWhatIsMalformed) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm9v\n", "Zm 9v", " Zm9",
                           "Zg==Zg==", "====", "Z===", "Zm-v", "Zm_v", "=Zg="}) {
    EXPECT_EQ(refusal([text] { from_base64(text); }), Reason::BadRequest) << text;
  }
}

TEST(EqualConstantTime, Compares) {
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("abc", "abcd"));
}

}  // namespace
}  // namespace berth::base
