// SPDX-License-Identifier: Apache-2.0
// compare_fields of field_walk.hpp.
#include <map>

#include "resources/apply/field_form.hpp"
#include "resources/apply/field_walk.hpp"
#include "resources/apply/path_element.hpp"

namespace berth::resources {
namespace {

using Node = FieldSet::Node;

enum class Mark { Removed, Modified, Added };

// What changed at one field and below it, until its parent takes it.
struct Changes {
  bool marked[3] = {false, false, false};
  std::vector<Node> below[3];

  void mark(Mark mark) { marked[static_cast<int>(mark)] = true; }

  bool has(int at) const { return marked[at] || !below[at].empty(); }

  void take(std::string element, Changes child) {
    for (int at = 0; at < 3; ++at) {
      if (!child.has(at)) continue;
      const bool is_last = at == 2 || (!child.has(at + 1) && (at == 1 || !child.has(2)));
      Node& node = below[at].emplace_back();
      node.element = is_last ? std::move(element) : element;
      node.member = child.marked[at];
      node.below = FieldSet::of(std::move(child.below[at]));
      if (is_last) return;
    }
  }
};

Changes compare(const Schema& schema, const Json* before, const Json* after);

void compare_leaf(const Json* before, const Json* after, Changes& out) {
  if (before == nullptr) {
    out.mark(Mark::Added);
  } else if (after == nullptr) {
    out.mark(Mark::Removed);
  } else if (!base::json_equal(*before, *after)) {
    out.mark(Mark::Modified);
  }
}

void compare_member(const Schema& schema, std::string_view name, const Json* before, const Json* after, Changes& out) {
  const Schema* below = member_schema(schema, name);
  if (below == nullptr) return;
  Changes child = compare(*below, before, after);
  if (child.has(0) || child.has(1) || child.has(2)) out.take(field_element(name), std::move(child));
}

void compare_members(const Schema& schema, const base::JsonObject* before, const base::JsonObject* after,
                     Changes& out) {
  if (after != nullptr) {
    for (const auto& member : *after) {
      const Json* old = before == nullptr ? nullptr : before->if_contains(member.key());
      compare_member(schema, member.key(), old, &member.value(), out);
    }
  }
  if (before == nullptr) return;
  for (const auto& member : *before) {
    if (after != nullptr && after->contains(member.key())) continue;
    compare_member(schema, member.key(), &member.value(), nullptr, out);
  }
}

struct SameItems {
  std::vector<const Json*> before;
  std::vector<const Json*> after;
};

bool all_equal(const SameItems& same) {
  return std::equal(same.before.begin(), same.before.end(), same.after.begin(), same.after.end(),
                    [](const Json* a, const Json* b) { return base::json_equal(*a, *b); });
}

// Duplicates count as one field, which their number makes and ends.
Changes compare_same(const Schema& item, const SameItems& same) {
  const Json* before = same.before.empty() ? nullptr : same.before.front();
  const Json* after = same.after.empty() ? nullptr : same.after.front();
  Changes out;
  if (same.before.size() <= 1 && same.after.size() <= 1) return compare(item, before, after);
  if (same.before.size() > 1 && same.after.size() > 1) {
    if (!all_equal(same)) out.mark(Mark::Modified);
  } else if (same.before.size() > 1) {
    if (after != nullptr) out = compare(item, nullptr, after);
    out.mark(Mark::Removed);
  } else {
    if (before != nullptr) out = compare(item, before, nullptr);
    out.mark(Mark::Added);
  }
  return out;
}

void compare_items(const Schema& list, const base::JsonArray* before, const base::JsonArray* after, Changes& out) {
  std::map<std::string, SameItems> by_element;
  const auto index = [&](const base::JsonArray* items, std::vector<const Json*> SameItems::* side) {
    if (items == nullptr) return;
    for (const Json& item : *items) {
      if (auto element = item_element(list, item)) (by_element[*std::move(element)].*side).push_back(&item);
    }
  };
  index(before, &SameItems::before);
  index(after, &SameItems::after);
  for (const auto& [element, same] : by_element) {
    Changes child = compare_same(*list.items, same);
    out.take(element, std::move(child));
  }
}

enum class Depth { Whole, Below };

// By one form. Whole: the field itself is accounted for.
Depth compare_as(FieldForm form, const Schema& schema, const Json* before, const Json* after, Changes& out) {
  if (form == FieldForm::Fields) {
    const base::JsonObject* old = members_of(before);
    const base::JsonObject* now = members_of(after);
    if ((old != nullptr && !old->empty()) || (now != nullptr && !now->empty())) {
      compare_members(schema, old, now, out);
      return Depth::Below;
    }
  } else if (form == FieldForm::Items) {
    const base::JsonArray* old = items_of(before);
    const base::JsonArray* now = items_of(after);
    if ((old != nullptr && !old->empty()) || (now != nullptr && !now->empty())) {
      compare_items(schema, old, now, out);
      return Depth::Below;
    }
  }
  compare_leaf(before, after, out);
  return Depth::Whole;
}

// What upstream's Go type holds by value was there before it was set: it is nobody's.
const Json* value_at(const Schema& schema, const Json* value) {
  static const Json kNothingSet = base::JsonObject();
  return value == nullptr && schema.always && schema.type == schemas::SchemaType::Object ? &kNothingSet : value;
}

Changes compare(const Schema& schema, const Json* before, const Json* after) {
  before = value_at(schema, before);
  after = value_at(schema, after);
  Changes out;
  const Json& decides = after == nullptr ? *before : *after;
  const FieldForm form = form_of(schema, decides);
  if (before != nullptr && after != nullptr) {
    const FieldForm old_form = form_of(schema, *before);
    if (old_form != form) compare_as(old_form, schema, before, after, out);
  }
  if (compare_as(form, schema, before, after, out) == Depth::Below) {
    if (before == nullptr) out.mark(Mark::Added);
    if (after == nullptr) out.mark(Mark::Removed);
  }
  return out;
}

}  // namespace

FieldChanges compare_fields(const Schema& schema, const Json& before, const Json& after) {
  Changes root = compare(schema, &before, &after);
  return {FieldSet::of(std::move(root.below[0])), FieldSet::of(std::move(root.below[1])),
          FieldSet::of(std::move(root.below[2]))};
}

}  // namespace berth::resources
