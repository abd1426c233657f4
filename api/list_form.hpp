// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text of a list, piece by piece, in the form that was negotiated. Of Yaml the pieces are JSON.
#include <string>
#include <string_view>

#include "api/table.hpp"

namespace berth::api {

class ListForm {
 public:
  ListForm(const schemas::Kind& kind, const ResponseFormat& format, std::chrono::system_clock::time_point now)
      : kind_(kind), format_(format), table_(kind, format, now) {}

  // Everything before the first item.
  std::string head(const resources::ListPage& page) const;
  // One item: the object's bytes, or a text that is made into `made`.
  std::string_view item(std::string_view object, std::string& made) const;
  static constexpr std::string_view kTail = "]}";

 private:
  const schemas::Kind& kind_;
  ResponseFormat format_;
  TableBuilder table_;
};

}  // namespace berth::api
