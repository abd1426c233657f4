// SPDX-License-Identifier: Apache-2.0
#pragma once
// metadata.managedFields: who set which fields of an object.
// https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#ManagedFieldsEntry
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/status.hpp"
#include "resources/apply/field_set.hpp"

namespace berth::resources {

enum class ManagedBy { Apply, Update };

// Who manages: two entries of one identity are one. For Apply the version does not count.
struct ManagerIdentity {
  std::string manager;
  ManagedBy operation = ManagedBy::Update;
  std::string api_version;
  std::string subresource;

  bool is_same(const ManagerIdentity& other) const;
  // By which upstream orders managers.
  std::string order() const;
  // `"kubectl-edit" using v1`: as conflicts name it.
  std::string describe() const;
};

struct ManagedEntry {
  ManagerIdentity who;
  std::optional<base::WallTime> time;  // none for who took over fields without changing any
  FieldSet fields;
};

class ManagedFields {
 public:
  ManagedFields() = default;

  // Nothing when upstream would not read it either. Throws BadRequest where a member has the wrong type.
  static std::optional<ManagedFields> read(const base::Json& managed_fields);

  bool empty() const { return entries_.empty(); }
  std::vector<ManagedEntry>& entries() { return entries_; }
  const std::vector<ManagedEntry>& entries() const { return entries_; }
  ManagedEntry* find(const ManagerIdentity& who);
  void set(ManagedEntry entry);  // in place of that of the same identity; without fields it is gone
  void drop_empty();
  // Joins the oldest Update entries into one of "ancient-changes" where there are more than 10.
  void cap_updaters();

  // The JSON list in upstream's order, "" for none.
  std::string text() const;
  // Whether nothing but times differs.
  bool is_same_but_times(const ManagedFields& other) const;
  // Causes in upstream's words, for what a client wrote itself.
  std::vector<base::Cause> check() const;

 private:
  std::vector<const ManagedEntry*> sorted() const;

  std::vector<ManagedEntry> entries_;
};

}  // namespace berth::resources
