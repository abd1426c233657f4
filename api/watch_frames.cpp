// SPDX-License-Identifier: Apache-2.0
#include "api/watch_frames.hpp"

#include "api/partial_metadata.hpp"
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

std::string WatchFrames::convert(std::string_view object, store::Revision revision) const {
  services_.watch_encodes.increment();
  if (format_.format == Format::Metadata) return partial_metadata(object, format_.meta_version);
  const TableBuilder table(kind_, format_, services_.clock.now());
  return table.single(object, std::to_string(revision), columns_);
}

std::string WatchFrames::form() const {
  std::string form = format_.format == Format::Table ? "table/" : "metadata/";
  form.append(format_.meta_version).append("/").append(std::to_string(static_cast<int>(format_.row_object)));
  return form.append(columns_ == TableBuilder::Columns::Sent ? "/columns" : "");
}

void WatchFrames::note_sent() {
  // Clients keep the columns of the first event.
  columns_ = TableBuilder::Columns::Omitted;
}

void WatchFrames::append_event(std::string& out, resources::WatchEventType type, const resources::Object& object) {
  if (format_.format == Format::Json) return append_frame(out, name_of(type), *object.bytes);
  const auto make = [this, &object] { return convert(*object.bytes, object.revision); };
  append_frame(out, name_of(type), *services_.watch_texts.get(object.bytes, form(), make));
  note_sent();
}

void WatchFrames::append_event(std::string& out, resources::WatchEventType type, std::string_view object,
                               store::Revision revision) {
  if (format_.format == Format::Json) return append_frame(out, name_of(type), object);
  append_frame(out, name_of(type), convert(object, revision));
  note_sent();
}

void WatchFrames::append_bookmark(std::string& out, store::Revision revision, Bookmark bookmark) {
  std::string object = R"({"apiVersion":")";
  object.append(kind_.api_version()).append(R"(","kind":")").append(kind_.kind).append(R"(","metadata":{)");
  if (bookmark == Bookmark::InitialEventsEnd) object.append(R"("annotations":{"k8s.io/initial-events-end":"true"},)");
  object.append(R"("resourceVersion":")").append(std::to_string(revision)).append("\"}}");
  if (format_.format == Format::Json) return append_frame(out, "BOOKMARK", object);
  append_frame(out, "BOOKMARK", convert(object, revision));
  note_sent();
}

void WatchFrames::append_error(std::string& out, const base::Status& status) {
  append_frame(out, "ERROR", status_json(status));
}

}  // namespace berth::api
