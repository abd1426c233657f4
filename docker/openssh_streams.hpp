// SPDX-License-Identifier: Apache-2.0
#pragma once
// Standard input and output of a program, connected with another process: two pipes. Not one socket, so that an end
// that is closed on one side alone is seen on the other.
namespace berth::docker {

class OpensshStreams {
 public:
  // Throws SshError ClientFailed with the operating system's words.
  OpensshStreams();
  ~OpensshStreams();  // closes all four
  OpensshStreams(const OpensshStreams&) = delete;
  OpensshStreams& operator=(const OpensshStreams&) = delete;

  // The program's.
  int input() const { return in_[0]; }
  int output() const { return out_[1]; }
  // The other's.
  int from_program() const { return out_[0]; }
  int to_program() const { return in_[1]; }

 private:
  int in_[2] = {-1, -1};
  int out_[2] = {-1, -1};
};

}  // namespace berth::docker
