// SPDX-License-Identifier: Apache-2.0
// The limit for durable writes: a bare loop of append and fdatasync in the folder that berthd writes to.
// `bench_floor --dir D --bytes 2300 --count 500`. Prints one JSON object.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  CLI::App app{"append and fdatasync"};
  std::string dir;
  std::size_t bytes = 2300;
  int count = 500;
  app.add_option("--dir", dir)->required();
  app.add_option("--bytes", bytes);
  app.add_option("--count", count);
  CLI11_PARSE(app, argc, argv);
  const std::string path = dir + "/floor";
  const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_TRUNC, 0600);
  if (file < 0) {
    std::perror(path.c_str());
    return 1;
  }
  const std::string block(bytes, 'x');
  std::vector<double> us;
  for (int i = 0; i < count; ++i) {
    const auto began = std::chrono::steady_clock::now();
    if (::write(file, block.data(), block.size()) < 0 || ::fdatasync(file) != 0) {
      std::perror(path.c_str());
      return 1;
    }
    us.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count());
  }
  ::close(file);
  ::unlink(path.c_str());
  std::sort(us.begin(), us.end());
  std::printf("{\"p50_us\": %.1f, \"p99_us\": %.1f}\n", us[us.size() / 2], us[us.size() * 99 / 100]);
  return 0;
}
