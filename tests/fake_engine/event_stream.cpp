// SPDX-License-Identifier: Apache-2.0
// GET /events of the fake engine: since, filters by type and event, one JSON object a line.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cstdlib>
#include <set>

#include "tests/fake_engine/server.hpp"

namespace berth::fake_engine {

using base::Task;

using Lock = std::lock_guard<std::recursive_mutex>;

namespace {

// "1700000000.000000001" in nanoseconds.
std::int64_t parse_since(const std::string& text) {
  const std::size_t dot = text.find('.');
  const std::int64_t seconds = std::strtoll(text.c_str(), nullptr, 10);
  if (dot == std::string::npos) return seconds * 1'000'000'000;
  std::string fraction = text.substr(dot + 1, 9);
  fraction.resize(9, '0');
  return seconds * 1'000'000'000 + std::strtoll(fraction.c_str(), nullptr, 10);
}

struct Filter {
  std::set<std::string> types;
  std::set<std::string> events;

  bool passes(const Event& event) const {
    const std::string action = event.action.substr(0, event.action.find(':'));
    return (types.empty() || types.contains(event.type)) && (events.empty() || events.contains(action));
  }
};

void read_words(const Json& filters, const char* key, std::set<std::string>& into) {
  const Json* list = base::find_path(filters, key);
  if (list == nullptr) return;
  // Old clients send a map of word to true, newer ones a list.
  if (list->is_object()) {
    for (const auto& [word, wanted] : list->as_object()) into.insert(std::string(word));
  } else if (list->is_array()) {
    for (const Json& word : list->as_array()) into.insert(std::string(word.as_string()));
  }
}

Filter parse_filter(const std::string& text) {
  Filter filter;
  if (text.empty()) return filter;
  const Json filters = base::parse_json(text);
  read_words(filters, "type", filter.types);
  read_words(filters, "event", filter.events);
  return filter;
}

}  // namespace

Task<bool> Server::stream_events(base::HttpServerConnection& connection, const Route& route) {
  using namespace boost::asio::experimental::awaitable_operators;
  const auto since = route.query.find("since");
  const auto filters = route.query.find("filters");
  const Filter filter = parse_filter(filters == route.query.end() ? "" : filters->second);
  Waiting waiting(*this);
  std::uint64_t position = 0;
  std::uint64_t cuts = 0;
  {
    const Lock lock(shared_.mutex);
    position = since == route.query.end() ? shared_.world.events.last()
                                          : shared_.world.events.position_at(parse_since(since->second));
    cuts = shared_.event_cuts;
  }
  const base::HttpResponse opening =
      head({200, shared_.world.max_minor() >= 52 ? "application/jsonl" : "application/json", ""});
  co_await connection.begin_chunked(opening);
  while (true) {
    std::string lines;
    {
      const Lock lock(shared_.mutex);
      if (shared_.event_cuts != cuts) co_return false;
      const bool lost = shared_.delivery == FakeEngine::EventDelivery::Lost;
      while (const Event* event = shared_.world.events.after(position)) {
        position = event->sequence;
        if (lost || !filter.passes(*event)) continue;
        lines += base::to_canonical(shared_.world.view_event(*event, route.minor)) + "\n";
      }
    }
    if (!lines.empty()) {
      co_await connection.write_chunk(lines);
      continue;
    }
    const auto ended = co_await (connection.wait_for_hangup() || waiting.signal().wait());
    if (ended.index() == 0) co_return false;
  }
}

}  // namespace berth::fake_engine
