// SPDX-License-Identifier: Apache-2.0
#pragma once
// The frames of a watch: {"type":"ADDED","object":{...}} and a new line. A JSON frame wraps the stored bytes; what a
// Table or a PartialObjectMetadata holds is made once for all watches that send it.
#include <string>

#include "api/services.hpp"
#include "api/table.hpp"

namespace berth::api {

class WatchFrames {
 public:
  WatchFrames(const schemas::Kind& kind, ResponseFormat format, Services& services)
      : kind_(kind), format_(std::move(format)), services_(services) {}

  void append_event(std::string& out, resources::WatchEventType type, const resources::Object& object);
  // Of a text that is made for this watch alone.
  void append_event(std::string& out, resources::WatchEventType type, std::string_view object,
                    store::Revision revision);
  // A resume point. The end of the initial events carries upstream's annotation.
  enum class Bookmark { Progress, InitialEventsEnd };
  void append_bookmark(std::string& out, store::Revision revision, Bookmark bookmark);
  static void append_error(std::string& out, const base::Status& status);

 private:
  // What the negotiated form makes of an object.
  std::string convert(std::string_view object, store::Revision revision) const;
  // Tells apart what convert() makes of one object.
  std::string form() const;
  // After a frame was sent.
  void note_sent();

  const schemas::Kind& kind_;
  ResponseFormat format_;
  Services& services_;
  TableBuilder::Columns columns_ = TableBuilder::Columns::Sent;
};

}  // namespace berth::api
