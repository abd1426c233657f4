// SPDX-License-Identifier: Apache-2.0
#pragma once
// The words of a label selector.
#include <string>
#include <string_view>

namespace berth::resources {

struct LabelToken {
  enum class Kind {
    End,
    Error,
    Comma,
    Equals,
    DoubleEquals,
    NotEquals,
    Greater,
    Less,
    Not,
    Open,
    Close,
    In,
    NotIn,
    Word
  };
  Kind kind = Kind::End;
  std::string text;
};

class LabelLexer {
 public:
  explicit LabelLexer(std::string_view text) : text_(text) { token_ = scan(); }

  // "in" and "notin" are operators only where an operator may stand; elsewhere they are words.
  enum class Expect { Value, Operator };
  LabelToken peek(Expect expect) const;
  LabelToken take(Expect expect);

 private:
  LabelToken scan();
  LabelToken scan_symbol();

  std::string_view text_;
  std::size_t at_ = 0;
  LabelToken token_;
};

}  // namespace berth::resources
