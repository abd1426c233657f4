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
  // What it wrote so far, the last 4 KiB of it; no output where that goes elsewhere. More than 64 KiB between two looks
  // (these, or ended()) is lost: the other side of a connection may make it say as much as it likes.
  const std::string& output() { return output_.read(); }
  const std::string& errors() { return errors_.read(); }

 private:
  // A pipe of which the last bytes are kept. Its writer never waits.
  class Tail {
   public:
    Tail();
    ~Tail();
    Tail(const Tail&) = delete;
    Tail& operator=(const Tail&) = delete;
    int writer() const { return ends_[1]; }
    const std::string& read();

   private:
    int ends_[2] = {-1, -1};
    std::string text_;
  };

  Tail output_;
  Tail errors_;
  pid_t pid_ = -1;
};

}  // namespace berth::docker
