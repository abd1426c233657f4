// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds its way through the stored bytes of an object without making a tree of them: a list as Table looks at ten
// thousand and wants a few fields of each.
#include <string_view>

namespace berth::api {

// The members of a JSON object, one after the other. The text is canonical: no white space. What is no such text
// throws InternalError.
class JsonMembers {
 public:
  // `object` begins with the object's brace; what stands behind the object is not looked at.
  explicit JsonMembers(std::string_view object);

  // False behind the last one.
  bool next();
  // As it is written, without its quotes.
  std::string_view key() const { return key_; }
  // Reads to its end, unless that is known.
  std::string_view value();

  // The members of the value at hand, when it is an object. Walked to their end and given back, they spare value() and
  // next() the way.
  bool is_object() const { return text_[value_] == '{'; }
  JsonMembers inside() const { return JsonMembers(text_.substr(value_)); }
  void leave(const JsonMembers& inside);

 private:
  std::string_view text_;
  std::string_view key_;
  std::size_t at_ = 0;     // the opening brace, the comma before the next member, or the closing brace
  std::size_t value_ = 0;  // where the value at hand begins; 0: there is none yet
  std::size_t end_ = 0;    // behind it; 0: not known
};

}  // namespace berth::api
