// SPDX-License-Identifier: Apache-2.0
#pragma once
// Kubernetes Events about objects: one Event for each object, reason and message, whose repeats raise its count.
#include "base/clock.hpp"
#include "resources/object_writer.hpp"

namespace berth::resources {

class EventRecorder {
 public:
  // `metrics` may be null: nothing is counted.
  EventRecorder(ObjectWriter& writer, const ObjectReader& reader, base::Clock& clock, base::Metrics* metrics);

  // Never throws: what cannot be written is logged and counted.
  Task<void> note(Caller caller, const Kind& kind, const Json& object, EventNote note);

 private:
  Task<void> write(const Caller& caller, Json event);

  ObjectWriter& writer_;
  const ObjectReader& reader_;
  base::Clock& clock_;
  base::Counter lost_;
};

}  // namespace berth::resources
