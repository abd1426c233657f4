// SPDX-License-Identifier: Apache-2.0
#include "docker/bcrypt_kdf.hpp"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <vector>

#include "base/crypto.hpp"
#include "base/openssl_handles.hpp"

namespace berth::docker {
namespace {

constexpr std::size_t kSubkeys = 18;
constexpr std::size_t kBoxes = 4;
constexpr std::size_t kBox = 256;
constexpr std::size_t kWords = kSubkeys + kBoxes * kBox;
constexpr std::size_t kHash = 32;
constexpr int kRepeats = 64;

using BigPtr = std::unique_ptr<BIGNUM, base::OpensslDeleter<&::BN_clear_free>>;

BigPtr shifted_one(int bits) {
  BigPtr number(BN_new());
  BN_one(number.get());
  BN_lshift(number.get(), number.get(), bits);
  return number;
}

// The arc tangent of 1/x in so many bits behind the point, by its series.
BigPtr arc_tangent(BN_ULONG x, int bits) {
  BigPtr power = shifted_one(bits);
  BN_div_word(power.get(), x);
  BigPtr sum(BN_dup(power.get()));
  const BigPtr term(BN_new());
  for (BN_ULONG n = 3; !BN_is_zero(power.get()); n += 2) {
    BN_div_word(power.get(), x * x);
    BN_copy(term.get(), power.get());
    BN_div_word(term.get(), n);
    (n % 4 == 3 ? BN_sub : BN_add)(sum.get(), sum.get(), term.get());
  }
  return sum;
}

// Blowfish begins with the digits of pi behind the point. They are computed (Machin: pi = 16 atan 1/5 - 4 atan 1/239),
// once.
const std::vector<std::uint32_t>& digits_of_pi() {
  static const std::vector<std::uint32_t> digits = [] {
    constexpr int kGuard = 64;
    constexpr int kBits = static_cast<int>(kWords) * 32 + kGuard;
    const BigPtr pi = arc_tangent(5, kBits);
    BN_mul_word(pi.get(), 16);
    const BigPtr less = arc_tangent(239, kBits);
    BN_mul_word(less.get(), 4);
    BN_sub(pi.get(), pi.get(), less.get());
    const BigPtr three = shifted_one(kBits);
    BN_mul_word(three.get(), 3);
    BN_sub(pi.get(), pi.get(), three.get());
    BN_rshift(pi.get(), pi.get(), kGuard);
    std::vector<unsigned char> bytes(kWords * 4);
    BN_bn2binpad(pi.get(), bytes.data(), static_cast<int>(bytes.size()));
    std::vector<std::uint32_t> words;
    for (std::size_t i = 0; i < bytes.size(); i += 4) {
      words.push_back(static_cast<std::uint32_t>(bytes[i]) << 24 | static_cast<std::uint32_t>(bytes[i + 1]) << 16 |
                      static_cast<std::uint32_t>(bytes[i + 2]) << 8 | bytes[i + 3]);
    }
    return words;
  }();
  return digits;
}

// Bytes read as big-endian words, over and over.
class Words {
 public:
  explicit Words(std::string_view bytes) : bytes_(bytes) {}
  std::uint32_t next() {
    std::uint32_t word = 0;
    for (int i = 0; i < 4; ++i) {
      word = word << 8 | static_cast<unsigned char>(bytes_[at_]);
      at_ = (at_ + 1) % bytes_.size();
    }
    return word;
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

class Blowfish {
 public:
  Blowfish() {
    const std::vector<std::uint32_t>& digits = digits_of_pi();
    std::copy(digits.begin(), digits.end(), words_.begin());
  }
  ~Blowfish() { OPENSSL_cleanse(words_.data(), sizeof words_); }

  void encrypt(std::uint32_t& left, std::uint32_t& right) const {
    std::uint32_t l = left ^ words_[0];
    std::uint32_t r = right;
    for (std::size_t i = 1; i <= 16; i += 2) {
      r ^= mix(l) ^ words_[i];
      l ^= mix(r) ^ words_[i + 1];
    }
    left = r ^ words_[17];
    right = l;
  }
  // The expensive key schedule: the state is encrypted by itself, with a salt ("" for none) stirred in.
  void expand(std::string_view salt, std::string_view key) {
    Words of_key(key);
    for (std::size_t i = 0; i < kSubkeys; ++i) words_[i] ^= of_key.next();
    Words of_salt(salt);
    std::uint32_t left = 0;
    std::uint32_t right = 0;
    for (std::size_t i = 0; i < kWords; i += 2) {
      if (!salt.empty()) {
        left ^= of_salt.next();
        right ^= of_salt.next();
      }
      encrypt(left, right);
      words_[i] = left;
      words_[i + 1] = right;
    }
  }

 private:
  std::uint32_t box(std::size_t which, std::uint32_t at) const { return words_[kSubkeys + which * kBox + (at & 0xff)]; }
  std::uint32_t mix(std::uint32_t x) const {
    return ((box(0, x >> 24) + box(1, x >> 16)) ^ box(2, x >> 8)) + box(3, x);
  }

  std::array<std::uint32_t, kWords> words_{};
};

std::string sha512(std::string_view bytes) {
  std::string digest(64, '\0');
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha512(), nullptr);
  return digest;
}

std::string bcrypt_hash(std::string_view passphrase, std::string_view salt) {
  Blowfish state;
  state.expand(salt, passphrase);
  for (int i = 0; i < kRepeats; ++i) {
    state.expand("", salt);
    state.expand("", passphrase);
  }
  std::array<std::uint32_t, kHash / 4> block{};
  Words text("OxychromaticBlowfishSwatDynamite");
  for (std::uint32_t& word : block) word = text.next();
  for (int i = 0; i < kRepeats; ++i) {
    for (std::size_t j = 0; j < block.size(); j += 2) state.encrypt(block[j], block[j + 1]);
  }
  std::string hash;
  for (const std::uint32_t word : block) {
    for (int shift = 0; shift < 32; shift += 8) hash += static_cast<char>(word >> shift & 0xff);
  }
  return hash;
}

}  // namespace

std::string bcrypt_kdf(std::string_view passphrase, std::string_view salt, std::uint32_t rounds, std::size_t size) {
  std::string key(size, '\0');
  const std::string secret = sha512(passphrase);
  const std::size_t blocks = (size + kHash - 1) / kHash;
  for (std::size_t block = 0; block < blocks; ++block) {
    std::string counted(salt);
    for (int shift = 24; shift >= 0; shift -= 8) counted += static_cast<char>((block + 1) >> shift & 0xff);
    std::string hash = bcrypt_hash(secret, sha512(counted));
    std::string sum = hash;
    for (std::uint32_t round = 1; round < rounds; ++round) {
      hash = bcrypt_hash(secret, sha512(hash));
      for (std::size_t i = 0; i < kHash; ++i) sum[i] = static_cast<char>(sum[i] ^ hash[i]);
    }
    // The blocks are interleaved byte by byte.
    for (std::size_t i = 0; i * blocks + block < size; ++i) key[i * blocks + block] = sum[i];
  }
  return key;
}

}  // namespace berth::docker
