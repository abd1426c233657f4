// SPDX-License-Identifier: Apache-2.0
#pragma once
// A program of OpenSSH's as a child process, without a shell. It dies with this object, and with berthd however that
// ends.
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "docker/openssh_streams.hpp"

namespace berth::docker {

class OpensshProgram {
 public:
  // `arguments[0]` is the program's path. It sees nothing of our environment, and no descriptor of ours but the two of
  // `streams`, if there are such: they are its standard input and output. Throws SshError ClientFailed with the
  // operating system's words.
  explicit OpensshProgram(const std::vector<std::string>& arguments, const OpensshStreams* streams = nullptr);
  ~OpensshProgram();  // kills it and waits for its end
  OpensshProgram(const OpensshProgram&) = delete;
  OpensshProgram& operator=(const OpensshProgram&) = delete;

  bool ended();
  // What it wrote so far, the last 4 KiB of it; no output where that goes elsewhere.
  std::string output() const { return tail_of(output_); }
  std::string errors() const { return tail_of(errors_); }

 private:
  static std::string tail_of(int file);
  int output_ = -1;
  int errors_ = -1;
  pid_t pid_ = -1;
};

}  // namespace berth::docker
