// SPDX-License-Identifier: Apache-2.0
// `berth`: an ordinary client of the public API, with kubectl's words.
#include <signal.h>

#include "cli/command_line.hpp"

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  return berth::cli::CommandLine().run(argc, argv);
}
