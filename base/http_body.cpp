// SPDX-License-Identifier: Apache-2.0
#include "base/http_body.hpp"

#include <algorithm>

#include "base/hex_digit.hpp"
#include "base/status.hpp"

namespace berth::base {
namespace {

constexpr std::size_t kMaxIgnored = 16 * 1024;

[[noreturn]] void malformed() { throw bad_request("malformed chunk"); }

void expect(char c, char wanted) {
  if (c != wanted) malformed();
}

}  // namespace

BodyDecoder::BodyDecoder(BodyFraming framing) : framing_(framing), left_(framing.length) {
  done_ = framing.kind == BodyFraming::Kind::None || (framing.kind == BodyFraming::Kind::Length && left_ == 0);
}

std::size_t BodyDecoder::decode(std::string_view input, std::string& out) {
  if (framing_.kind == BodyFraming::Kind::UntilClose) {
    out.append(input);
    return input.size();
  }
  std::size_t used = 0;
  while (!done_ && used < input.size()) {
    if (framing_.kind == BodyFraming::Kind::Length || state_ == State::Data) {
      used += take_data(input.substr(used), out);
    } else {
      take_byte(input[used++]);
    }
  }
  return used;
}

std::size_t BodyDecoder::take_data(std::string_view input, std::string& out) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  out.append(input.substr(0, count));
  left_ -= count;
  if (left_ > 0) return count;
  if (framing_.kind == BodyFraming::Kind::Length) {
    done_ = true;
  } else {
    state_ = State::DataCr;
  }
  return count;
}

void BodyDecoder::take_byte(char c) {
  switch (state_) {
    case State::Size:
      return take_size_digit(c);
    case State::Extension:
      if (c == '\r') {
        state_ = State::SizeLf;
      } else if (++ignored_ > kMaxIgnored || (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) {
        malformed();
      }
      return;
    case State::SizeLf:
      expect(c, '\n');
      state_ = left_ > 0 ? State::Data : State::Trailer;
      digits_ = 0;
      return;
    case State::Data:
      return;  // take_data has it
    case State::DataCr:
      expect(c, '\r');
      state_ = State::DataLf;
      return;
    case State::DataLf:
      expect(c, '\n');
      state_ = State::Size;
      return;
    case State::Trailer:  // trailers are dropped: nothing may add a header after the head was judged
      if (c == '\r') {
        state_ = State::TrailerLf;
      } else if (++ignored_ > kMaxIgnored || (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) {
        malformed();
      } else {
        ++line_;
      }
      return;
    case State::TrailerLf:
      expect(c, '\n');
      done_ = line_ == 0;
      line_ = 0;
      state_ = State::Trailer;
      return;
  }
}

void BodyDecoder::take_size_digit(char c) {
  const int value = hex_value(c);
  if (value >= 0) {
    if (++digits_ > 15) malformed();  // so that it cannot overflow
    left_ = left_ * 16 + static_cast<std::uint64_t>(value);
    return;
  }
  if (digits_ == 0) malformed();
  if (c == '\r') {
    state_ = State::SizeLf;
  } else if (c == ';' || c == ' ' || c == '\t') {
    state_ = State::Extension;
  } else {
    malformed();
  }
}

}  // namespace berth::base
