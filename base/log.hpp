// SPDX-License-Identifier: Apache-2.0
#pragma once
// The log: one JSON object a line on stderr, written by a thread of its own (spdlog async), with the request id
// of the work at hand. Secret values never get here: fields are strings that the caller named one by one.
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace berth::base {

enum class LogLevel { Debug, Info, Warning, Error };

// A field's value is text; numbers go through std::to_string at the call.
using LogField = std::pair<std::string_view, std::string_view>;

// Starts the log. Without it lines are written synchronously, which is what tests want.
void start_log(LogLevel level);
// Writes what is queued and stops the thread.
void stop_log();
void set_log_level(LogLevel level);
// Whether lines of the level are written: spares making the fields of one that is not.
bool is_logged(LogLevel level);
// Lines dropped since the process began. Metrics::expose() shows it as berth_log_dropped_total.
std::uint64_t log_lines_dropped();

// {"time":"...","level":"info","message":"...","key":"value"}. Never throws; when the queue is full the oldest
// line is dropped and counted. Bytes that are no UTF-8 are written as U+FFFD.
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

inline void log_debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::Debug, message, fields);
}
inline void log_info(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::Info, message, fields);
}
inline void log_warning(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::Warning, message, fields);
}
inline void log_error(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::Error, message, fields);
}

}  // namespace berth::base
