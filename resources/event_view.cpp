// SPDX-License-Identifier: Apache-2.0
#include "resources/event_view.hpp"

#include <algorithm>
#include <array>

namespace berth::resources {
namespace {

struct Renamed {
  std::string_view stored;
  std::string_view shown;
};
constexpr std::array<Renamed, 7> kNames = {{{"involvedObject", "regarding"},
                                            {"message", "note"},
                                            {"count", "deprecatedCount"},
                                            {"firstTimestamp", "deprecatedFirstTimestamp"},
                                            {"lastTimestamp", "deprecatedLastTimestamp"},
                                            {"source", "deprecatedSource"},
                                            {"reportingComponent", "reportingController"}}};

void rename(base::JsonObject& object, std::string_view from, std::string_view to) {
  Json* value = object.if_contains(from);
  if (value == nullptr) return;
  Json moved = std::move(*value);
  object.erase(from);
  object[to] = std::move(moved);
}

void set_version(base::JsonObject& object, std::string_view from, std::string_view to) {
  Json* version = object.if_contains("apiVersion");
  if (version != nullptr && *version == Json(from)) *version = to;
}

// "regarding.name=web" asks for what is stored as involvedObject.name.
std::string stored_selector(const std::string& selector) {
  constexpr std::array<Renamed, 2> kSelected = {
      {{"involvedObject.", "regarding."}, {"reportingComponent", "reportingController"}}};
  std::string stored;
  for (std::size_t at = 0; at < selector.size();) {
    const bool begins = at == 0 || selector[at - 1] == ',';
    const auto* name = std::ranges::find_if(
        kSelected,
        [rest = std::string_view(selector).substr(at)](const Renamed& each) { return rest.starts_with(each.shown); });
    if (begins && name != kSelected.end()) {
      stored += name->stored;
      at += name->shown.size();
    } else {
      stored += selector[at++];
    }
  }
  return stored;
}

std::string stored_path(const std::string& path) {
  const std::size_t end = std::min(path.find('/', 1), path.size());
  for (const Renamed& name : kNames) {
    if (path.substr(0, end) == "/" + std::string(name.shown)) return "/" + std::string(name.stored) + path.substr(end);
  }
  return path;
}

class ShownWatch final : public ObjectWatch {
 public:
  explicit ShownWatch(std::unique_ptr<ObjectWatch> stored) : stored_(std::move(stored)) {}
  Task<std::vector<WatchEvent>> next_for(std::chrono::steady_clock::duration limit) override {
    std::vector<WatchEvent> events = co_await stored_->next_for(limit);
    for (WatchEvent& event : events) event.object = shown_event(event.object);
    co_return events;
  }
  Revision progress() const override { return stored_->progress(); }

 private:
  std::unique_ptr<ObjectWatch> stored_;
};

}  // namespace

bool is_event_view(const Kind& kind) { return kind.group == "events.k8s.io"; }

const Kind& core_event() {
  static const Kind& kind = *schemas::Catalog::instance().find("", "v1", "events");
  return kind;
}

Json stored_event(Json view) {
  if (!view.is_object()) return view;
  set_version(view.get_object(), "events.k8s.io/v1", "v1");
  for (const Renamed& name : kNames) rename(view.get_object(), name.shown, name.stored);
  return view;
}

Json shown_event(Json stored) {
  if (!stored.is_object()) return stored;
  set_version(stored.get_object(), "v1", "events.k8s.io/v1");
  for (const Renamed& name : kNames) rename(stored.get_object(), name.stored, name.shown);
  return stored;
}

Body stored_event(Body body) {
  body.value = stored_event(std::move(body.value));
  return body;
}

// A JSON patch names members in its paths, any other as its own.
Body stored_event_patch(PatchType type, Body patch) {
  if (type != PatchType::Json) {
    patch.value = stored_event(std::move(patch.value));
    return patch;
  }
  if (!patch.value.is_array()) return patch;
  for (Json& operation : patch.value.get_array()) {
    for (const auto* member : {"path", "from"}) {
      Json* path = operation.is_object() ? operation.get_object().if_contains(member) : nullptr;
      if (path != nullptr && path->is_string()) *path = stored_path(std::string(path->get_string()));
    }
  }
  return patch;
}

ListOptions stored_event(ListOptions options) {
  options.field_selector = stored_selector(options.field_selector);
  return options;
}

WatchOptions stored_event(WatchOptions options) {
  options.field_selector = stored_selector(options.field_selector);
  return options;
}

Object shown_event(const Object& stored) {
  const std::string text = base::to_canonical(shown_event(stored.parse()));
  return {std::make_shared<const std::string>(text), stored.revision};
}

Written shown_event(Written stored) {
  stored.object = shown_event(stored.object);
  return stored;
}

Task<Written> shown_event(Task<Written> stored) {
  Written written = co_await std::move(stored);
  co_return shown_event(std::move(written));
}

Task<ListPage> shown_event(Task<ListPage> stored) {
  ListPage page = co_await std::move(stored);
  for (Object& item : page.items) item = shown_event(item);
  co_return page;
}

std::unique_ptr<ObjectWatch> shown_event(std::unique_ptr<ObjectWatch> stored) {
  return std::make_unique<ShownWatch>(std::move(stored));
}

}  // namespace berth::resources
