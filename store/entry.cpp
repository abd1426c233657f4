// SPDX-License-Identifier: Apache-2.0
#include "store/store.hpp"

namespace berth::store {
namespace {

struct Record {
  std::string value;
  std::string key;
  std::vector<std::string> terms;
};

}  // namespace

Entry make_entry(std::string key, Revision revision, std::string value, std::vector<std::string> terms,
                 std::uint32_t schema) {
  auto record = std::make_shared<const Record>(Record{std::move(value), std::move(key), std::move(terms)});
  const Record& kept = *record;
  return {kept.key, revision, Bytes(std::move(record), &kept.value), kept.terms, schema};
}

}  // namespace berth::store
