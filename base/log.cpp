// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>
#include <shared_mutex>

#include "base/clock.hpp"
#include "base/json.hpp"

namespace berth::base {
namespace {

// Lines that wait for stderr. spdlog allocates them all at once, about 400 bytes each.
constexpr std::size_t kQueueLength = 2048;

constexpr std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warning:
      return "warning";
    case LogLevel::Error:
      return "error";
  }
  return "error";
}

struct Writer {
  std::shared_ptr<spdlog::details::thread_pool> queue;
  std::shared_ptr<spdlog::logger> logger;
};

std::shared_ptr<spdlog::sinks::sink> stderr_sink() {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->set_pattern("%v");
  return sink;
}

class Log {
 public:
  Log() : writer_(synchronous()) {}

  void start() {
    Writer writer;
    writer.queue = std::make_shared<spdlog::details::thread_pool>(kQueueLength, 1);
    writer.logger = std::make_shared<spdlog::async_logger>("berth", stderr_sink(), writer.queue,
                                                           spdlog::async_overflow_policy::overrun_oldest);
    replace(std::move(writer));
  }

  void stop() { replace(synchronous()); }

  void write(const std::string& line) {
    const std::shared_lock lock(mutex_);
    writer_.logger->log(spdlog::level::critical, spdlog::string_view_t(line.data(), line.size()));
  }

  std::uint64_t dropped() const {
    const std::shared_lock lock(mutex_);
    return lost_ + dropped_ + (writer_.queue ? writer_.queue->overrun_counter() : 0);
  }

  void count_lost_line() { ++lost_; }

  std::atomic<LogLevel> level{LogLevel::Info};

 private:
  static Writer synchronous() { return {nullptr, std::make_shared<spdlog::logger>("berth", stderr_sink())}; }

  // The queue's destructor writes what is left and joins its thread.
  void replace(Writer writer) {
    const std::unique_lock lock(mutex_);
    writer_.logger.reset();
    if (writer_.queue) dropped_ += writer_.queue->overrun_counter();
    writer_ = std::move(writer);
  }

  mutable std::shared_mutex mutex_;
  Writer writer_;
  std::uint64_t dropped_ = 0;  // by queues that are gone
  std::atomic<std::uint64_t> lost_ = 0;
};

// Never destroyed: threads may log until the process is gone.
Log& the_log() {
  static Log* const log = new Log;
  return *log;
}

std::string format_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  std::string line;
  line.reserve(128 + message.size());
  line.append(R"({"time":")").append(format_micro_time(std::chrono::system_clock::now()));
  line.append(R"(","level":")").append(name_of(level)).append(R"(","message":)");
  append_quoted(line, message);
  for (const auto& [key, value] : fields) {
    line.push_back(',');
    append_quoted(line, key);
    line.push_back(':');
    append_quoted(line, value);
  }
  line.push_back('}');
  return line;
}

}  // namespace

void start_log(LogLevel level) {
  set_log_level(level);
  the_log().start();
}

void stop_log() { the_log().stop(); }

void set_log_level(LogLevel level) { the_log().level = level; }

std::uint64_t log_lines_dropped() { return the_log().dropped(); }

bool is_logged(LogLevel level) { return level >= the_log().level.load(std::memory_order_relaxed); }

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!is_logged(level)) return;
  try {
    the_log().write(format_line(level, message, fields));
  } catch (...) {
    the_log().count_lost_line();  // out of memory: better than a lost process
  }
}

}  // namespace berth::base
