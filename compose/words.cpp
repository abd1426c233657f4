// SPDX-License-Identifier: Apache-2.0
// A command line in its words; declared in compose/scalars.hpp.
#include "compose/scalars.hpp"

namespace berth::compose {

namespace {

class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}

  std::optional<Words> split() {
    std::size_t at = 0;
    for (; at < line_.size() && !ends_at(at); ++at) {
      if (!take(line_[at])) return std::nullopt;
    }
    if (escaped_ || quote_ != '\0' || back_quoted_ || in_dollar_) return std::nullopt;
    if (started_) words_.push_back(word_);
    return Words{std::move(words_), line_.substr(at)};
  }

 private:
  bool quoted() const { return quote_ != '\0' || back_quoted_ || in_dollar_; }

  bool ends_at(std::size_t at) {
    const char c = line_[at];
    if (escaped_ || quoted() || std::string_view(";&|<>").find(c) == std::string_view::npos) return false;
    // 2>file: the 2 belongs to the redirection.
    if (c == '>' && !word_.empty() && word_[0] >= '0' && word_[0] <= '9') started_ = false;
    return true;
  }

  bool take(char c) {
    if (escaped_) {
      escaped_ = false;
      put(c);
    } else if (c == '\\') {
      if (quote_ == '\'') {
        word_ += c;
      } else {
        escaped_ = true;
      }
    } else if (!quoted() && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
      end_word();
    } else if ((c == '"' || c == '\'') && !in_dollar_ && (quote_ == '\0' || quote_ == c)) {
      if (quote_ == c) started_ = true;
      quote_ = quote_ == c ? '\0' : c;
    } else {
      return take_plain(c);
    }
    return true;
  }

  bool take_plain(char c) {
    if (quote_ == '\0' && c == '`' && !in_dollar_) {
      back_quoted_ = !back_quoted_;
    } else if (quote_ == '\0' && c == ')' && !back_quoted_) {
      in_dollar_ = !in_dollar_;
    } else if (quote_ == '\0' && c == '(' && !back_quoted_) {
      if (in_dollar_ || !word_.ends_with('$')) return false;
      in_dollar_ = true;
      word_ += c;
      return true;
    }
    if (quoted() && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
      word_ += c;
    } else {
      put(c);
    }
    return true;
  }

  void put(char c) {
    word_ += c;
    started_ = true;
  }

  void end_word() {
    if (started_) words_.push_back(std::exchange(word_, {}));
    started_ = false;
  }

  std::string_view line_;
  std::vector<std::string> words_;
  std::string word_;
  bool started_ = false;  // an empty word in quotes is a word, too
  bool escaped_ = false;
  bool back_quoted_ = false;
  bool in_dollar_ = false;  // inside $( )
  char quote_ = '\0';
};

}  // namespace

std::optional<Words> split_words(std::string_view line) { return Splitter(line).split(); }

}  // namespace berth::compose
