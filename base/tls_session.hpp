// SPDX-License-Identifier: Apache-2.0
#pragma once
// The stream behind accept_tls and connect_tls. Private to base.
// OpenSSL reads and writes through a BIO of ours, straight from the received bytes and into the bytes to send, so
// that an idle connection keeps no buffer. Everything that OpenSSL does is synchronous; only the moves of bytes
// between it and the stream below are waits.
#include "base/openssl_handles.hpp"
#include "base/tls.hpp"

namespace berth::base {

class TlsSession : public TlsStream {
 public:
  TlsSession(Executor loop, StreamPtr under, std::shared_ptr<TlsContext> context);
  ~TlsSession() override;

  Task<void> accept(std::chrono::steady_clock::duration limit);
  Task<void> connect(std::string server_name, std::chrono::steady_clock::duration limit);

  Task<std::size_t> read_some(asio::mutable_buffer into) override;
  Task<std::string_view> read_view() override;
  Task<void> write(std::span<const asio::const_buffer> buffers) override;
  Task<void> finish_writing() override;
  void close() override { under_->close(); }
  void expires_after(std::chrono::steady_clock::duration duration) override { under_->expires_after(duration); }
  void expires_never() override { under_->expires_never(); }
  std::string peer() const override { return under_->peer(); }
  bool idle_and_open() override;
  std::optional<PeerCertificate> peer_certificate() const override;

 private:
  static const BIO_METHOD* bio_method();
  static int bio_read(BIO* bio, char* into, int size);
  static int bio_write(BIO* bio, const char* bytes, int size);
  static long bio_control(BIO* bio, int command, long number, void* pointer);

  Task<void> handshake(std::chrono::steady_clock::duration limit);
  // What OpenSSL did not take yet must survive the next wait.
  void keep_unread();
  // Plaintext into `into`, as much as is there. Nothing: bytes are needed. 0: the peer has finished.
  std::optional<std::size_t> decrypt(char* into, std::size_t size);
  // Waits for plaintext, and returns what came of it into `into`; "" at the end.
  Task<std::string_view> read_plain(asio::mutable_buffer into);
  void encrypt(std::string_view plain);
  // Sends what OpenSSL has written; returns when all of it is sent, by this or by another call.
  Task<void> flush();
  Task<void> wait_for_sender();
  Task<void> send_pending();  // unless another call is sending
  void require_whole() const;

  StreamPtr under_;
  std::shared_ptr<TlsContext> context_;
  SslPtr ssl_;
  std::string_view unread_;  // received and not yet taken by OpenSSL; points into a shared buffer or into kept_
  std::string kept_;
  std::string unsent_;
  Signal flushed_;
  bool flushing_ = false;
  bool broken_ = false;  // a write failed half way: no record can follow
};

}  // namespace berth::base
