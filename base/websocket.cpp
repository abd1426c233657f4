// SPDX-License-Identifier: Apache-2.0
#include "base/websocket.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/crypto.hpp"
#include "base/status.hpp"

namespace berth::base {
namespace {

using namespace std::chrono_literals;

constexpr auto kWriteTimeout = 60s;
// Nothing that a client has to say to a server that only speaks is longer.
constexpr std::size_t kMostPayload = 64 * 1024;
constexpr std::size_t kMostControlPayload = 125;

enum Opcode { kText = 1, kClose = 8, kPing = 9, kPong = 10 };

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    std::string_view each = list.substr(0, list.find(','));
    list.remove_prefix(std::min(each.size() + 1, list.size()));
    while (each.starts_with(' ')) each.remove_prefix(1);
    while (each.ends_with(' ')) each.remove_suffix(1);
    const bool same = std::equal(each.begin(), each.end(), token.begin(), token.end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
    });
    if (same) return true;
  }
  return false;
}

std::string accept_of(std::string_view key) {
  std::string text(key);
  text.append("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  std::array<unsigned char, 20> digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
    throw internal_error("SHA-1 failed");
  }
  return to_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// A whole message or control frame. A server's frames are not masked.
void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  out.push_back(static_cast<char>(0x80 | opcode));
  const std::size_t size = payload.size();
  const int bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
  out.push_back(static_cast<char>(bytes == 0 ? size : bytes == 2 ? 126 : 127));
  for (int at = bytes - 1; at >= 0; --at) out.push_back(static_cast<char>(size >> (8 * at)));
  out.append(payload);
}

}  // namespace

bool asks_for_websocket(const HttpRequest& request) {
  return has_token(request.headers.get("Upgrade"), "websocket") &&
         has_token(request.headers.get("Connection"), "upgrade");
}

HttpResponse accept_websocket(const HttpRequest& request) {
  const std::string_view key = request.headers.get("Sec-WebSocket-Key");
  if (request.headers.get("Sec-WebSocket-Version") != "13") throw bad_request("the WebSocket version must be 13");
  if (key.empty()) throw bad_request("Sec-WebSocket-Key is missing");
  HttpResponse response;
  response.status = 101;
  response.headers.add("Upgrade", "websocket");
  response.headers.add("Connection", "Upgrade");
  response.headers.add("Sec-WebSocket-Accept", accept_of(key));
  const std::string_view offered = request.headers.get("Sec-WebSocket-Protocol");
  if (!offered.empty()) {
    response.headers.add("Sec-WebSocket-Protocol", std::string(offered.substr(0, offered.find_first_of(", "))));
  }
  return response;
}

Task<void> WebSocket::write_lines(std::string_view lines) {
  std::string frames;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    append_frame(frames, kText, line);
  }
  if (!frames.empty()) co_await write(std::move(frames));
}

Task<void> WebSocket::finish() {
  std::string frame;
  append_frame(frame, kClose, std::string_view("\x03\xe8", 2));  // 1000: normal
  co_await write(std::move(frame));
}

Task<void> WebSocket::write(std::string bytes) {
  while (writing_) co_await free_.wait();
  writing_ = true;
  std::exception_ptr failure;
  try {
    stream_.expires_after(kWriteTimeout);
    co_await stream_.write(bytes);
    stream_.expires_never();
  } catch (...) {
    failure = std::current_exception();
  }
  writing_ = false;
  free_.notify();
  if (failure) std::rethrow_exception(failure);
}

Task<void> WebSocket::wait_for_hangup() {
  try {
    while (true) {
      const Incoming frame = co_await read_frame();
      if (frame.opcode == kClose) break;
      if (frame.opcode != kPing) continue;
      std::string pong;
      append_frame(pong, kPong, frame.payload);
      co_await write(std::move(pong));
    }
  } catch (const Status& status) {
    if (status.reason() == Reason::Cancelled) throw;
  }
}

Task<WebSocket::Incoming> WebSocket::read_frame() {
  const std::string head = co_await read(2);
  const auto first = static_cast<unsigned char>(head[0]);
  const auto second = static_cast<unsigned char>(head[1]);
  if ((first & 0x70) != 0) throw bad_request("a frame of an extension that was not agreed on");
  if ((second & 0x80) == 0) throw bad_request("a client's frames must be masked");
  std::size_t size = second & 0x7f;
  if (size >= 126) {
    const std::string longer = co_await read(size == 126 ? 2 : 8);
    size = 0;
    for (const char byte : longer) size = size << 8 | static_cast<unsigned char>(byte);
  }
  const int opcode = first & 0x0f;
  if (size > (opcode >= kClose ? kMostControlPayload : kMostPayload)) throw bad_request("a frame is too long");
  const std::string mask = co_await read(4);
  std::string payload = co_await read(size);
  for (std::size_t at = 0; at < payload.size(); ++at) payload[at] = static_cast<char>(payload[at] ^ mask[at % 4]);
  co_return Incoming{opcode, std::move(payload)};
}

Task<std::string> WebSocket::read(std::size_t size) {
  while (received_.size() < size) {
    const std::string_view more = co_await stream_.read_view();
    if (more.empty()) throw unavailable("the peer has gone away", 0s);
    received_.append(more);
  }
  std::string taken = received_.substr(0, size);
  received_.erase(0, size);
  co_return taken;
}

}  // namespace berth::base
