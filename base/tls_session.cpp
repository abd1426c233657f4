// SPDX-License-Identifier: Apache-2.0
#include "base/tls_session.hpp"

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstring>

#include "base/status.hpp"
#include "base/tls_context.hpp"

namespace berth::base {
namespace {

constexpr std::size_t kRecord = 16 * 1024;           // the largest plaintext of a TLS record
constexpr std::size_t kPlainPerWrite = 4 * kRecord;  // encrypted together, sent by one write
constexpr std::size_t kPlainView = 64 * 1024;
constexpr std::size_t kRecordOverhead = 32;        // header, content type and tag
constexpr std::size_t kKeptCapacity = 2048;        // buffers above it are given back when they are empty
constexpr std::size_t kSpareCapacity = 20 * 1024;  // answers of one record

// Most answers are sent at once: one buffer of a thread serves its connections in turn.
std::string& spare_buffer() {
  static thread_local std::string spare;
  return spare;
}

void give_back(std::string& buffer) {
  buffer.clear();
  const std::size_t room = buffer.capacity();
  if (room > spare_buffer().capacity() && room <= kSpareCapacity) buffer.swap(spare_buffer());
  if (buffer.capacity() > kKeptCapacity) buffer.shrink_to_fit();  // an assignment would keep the memory
}

void make_room(std::string& buffer, std::size_t more) {
  const std::size_t whole = buffer.size() + more;
  if (whole <= buffer.capacity()) return;
  if (buffer.empty() && spare_buffer().capacity() > buffer.capacity()) buffer.swap(spare_buffer());
  buffer.reserve(whole);
}

char* shared_plain_buffer() {
  static thread_local std::array<char, kPlainView> buffer;
  return buffer.data();
}

// What SSL_get_error() asks for before each call; ERR_clear_error() alone goes over all places of a queue that is
// empty.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

const BIO_METHOD* TlsSession::bio_method() {
  static const BIO_METHOD* method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "berth stream");
    BIO_meth_set_read(made, &TlsSession::bio_read);
    BIO_meth_set_write(made, &TlsSession::bio_write);
    BIO_meth_set_ctrl(made, &TlsSession::bio_control);
    return made;
  }();
  return method;
}

int TlsSession::bio_read(BIO* bio, char* into, int size) {
  auto& self = *static_cast<TlsSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (self.unread_.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t count = std::min(self.unread_.size(), static_cast<std::size_t>(size));
  std::memcpy(into, self.unread_.data(), count);
  self.unread_.remove_prefix(count);
  return static_cast<int>(count);
}

int TlsSession::bio_write(BIO* bio, const char* bytes, int size) {
  auto& self = *static_cast<TlsSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  self.unsent_.append(bytes, static_cast<std::size_t>(size));
  return size;
}

long TlsSession::bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

TlsSession::TlsSession(Executor loop, StreamPtr under, std::shared_ptr<TlsContext> context)
    : under_(std::move(under)), context_(std::move(context)), flushed_(loop) {
  ERR_clear_error();
  ssl_.reset(SSL_new(context_->state_->context.get()));
  BIO* bio = BIO_new(bio_method());
  if (!ssl_ || bio == nullptr) {
    BIO_free(bio);
    throw internal_error("TLS: " + openssl_words());
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);  // takes the reference
}

TlsSession::~TlsSession() = default;

void TlsSession::keep_unread() {
  if (unread_.empty()) {
    give_back(kept_);
  } else if (unread_.data() < kept_.data() || unread_.data() >= kept_.data() + kept_.size()) {
    kept_.assign(unread_);
    unread_ = kept_;
  }
}

std::optional<std::size_t> TlsSession::decrypt(char* into, std::size_t size) {
  std::size_t total = 0;
  while (total < size) {
    forget_errors();
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), into + total, size - total, &count);
    if (result == 1) {
      total += count;
      // All that came is taken: asking again would only say so.
      if (unread_.empty() && SSL_has_pending(ssl_.get()) == 0) break;
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    keep_unread();
    // What came before an end or an error is given first; OpenSSL says the same again next time.
    if (total > 0) return total;
    if (error == SSL_ERROR_WANT_READ) return std::nullopt;
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    throw Status(Reason::ServiceUnavailable, "TLS: " + openssl_words());
  }
  keep_unread();
  return total;
}

Task<std::string_view> TlsSession::read_plain(asio::mutable_buffer into) {
  char* const bytes = static_cast<char*>(into.data());
  for (;;) {
    const auto count = decrypt(bytes, into.size());
    if (count) co_return std::string_view(bytes, *count);
    if (!unsent_.empty() && !flushing_) co_await send_pending();  // the answer to a key update
    unread_ = co_await under_->read_view();
    if (unread_.empty()) co_return std::string_view();
  }
}

Task<std::size_t> TlsSession::read_some(asio::mutable_buffer into) {
  const std::string_view plain = co_await read_plain(into);
  co_return plain.size();
}

Task<std::string_view> TlsSession::read_view() { return read_plain(asio::buffer(shared_plain_buffer(), kPlainView)); }

void TlsSession::encrypt(std::string_view plain) {
  if (plain.empty()) return;
  forget_errors();
  std::size_t count = 0;
  if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &count) != 1 || count != plain.size()) {
    throw Status(Reason::ServiceUnavailable, "TLS: " + openssl_words());
  }
}

Task<void> TlsSession::write(std::span<const asio::const_buffer> buffers) {
  // Small buffers are gathered into one record; a record costs more than a copy.
  static thread_local std::array<char, kRecord> gathered;
  const std::size_t whole = std::min(asio::buffer_size(buffers), kPlainPerWrite);
  if (whole > kKeptCapacity) make_room(unsent_, whole + (whole / kRecord + 1) * kRecordOverhead);
  std::size_t gathered_size = 0;
  std::size_t batch = 0;  // plaintext encrypted since the last flush
  for (const asio::const_buffer& buffer : buffers) {
    std::string_view rest(static_cast<const char*>(buffer.data()), buffer.size());
    while (!rest.empty()) {
      if (gathered_size == 0 && rest.size() >= kRecord) {
        encrypt(rest.substr(0, kRecord));
        rest.remove_prefix(kRecord);
        batch += kRecord;
      } else {
        const std::size_t count = std::min(rest.size(), kRecord - gathered_size);
        std::memcpy(gathered.data() + gathered_size, rest.data(), count);
        rest.remove_prefix(count);
        gathered_size += count;
        if (gathered_size < kRecord) continue;
        encrypt({gathered.data(), gathered_size});
        batch += std::exchange(gathered_size, 0);
      }
      // Nothing is left in the shared record here, so it may be lost to another stream while this one waits.
      if (batch >= kPlainPerWrite) {
        batch = 0;
        co_await flush();
      }
    }
  }
  encrypt({gathered.data(), gathered_size});
  co_await flush();
}

Task<void> TlsSession::flush() { return flushing_ ? wait_for_sender() : send_pending(); }

// Whoever is sending takes what is unsent too.
Task<void> TlsSession::wait_for_sender() {
  while (flushing_) co_await flushed_.wait();
  require_whole();
}

Task<void> TlsSession::send_pending() {
  flushing_ = true;
  std::exception_ptr error;
  while (!unsent_.empty() && !error) {
    std::string bytes = std::exchange(unsent_, std::string());
    try {
      const asio::const_buffer whole(bytes.data(), bytes.size());
      co_await under_->write(std::span(&whole, 1));
    } catch (...) {
      error = std::current_exception();
    }
    give_back(bytes);
    if (unsent_.empty()) unsent_ = std::move(bytes);
  }
  flushing_ = false;
  broken_ = broken_ || error != nullptr;
  flushed_.notify();
  if (error) std::rethrow_exception(error);
  require_whole();
}

void TlsSession::require_whole() const {
  if (broken_) throw Status(Reason::ServiceUnavailable, "connection reset by peer");
}

Task<void> TlsSession::finish_writing() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());  // writes close_notify
  co_await flush();
  co_await under_->finish_writing();
}

bool TlsSession::idle_and_open() {
  return !broken_ && unread_.empty() && SSL_pending(ssl_.get()) == 0 && SSL_get_shutdown(ssl_.get()) == 0 &&
         under_->idle_and_open();
}

}  // namespace berth::base
