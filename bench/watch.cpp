// SPDX-License-Identifier: Apache-2.0
// Many watches over TLS in one thread, and a writer. `bench_watch --kubeconfig F --path P --watchers 1000` connects
// all, starts them at once, reads `--initial N` frames of each, prints a line and waits for one. Then it writes
// `--writes N` times, `--rate` a second (0: the next when all have seen the last), until every watcher has seen every
// write, and prints what it measured: one JSON object a line.
//   --object P   the writer patches P-0 to P-99 in turn, and every watcher must end with the last one's resourceVersion
//   --push N     the writer pushes frames of N bytes through bench_null
#include <sys/epoll.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "base/status.hpp"
#include "bench/bare_client.hpp"

namespace berth::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  Credentials credentials;
  std::string path;
  std::vector<std::string> accepts;  // in turn
  std::size_t watchers = 1000;
  std::size_t initial = 0;  // frames of each before the first write
  std::size_t writes = 0;
  double rate = 50;
  std::string object;
  std::size_t push = 0;
};

double cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

double ms_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

// The line that ends a head is "\r\n"; a frame ends with "}\n", also where the two come apart.
class FrameCounter {
 public:
  std::size_t count(std::string_view bytes) {
    std::size_t frames = 0;
    for (std::size_t at = bytes.find('\n'); at != bytes.npos; at = bytes.find('\n', at + 1)) {
      frames += (at == 0 ? last_ : bytes[at - 1]) == '}' ? 1 : 0;
    }
    last_ = bytes.back();
    return frames;
  }

 private:
  char last_ = '\0';
};

struct Watcher {
  Watcher(SSL_CTX& context, const Credentials& credentials) : client(context, credentials) {}
  BareClient client;
  FrameCounter counter;
  std::size_t frames = 0;
  std::string head;  // the first line of the answer
  std::string last;  // from the last frame but one on
};

class FanOut {
 public:
  explicit FanOut(Options options)
      : options_(std::move(options)),
        context_(make_bare_context(options_.credentials)),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        writer_(*context_, options_.credentials),
        sent_(options_.writes),
        answered_(options_.writes),
        seen_(options_.writes),
        seen_by_(options_.writes) {}

  void run() {
    for (std::size_t i = 0; i < options_.watchers; ++i) {
      watchers_.push_back(std::make_unique<Watcher>(*context_, options_.credentials));
      listen_to(watchers_.back()->client.socket(), watchers_.back().get());
    }
    listen_to(writer_.socket(), nullptr);
    const auto began = Clock::now();
    for (std::size_t i = 0; i < options_.watchers; ++i) {
      const std::string& accept = options_.accepts[i % options_.accepts.size()];
      watchers_[i]->client.send("GET " + options_.path + " HTTP/1.1\r\nHost: berthd\r\nAccept: " + accept + "\r\n\r\n");
    }
    while (open_ < options_.watchers) poll(-1);
    std::printf("{\"open_ms\": %.1f}\n", ms_between(began, Clock::now()));
    std::fflush(stdout);
    std::cin.get();
    if (options_.writes == 0) return;
    write_all();
    report();
  }

 private:
  void listen_to(int socket, Watcher* watcher) const {
    epoll_event event{EPOLLIN, {.ptr = watcher}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0) throw base::internal_error("epoll");
  }

  void poll(int milliseconds) {
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(epoll_, events.data(), events.size(), milliseconds);
    for (int i = 0; i < count; ++i) {
      auto* const watcher = static_cast<Watcher*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (watcher == nullptr) {
        writer_.receive([this](std::string_view bytes) { take_answer(bytes); });
      } else {
        watcher->client.receive([this, watcher](std::string_view bytes) { take_frames(*watcher, bytes); });
      }
    }
  }

  void take_frames(Watcher& watcher, std::string_view bytes) {
    constexpr std::string_view kOk = "HTTP/1.1 200";
    const bool was_open = watcher.head.size() >= kOk.size() && watcher.frames >= options_.initial;
    if (watcher.head.size() < kOk.size()) {
      watcher.head.append(bytes.substr(0, kOk.size() - watcher.head.size()));
      if (!kOk.starts_with(watcher.head)) throw base::internal_error("watch: " + std::string(bytes));
    }
    const std::size_t before = watcher.frames;
    watcher.frames += watcher.counter.count(bytes);
    if (!was_open && watcher.frames >= options_.initial) ++open_;
    bytes_ += bytes.size();
    const auto now = Clock::now();
    const std::size_t end = options_.initial + options_.writes;
    for (std::size_t i = std::max(before, options_.initial); i < std::min(watcher.frames, end); ++i) {
      seen_[i - options_.initial] = now;
      ++seen_by_[i - options_.initial];
    }
    if (watcher.frames + 1 >= end) watcher.last += bytes;
  }

  void take_answer(std::string_view bytes) {
    answer_ += bytes;
    constexpr std::string_view kLength = "Content-Length: ";
    const auto head = answer_.find("\r\n\r\n");
    if (head == std::string::npos) return;
    if (!answer_.starts_with("HTTP/1.1 200")) throw base::internal_error("write: " + answer_);
    std::size_t length = 0;
    std::from_chars(answer_.data() + answer_.find(kLength) + kLength.size(), answer_.data() + head, length);
    if (answer_.size() < head + 4 + length) return;
    answered_[answers_++] = Clock::now();
    last_answer_ = answer_.substr(head + 4);
    answer_.clear();
  }

  // Open loop: what is late stays late, and is seen in the rate.
  void write_all() {
    const double cpu = cpu_us();
    bytes_ = 0;
    const auto began = Clock::now();
    for (std::size_t i = 0; i < options_.writes; ++i) {
      const auto due = began + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                                   options_.rate > 0 ? static_cast<double>(i) / options_.rate : 0));
      while (answers_ < i || Clock::now() < due || (options_.rate == 0 && i > 0 && !all_saw(i - 1))) {
        const double left = ms_between(Clock::now(), due);
        poll(answers_ < i || left <= 0 ? -1 : static_cast<int>(left) + 1);
      }
      sent_[i] = Clock::now();
      write(i);
    }
    while (answers_ < options_.writes || !all_saw(options_.writes - 1)) poll(-1);
    seconds_ = ms_between(began, Clock::now()) / 1000;
    client_cpu_ = cpu_us() - cpu;
  }

  // Each watcher sees the writes in their order.
  bool all_saw(std::size_t write) const { return seen_by_[write] == options_.watchers; }

  void write(std::size_t number) {
    std::string method = "PATCH " + options_.object + "-" + std::to_string(number % 100);
    const auto value = std::to_string(Clock::now().time_since_epoch().count());  // a new one, or it were no event
    std::string body = R"({"metadata":{"annotations":{"bench":")" + value + "\"}}}";
    if (options_.push > 0) {
      method = "POST /push";
      body = std::string(options_.push - 2, 'x') + "}";
    }
    writer_.send(method + " HTTP/1.1\r\nHost: berthd\r\nAccept: application/json\r\n" +
                 "Content-Type: application/merge-patch+json\r\nContent-Length: " + std::to_string(body.size()) +
                 "\r\n\r\n" + body);
  }

  void check_last() const {
    const base::Json object = base::parse_json(last_answer_);
    std::string version = "\"resourceVersion\":\"";
    version.append(base::string_at(object, "metadata.resourceVersion")).append("\"");
    for (const auto& watcher : watchers_) {
      if (watcher->last.find(version) == std::string::npos) {
        throw base::internal_error("a watcher ended elsewhere than at " + version + ": " + watcher->last);
      }
    }
  }

  void report() const {
    if (options_.push == 0) check_last();
    std::vector<double> from_write;
    std::vector<double> from_answer;
    for (std::size_t i = 0; i < options_.writes; ++i) {
      from_write.push_back(ms_between(sent_[i], seen_[i]));
      from_answer.push_back(ms_between(answered_[i], seen_[i]));
    }
    const auto deliveries = static_cast<double>(options_.writes * options_.watchers);
    std::printf(
        "{\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"answer_p50_ms\": %.3f, \"answer_p99_ms\": %.3f, \"rate\": %.2f, "
        "\"client_cpu_us\": %.3f, \"frame_bytes\": %.0f}\n",
        median(from_write), percentile(from_write, 0.99), median(from_answer), percentile(from_answer, 0.99),
        static_cast<double>(options_.writes) / seconds_, client_cpu_ / deliveries,
        static_cast<double>(bytes_) / deliveries);
  }

  const Options options_;
  base::SslContextPtr context_;
  int epoll_;
  BareClient writer_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  std::size_t open_ = 0;
  std::size_t bytes_ = 0;
  std::vector<Clock::time_point> sent_;
  std::vector<Clock::time_point> answered_;
  std::vector<Clock::time_point> seen_;  // by the last watcher so far
  std::vector<std::size_t> seen_by_;
  std::string answer_;
  std::string last_answer_;
  std::size_t answers_ = 0;
  double seconds_ = 0;
  double client_cpu_ = 0;
};

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  CLI::App app{"watches"};
  std::string kubeconfig;
  bench::Options options;
  app.add_option("--kubeconfig", kubeconfig)->required();
  app.add_option("--path", options.path)->required();
  app.add_option("--accept", options.accepts);
  app.add_option("--watchers", options.watchers);
  app.add_option("--initial", options.initial);
  app.add_option("--writes", options.writes);
  app.add_option("--rate", options.rate);
  app.add_option("--object", options.object);
  app.add_option("--push", options.push);
  CLI11_PARSE(app, argc, argv);
  if (options.accepts.empty()) options.accepts.emplace_back("application/json");
  options.credentials = bench::read_kubeconfig(kubeconfig);
  bench::FanOut(std::move(options)).run();
  return 0;
}
