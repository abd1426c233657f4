// SPDX-License-Identifier: Apache-2.0
#include "api/shared_texts.hpp"

namespace berth::api {

SharedTexts::Text SharedTexts::get(const resources::Bytes& object, std::string_view form,
                                   const std::function<std::string()>& make) {
  return newest_.with([&](Newest& newest) {
    for (const Entry& entry : newest.entries) {
      if (entry.object == object && entry.form == form) return entry.text;
    }
    newest.entries.push_front({object, std::string(form), std::make_shared<const std::string>(make())});
    newest.bytes += newest.entries.front().bytes();
    const Text text = newest.entries.front().text;
    while (!newest.entries.empty() && (newest.entries.size() > kMostTexts || newest.bytes > kMostBytes)) {
      newest.bytes -= newest.entries.back().bytes();
      newest.entries.pop_back();
    }
    return text;
  });
}

}  // namespace berth::api
