// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_agent.hpp"

#include "docker/ssh_wire.hpp"

namespace berth::docker {

using base::Task;

namespace {

constexpr char kFailure = 5;
constexpr std::uint8_t kRequestIdentities = 11;
constexpr char kIdentitiesAnswer = 12;
constexpr std::uint8_t kSignRequest = 13;
constexpr char kSignResponse = 14;
constexpr std::uint32_t kMostMessage = 256 * 1024;  // as OpenSSH's own

Task<std::string> read_exactly(base::Stream& stream, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const std::size_t count = co_await stream.read_some(base::asio::buffer(bytes) + done);
    if (count == 0) co_return "";
    done += count;
  }
  co_return bytes;
}

std::string list_identities(const SshSigner& signer) {
  std::string answer(1, kIdentitiesAnswer);
  append_number(answer, signer.certificate_blob().empty() ? 1 : 2);
  for (const std::string& blob : {signer.certificate_blob(), signer.public_blob()}) {
    if (blob.empty()) continue;
    append_string(answer, blob);
    append_string(answer, "berth");
  }
  return answer;
}

}  // namespace

std::string answer_agent(const SshSigner& signer, std::string_view message) {
  SshReader reader(message);
  const std::uint8_t type = reader.byte();
  if (reader.ok() && type == kRequestIdentities) return list_identities(signer);
  if (type == kSignRequest) {
    const std::string_view blob = reader.string();
    const std::string_view data = reader.string();
    const std::uint32_t flags = reader.number();
    const bool ours = blob == signer.public_blob() || (!blob.empty() && blob == signer.certificate_blob());
    if (reader.ok() && ours) {
      std::string answer(1, kSignResponse);
      append_string(answer, signer.sign(data, flags));
      return answer;
    }
  }
  return std::string(1, kFailure);
}

SshAgent::SshAgent(base::Executor loop, const std::string& path, SshSigner signer)
    : signer_(std::move(signer)), listener_(base::listen_unix(loop, path)), scope_(loop, "ssh agent") {
  scope_.spawn(accept_all());
}

void SshAgent::cancel() {
  listener_->close();
  scope_.cancel();
}

Task<void> SshAgent::accept_all() {
  while (true) {
    base::StreamPtr stream = co_await listener_->accept();
    scope_.spawn(serve(std::move(stream)));
  }
}

Task<void> SshAgent::serve(base::StreamPtr stream) {
  while (true) {
    const std::string head = co_await read_exactly(*stream, 4);
    const std::uint32_t size = SshReader(head).number();
    if (size == 0 || size > kMostMessage) co_return;
    const std::string message = co_await read_exactly(*stream, size);
    if (message.empty()) co_return;
    std::string answer;
    append_string(answer, answer_agent(signer_, message));
    co_await stream->write(answer);
  }
}

}  // namespace berth::docker
