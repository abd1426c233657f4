// SPDX-License-Identifier: Apache-2.0
#include "api/watch_frames.hpp"

#include "api/status_json.hpp"

namespace berth::api {
namespace {

std::string_view name_of(resources::WatchEventType type) {
  switch (type) {
    case resources::WatchEventType::Added:
      return "ADDED";
    case resources::WatchEventType::Modified:
      return "MODIFIED";
    case resources::WatchEventType::Deleted:
      break;
  }
  return "DELETED";
}

void append_frame(std::string& out, std::string_view type, std::string_view object) {
  out.append(R"({"type":")").append(type).append(R"(","object":)").append(object).append("}\n");
}

}  // namespace

void WatchFrames::append(std::string& out, std::string_view type, std::string_view object, std::string_view revision) {
  if (format_.format != Format::Table) return append_frame(out, type, object);
  const TableBuilder table(kind_, format_, clock_.now());
  append_frame(out, type, table.single(object, revision, columns_));
  // Clients keep the columns of the first event.
  columns_ = TableBuilder::Columns::Omitted;
  encodes_.increment();
}

void WatchFrames::append_event(std::string& out, resources::WatchEventType type, const resources::Object& object) {
  append(out, name_of(type), *object.bytes, std::to_string(object.revision));
}

void WatchFrames::append_bookmark(std::string& out, store::Revision revision, Bookmark bookmark) {
  const std::string text = std::to_string(revision);
  std::string object = R"({"apiVersion":")";
  object.append(kind_.api_version()).append(R"(","kind":")").append(kind_.kind).append(R"(","metadata":{)");
  if (bookmark == Bookmark::InitialEventsEnd) object.append(R"("annotations":{"k8s.io/initial-events-end":"true"},)");
  object.append(R"("resourceVersion":")").append(text).append("\"}}");
  append(out, "BOOKMARK", object, text);
}

void WatchFrames::append_error(std::string& out, const base::Status& status) {
  append_frame(out, "ERROR", status_json(status));
}

}  // namespace berth::api
