// SPDX-License-Identifier: Apache-2.0
#pragma once
// One container of a snapshot. A host has hundreds, and few are ours: what is kept of each is a few fields and text,
// which a reader parses, and of a stranger no more than what is shown of it.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/json.hpp"

namespace berth::docker {

struct ContainerView {
  // How much of GET /containers/{id}/json it has: what the list told, in the same places; with what else is shown of a
  // stranger (environment, times, the exit); all of it, in the engine's bytes.
  enum class Extent { Row, Shown, Whole };

  std::string id;
  std::string name;  // without the slash
  std::map<std::string, std::string> labels;
  std::string state;   // created, running, paused, restarting, removing, exited, dead
  std::string health;  // "", starting, healthy, unhealthy; "" unless running
  Extent extent = Extent::Whole;
  std::string text;
  std::uint64_t mark = 0;      // of what a row tells as well: state, name, health, labels, endpoints
  std::int64_t exit_code = 0;  // State.ExitCode

  base::Json inspect() const;  // parsed anew at each call
  // Cheap: false means that the parsed value holds it nowhere, as long as it needs no escape in JSON.
  bool mentions(std::string_view word) const { return text.find(word) != std::string::npos; }
};
using ContainerViewPtr = std::shared_ptr<const ContainerView>;

// From the answer to an inspect: whole with the label `owner`, else Shown or Whole as told. Throws InternalError when
// it is no JSON.
ContainerViewPtr view_of_inspect(std::string text, ContainerView::Extent extent, const std::string& owner);
// `row` is an element of GET /containers/json.
ContainerViewPtr view_of_row(const base::Json& row);
// Whether the row tells something that the view does not know.
bool row_differs(const base::Json& row, const ContainerView& view);

}  // namespace berth::docker
