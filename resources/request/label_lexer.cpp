// SPDX-License-Identifier: Apache-2.0
#include "resources/request/label_lexer.hpp"

#include <optional>

namespace berth::resources {
namespace {

using Kind = LabelToken::Kind;

constexpr std::string_view kSymbols = "=!(),<>";
constexpr std::string_view kBlanks = " \t\r\n";

std::optional<Kind> symbol_of(std::string_view text) {
  if (text == ")") return Kind::Close;
  if (text == "(") return Kind::Open;
  if (text == ",") return Kind::Comma;
  if (text == "!") return Kind::Not;
  if (text == "=") return Kind::Equals;
  if (text == "==") return Kind::DoubleEquals;
  if (text == "!=") return Kind::NotEquals;
  if (text == ">") return Kind::Greater;
  if (text == "<") return Kind::Less;
  return std::nullopt;
}

}  // namespace

LabelToken LabelLexer::peek(Expect expect) const {
  LabelToken token = token_;
  if (expect == Expect::Value && (token.kind == Kind::In || token.kind == Kind::NotIn)) token.kind = Kind::Word;
  return token;
}

LabelToken LabelLexer::take(Expect expect) {
  LabelToken token = peek(expect);
  token_ = scan();
  return token;
}

LabelToken LabelLexer::scan() {
  while (at_ < text_.size() && kBlanks.find(text_[at_]) != std::string_view::npos) ++at_;
  if (at_ == text_.size()) return {Kind::End, ""};
  if (kSymbols.find(text_[at_]) != std::string_view::npos) return scan_symbol();
  const std::size_t start = at_;
  while (at_ < text_.size() && kSymbols.find(text_[at_]) == std::string_view::npos &&
         kBlanks.find(text_[at_]) == std::string_view::npos) {
    ++at_;
  }
  const std::string_view word = text_.substr(start, at_ - start);
  if (word == "in") return {Kind::In, "in"};
  if (word == "notin") return {Kind::NotIn, "notin"};
  return {Kind::Word, std::string(word)};
}

// The longest run of symbols that is one token.
LabelToken LabelLexer::scan_symbol() {
  const std::size_t start = at_++;
  while (at_ < text_.size() && symbol_of(text_.substr(start, at_ + 1 - start))) ++at_;
  const std::string_view symbol = text_.substr(start, at_ - start);
  return {*symbol_of(symbol), std::string(symbol)};
}

}  // namespace berth::resources
