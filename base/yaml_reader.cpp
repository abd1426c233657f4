// SPDX-License-Identifier: Apache-2.0
// Text to values; declared in base/yaml.hpp. yaml-cpp's events rather than its nodes: an alias is an event, so that
// what it stands for is weighed before it is copied.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <unordered_map>

#include "base/field_path.hpp"
#include "base/status.hpp"
#include "base/utf8.hpp"
#include "base/yaml.hpp"
#include "base/yaml_scalar.hpp"

namespace berth::base {
namespace {

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

[[noreturn]] void fail(const YAML::Mark& mark, std::string_view why) {
  std::string text = "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1) + ": ";
  throw bad_request(text.append(why));
}

// What a value costs to copy.
struct Weight {
  std::size_t nodes = 1;
  std::size_t bytes = 0;
  std::size_t height = 0;  // 0 for a scalar

  void add(const Weight& child) {
    nodes += child.nodes;
    bytes += child.bytes;
    height = std::max(height, child.height + 1);
  }
};

struct Weighed {
  Json value;
  Weight weight;
};

// A map or a list whose end has not come yet.
struct Level {
  YAML::Mark mark;
  YAML::anchor_t anchor = 0;
  bool is_map = false;
  std::string_view tag{};  // of the dialect
  Json value;              // the JsonObject or JsonArray
  Weight weight;
  std::optional<std::string> key;  // of the map, waiting for its value
  bool key_merges = false;         // the key is <<
  std::vector<Json> merged{};      // values of <<, maps all of them
};

class Builder : public YAML::EventHandler {
 public:
  Builder(std::string_view text, const YamlLimits& limits, const YamlDialect& dialect)
      : text_(text), limits_(limits), dialect_(dialect) {}

  std::vector<YamlDocument> take_documents() { return std::move(documents_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // Left alone, yaml-cpp takes what it cannot read after a document, a stray "}", for endless empty documents.
    if (seen_documents_ > 0 && text_.substr(static_cast<std::size_t>(mark.pos), 3) != "---") {
      fail(mark, "unexpected text after the end of a document");
    }
    if (++seen_documents_ > limits_.max_documents) {
      fail(mark, "more than " + std::to_string(limits_.max_documents) + " documents");
    }
    anchors_.clear();
    document_ = {nullptr, static_cast<std::size_t>(mark.line) + 1, {}};
  }

  void OnDocumentEnd() override {
    if (!document_.value.is_null()) documents_.push_back(std::move(document_));
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    count_node(mark);
    if (wants_key()) {
      put_key(mark, "null", anchor);
    } else {
      put(mark, with_tag(dialect_tag_at(mark), {nullptr, {}}), anchor);
    }
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    count_node(mark);
    if (wants_key()) {
      check_key(mark, tag, text);
      levels_.back().key_merges = text == "<<" && (tag == "?" || tag == "tag:yaml.org,2002:merge");
      put_key(mark, text, anchor);
      return;
    }
    Weight weight;
    weight.bytes = text.size();
    const std::string_view own = dialect_tag(tag);
    put(mark, with_tag(own, {own.empty() ? resolve(mark, tag, text) : Json(text), weight}), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail(mark, "an alias inside its own anchor");
    const Weighed& target = found->second;
    if (wants_key()) {
      if (!target.value.is_string()) fail(mark, "a key must be a string");
      count_node(mark);
      put_key(mark, std::string(target.value.get_string()), 0);
      return;
    }
    if (levels_.size() + target.weight.height > limits_.max_depth) fail_depth(mark);
    count_copy(mark, target.weight);
    put(mark, target, 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    const std::string_view own = dialect_tag(tag);
    if (own.empty()) check_collection_tag(mark, tag, "seq");
    Level& level = open(mark, anchor);
    level.tag = own;
    level.value.emplace_array();
  }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    const std::string_view own = dialect_tag(tag);
    if (own.empty()) check_collection_tag(mark, tag, "map");
    Level& level = open(mark, anchor);
    level.tag = own;
    level.is_map = true;
    level.value.emplace_object();
  }

  void OnSequenceEnd() override { close(); }

  void OnMapEnd() override {
    Level& level = levels_.back();
    JsonObject& object = level.value.get_object();
    for (Json& source : level.merged) {
      // emplace() keeps what is there: explicit keys win, then earlier maps.
      for (auto& member : source.get_object()) object.emplace(member.key(), std::move(member.value()));
    }
    close();
  }

 private:
  bool wants_key() const { return !levels_.empty() && levels_.back().is_map && !levels_.back().key; }

  std::string_view dialect_tag(std::string_view tag) const {
    const auto found = std::find(dialect_.tags.begin(), dialect_.tags.end(), tag);
    return found == dialect_.tags.end() ? std::string_view() : *found;
  }

  // yaml-cpp forgets the tag of a null; the node begins with it.
  std::string_view dialect_tag_at(const YAML::Mark& mark) const {
    const std::string_view node = text_.substr(std::min(static_cast<std::size_t>(mark.pos), text_.size()));
    return dialect_tag(node.substr(0, node.find_first_of(" \t\r\n,]}")));
  }

  static Weighed with_tag(std::string_view tag, Weighed weighed) {
    if (tag.empty()) return weighed;
    JsonObject wrapped;
    wrapped.emplace(tagged_key(tag), std::move(weighed.value));
    Weight weight;
    weight.add(weighed.weight);
    return {std::move(wrapped), weight};
  }

  void check_key(const YAML::Mark& mark, const std::string& tag, const std::string& text) const {
    if (!dialect_.tags.empty() && text.starts_with('\x01')) fail(mark, "a control character in a key");
    if (!dialect_.keys_are_strings || tag != "?" || !core_schema_value(text)) return;
    fail(mark, "a key must be a string: write \"" + text + "\" in quotes");
  }

  [[noreturn]] void fail_depth(const YAML::Mark& mark) const {
    fail(mark, "nested deeper than " + std::to_string(limits_.max_depth));
  }

  void count_node(const YAML::Mark& mark) { count_nodes(mark, 1); }

  void count_nodes(const YAML::Mark& mark, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > limits_.max_nodes) {
      fail(mark, "more than " + std::to_string(limits_.max_nodes) + " values, aliases expanded");
    }
  }

  // A copy for an alias, or of an anchored value for later aliases.
  void count_copy(const YAML::Mark& mark, const Weight& weight) {
    count_nodes(mark, weight.nodes);
    copied_bytes_ += weight.bytes;
    if (copied_bytes_ > limits_.max_bytes) {
      fail(mark, "more than " + std::to_string(limits_.max_bytes) + " bytes, aliases expanded");
    }
  }

  static void check_collection_tag(const YAML::Mark& mark, const std::string& tag, std::string_view own) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    if (tag.starts_with(kCoreTag) && std::string_view(tag).substr(kCoreTag.size()) == own) return;
    fail(mark, "tag " + tag + " is not supported here");
  }

  static Json resolve(const YAML::Mark& mark, const std::string& tag, const std::string& text) {
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return Json(text);
    std::optional<Json> value = core_schema_value(text);
    if (value && value->is_double() && !std::isfinite(value->get_double())) {
      fail(mark, text + " is no number that JSON can hold");
    }
    if (tag == "?" || tag.empty()) return value ? *value : Json(text);
    if (value) {
      if (tag == "tag:yaml.org,2002:null" && value->is_null()) return *value;
      if (tag == "tag:yaml.org,2002:bool" && value->is_bool()) return *value;
      if (tag == "tag:yaml.org,2002:int" && (value->is_int64() || value->is_uint64())) return *value;
      if (tag == "tag:yaml.org,2002:float" && value->is_number()) return *value;
    }
    fail(mark, "tag " + tag + " is not supported for \"" + text + "\"");
  }

  Level& open(const YAML::Mark& mark, YAML::anchor_t anchor) {
    count_node(mark);
    if (wants_key()) fail(mark, "a key must be a string");
    if (levels_.size() >= limits_.max_depth) fail_depth(mark);
    return levels_.emplace_back(Level{mark, anchor});
  }

  void close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    level.weight.height = std::max<std::size_t>(level.weight.height, 1);
    put(level.mark, with_tag(level.tag, {std::move(level.value), level.weight}), level.anchor);
  }

  void put_key(const YAML::Mark& mark, std::string key, YAML::anchor_t anchor) {
    Level& level = levels_.back();
    level.weight.bytes += key.size();
    if (anchor != 0) {
      Weight weight;
      weight.bytes = key.size();
      keep_anchor(mark, anchor, {Json(key), weight});
    }
    level.key = std::move(key);
  }

  void keep_anchor(const YAML::Mark& mark, YAML::anchor_t anchor, const Weighed& weighed) {
    count_copy(mark, weighed.weight);
    anchors_.insert_or_assign(anchor, weighed);
  }

  // Gives a finished value to the map, list or document that waits for it.
  void put(const YAML::Mark& mark, Weighed weighed, YAML::anchor_t anchor) {
    if (anchor != 0) keep_anchor(mark, anchor, weighed);
    if (levels_.empty()) {
      document_.value = std::move(weighed.value);
      return;
    }
    Level& level = levels_.back();
    level.weight.add(weighed.weight);
    if (!level.is_map) {
      level.value.get_array().push_back(std::move(weighed.value));
    } else if (std::exchange(level.key_merges, false)) {
      put_merge(mark, level, std::move(weighed.value));
    } else {
      put_member(level, std::move(weighed.value));
    }
  }

  void put_member(Level& level, Json value) {
    auto [member, inserted] = level.value.get_object().emplace(level.key.value_or(""), nullptr);
    if (!inserted) document_.duplicate_fields.push_back(current_path());
    member->value() = std::move(value);
    level.key.reset();
  }

  void put_merge(const YAML::Mark& mark, Level& level, Json value) {
    if (!level.merged.empty()) document_.duplicate_fields.push_back(current_path());
    level.key.reset();
    if (value.is_object()) {
      level.merged.push_back(std::move(value));
      return;
    }
    if (!value.is_array()) fail(mark, "<< needs a map or a list of maps");
    for (Json& source : value.get_array()) {
      if (!source.is_object()) fail(mark, "<< needs a map or a list of maps");
      level.merged.push_back(std::move(source));
    }
  }

  std::string current_path() const {
    std::vector<FieldStep> steps;
    for (const Level& level : levels_) {
      if (level.is_map) {
        steps.emplace_back(level.key.value_or(""));
      } else {
        steps.emplace_back(level.value.get_array().size());
      }
    }
    return to_field_path(steps);
  }

  std::string_view text_;
  YamlLimits limits_;
  const YamlDialect& dialect_;
  std::vector<YamlDocument> documents_;
  YamlDocument document_;
  std::vector<Level> levels_;
  std::unordered_map<YAML::anchor_t, Weighed> anchors_;
  std::size_t seen_documents_ = 0;
  std::size_t nodes_ = 0;
  std::size_t copied_bytes_ = 0;
};

// yaml-cpp lets any bytes through, and takes 0x04 for the end of the text.
void check_characters(std::string_view text) {
  YAML::Mark mark;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') fail(mark, "a control character");
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) fail(mark, "not UTF-8");
    at += length;
    mark.column += static_cast<int>(length);
    if (c == '\n') {
      ++mark.line;
      mark.column = 0;
    }
  }
}

}  // namespace

std::string tagged_key(std::string_view tag) { return "\x01" + std::string(tag); }

std::vector<YamlDocument> parse_yaml(std::string_view text, const YamlLimits& limits, const YamlDialect& dialect) {
  if (text.size() > limits.max_bytes) {
    throw Status(Reason::RequestEntityTooLarge,
                 "YAML of " + std::to_string(text.size()) + " bytes: the limit is " + std::to_string(limits.max_bytes));
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  check_characters(text);
  Builder builder(text, limits, dialect);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    fail(error.mark, error.msg);
  }
  return builder.take_documents();
}

YamlDocument parse_one_yaml(std::string_view text, const YamlLimits& limits) {
  std::vector<YamlDocument> documents = parse_yaml(text, limits);
  if (documents.size() == 1) return std::move(documents.front());
  throw bad_request("expected one YAML document, found " + std::to_string(documents.size()));
}

}  // namespace berth::base
