// SPDX-License-Identifier: Apache-2.0
#pragma once
// Takes the framing off a body that arrives in pieces. Private to base.
// Not Beast's: its chunk parser wants a whole chunk header or trailer in one buffer, which leaves the size of that
// buffer to the peer, and asserts when a last chunk arrives in small pieces.
#include <string>
#include <string_view>

#include "base/http_head.hpp"

namespace berth::base {

class BodyDecoder {
 public:
  explicit BodyDecoder(BodyFraming framing);
  // Bytes, where the head tells them; else 0.
  std::uint64_t announced() const { return framing_.length; }

  // Appends what `input` holds of the body to `out`; returns how many bytes of `input` were used: all of them, unless
  // the body ended. Throws BadRequest for malformed chunks.
  std::size_t decode(std::string_view input, std::string& out);
  bool done() const { return done_; }
  // Call it when the stream has ended. False: the body was cut.
  bool ends_with_stream() const { return done_ || framing_.kind == BodyFraming::Kind::UntilClose; }

 private:
  enum class State { Size, Extension, SizeLf, Data, DataCr, DataLf, Trailer, TrailerLf };
  std::size_t take_data(std::string_view input, std::string& out);
  void take_byte(char c);
  void take_size_digit(char c);

  BodyFraming framing_;
  State state_ = State::Size;
  std::uint64_t left_ = 0;   // of the body, or of the chunk
  int digits_ = 0;           // of the chunk size
  std::size_t ignored_ = 0;  // bytes of extensions and trailers, for the limit
  std::size_t line_ = 0;     // bytes of the trailer line so far
  bool done_ = false;
};

}  // namespace berth::base
