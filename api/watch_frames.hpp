// SPDX-License-Identifier: Apache-2.0
#pragma once
// The frames of a watch: {"type":"ADDED","object":{...}} and a new line. A JSON frame wraps the stored bytes.
#include <string>

#include "api/table.hpp"
#include "base/clock.hpp"
#include "base/metrics.hpp"

namespace berth::api {

class WatchFrames {
 public:
  // `encodes` counts the Tables made for events.
  WatchFrames(const schemas::Kind& kind, ResponseFormat format, const base::Clock& clock, base::Counter encodes)
      : kind_(kind), format_(std::move(format)), clock_(clock), encodes_(encodes) {}

  void append_event(std::string& out, resources::WatchEventType type, const resources::Object& object);
  // A resume point. The end of the initial events carries upstream's annotation.
  enum class Bookmark { Progress, InitialEventsEnd };
  void append_bookmark(std::string& out, store::Revision revision, Bookmark bookmark);
  static void append_error(std::string& out, const base::Status& status);

 private:
  void append(std::string& out, std::string_view type, std::string_view object, std::string_view revision);

  const schemas::Kind& kind_;
  ResponseFormat format_;
  const base::Clock& clock_;
  base::Counter encodes_;
  TableBuilder::Columns columns_ = TableBuilder::Columns::Sent;
};

}  // namespace berth::api
