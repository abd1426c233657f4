// SPDX-License-Identifier: Apache-2.0
#include "resources/request/requirement.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/status.hpp"
#include "resources/request/label_lexer.hpp"
#include "schemas/name_formats.hpp"

namespace berth::resources {
namespace {

using Token = LabelToken::Kind;
using Expect = LabelLexer::Expect;
using Operator = Requirement::Operator;

base::Status malformed(const std::string& what) { return base::bad_request("unable to parse requirement: " + what); }

base::Status unexpected(const LabelToken& token, std::string_view expected) {
  return base::bad_request("found '" + token.text + "', expected: " + std::string(expected));
}

base::Status unexpected_in_requirement(const LabelToken& token, std::string_view expected) {
  return malformed("found '" + token.text + "', expected: " + std::string(expected));
}

void check_key(const std::string& key) {
  // A parsed key has no path, and upstream prints that as <nil>.
  const std::string_view problem = schemas::check_qualified_name(key);
  if (!problem.empty()) throw malformed("<nil>: Invalid value: \"" + key + "\": " + std::string(problem));
}

void find_bad_values(const Requirement& requirement, std::vector<std::string>& problems) {
  for (std::size_t index = 0; index < requirement.values.size(); ++index) {
    const std::string& value = requirement.values[index];
    const std::string_view problem = schemas::check_label_value(value);
    if (problem.empty()) continue;
    problems.push_back("values[" + std::to_string(index) + "][" + requirement.key + "]: Invalid value: \"" + value +
                       "\": " + std::string(problem));
  }
}

void find_bad_number(const Requirement& requirement, std::vector<std::string>& problems) {
  if (requirement.op != Operator::GreaterThan && requirement.op != Operator::LessThan) return;
  const std::string& text = requirement.values.front();
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) return;
  problems.push_back("values[0]: Invalid value: \"" + text +
                     "\": for 'Gt', 'Lt' operators, the value must be an integer");
}

// Every problem is named; several come as a list.
void check_values(const Requirement& requirement) {
  std::vector<std::string> problems;
  find_bad_number(requirement, problems);
  find_bad_values(requirement, problems);
  if (problems.empty()) return;
  std::string all;
  for (const std::string& problem : problems) all.append(all.empty() ? "" : ", ").append(problem);
  throw malformed(problems.size() == 1 ? all : "[" + all + "]");
}

class LabelParser {
 public:
  explicit LabelParser(std::string_view text) : lexer_(text) {}

  std::vector<Requirement> parse() {
    std::vector<Requirement> requirements;
    while (true) {
      const LabelToken token = lexer_.peek(Expect::Value);
      if (token.kind == Token::End) return requirements;
      if (token.kind != Token::Word && token.kind != Token::Not) {
        throw unexpected(token, "!, identifier, or 'end of string'");
      }
      requirements.push_back(requirement());
      const LabelToken end = lexer_.take(Expect::Value);
      if (end.kind == Token::End) return requirements;
      if (end.kind != Token::Comma) throw unexpected(end, "',' or 'end of string'");
      const LabelToken next = lexer_.peek(Expect::Value);
      if (next.kind != Token::Word && next.kind != Token::Not) throw unexpected(next, "identifier after ','");
    }
  }

 private:
  Requirement requirement() {
    Requirement found;
    LabelToken token = lexer_.take(Expect::Value);
    if (token.kind == Token::Not) {
      found.op = Operator::DoesNotExist;
      token = lexer_.take(Expect::Value);
    }
    if (token.kind != Token::Word) throw unexpected_in_requirement(token, "identifier");
    found.key = token.text;
    check_key(found.key);
    const Token next = lexer_.peek(Expect::Value).kind;
    if (found.op == Operator::DoesNotExist || next == Token::End || next == Token::Comma) return found;
    found.op = take_operator();
    const bool set = found.op == Operator::In || found.op == Operator::NotIn;
    found.values = set ? take_set() : std::vector{take_value()};
    check_values(found);
    return found;
  }

  Operator take_operator() {
    const LabelToken token = lexer_.take(Expect::Operator);
    switch (token.kind) {
      case Token::In:
        return Operator::In;
      case Token::NotIn:
        return Operator::NotIn;
      case Token::Equals:
      case Token::DoubleEquals:
        return Operator::Equals;
      case Token::NotEquals:
        return Operator::NotEquals;
      case Token::Greater:
        return Operator::GreaterThan;
      case Token::Less:
        return Operator::LessThan;
      default:
        throw unexpected_in_requirement(token, "in, notin, =, ==, !=, gt, lt");
    }
  }

  std::string take_value() {
    const Token next = lexer_.peek(Expect::Value).kind;
    if (next == Token::End || next == Token::Comma) return "";
    const LabelToken token = lexer_.take(Expect::Value);
    if (token.kind != Token::Word) throw unexpected_in_requirement(token, "identifier");
    return token.text;
  }

  // "(a,b)". An empty place, as in "()" and "(,a)", is the empty value.
  std::vector<std::string> take_set() {
    const LabelToken open = lexer_.take(Expect::Value);
    if (open.kind != Token::Open) throw malformed("found '" + open.text + "' expected: '('");
    std::set<std::string> values;
    while (true) {
      const LabelToken token = lexer_.peek(Expect::Value);
      if (token.kind == Token::Word) lexer_.take(Expect::Value);
      if (token.kind != Token::Word && token.kind != Token::Comma && token.kind != Token::Close) {
        throw unexpected_in_requirement(token, "',', ')' or identifier");
      }
      values.insert(token.kind == Token::Word ? token.text : "");
      const LabelToken end = lexer_.take(Expect::Value);
      if (end.kind == Token::Close) return {values.begin(), values.end()};
      if (end.kind != Token::Comma) throw unexpected_in_requirement(end, "',' or ')'");
    }
  }

  LabelLexer lexer_;
};

// "\," "\=" and "\\" stand for themselves in a field's value.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '=') {
      // Upstream tells the character by its number.
      throw base::bad_request("invalid field selector: unescaped character in value: " + std::to_string(c));
    }
    if (c != '\\') {
      plain.push_back(c);
      continue;
    }
    const std::string_view escaped = text.substr(++at).substr(0, 1);
    if (escaped != "\\" && escaped != "," && escaped != "=") {
      throw base::bad_request("invalid field selector: invalid escape sequence: \\" + std::string(escaped));
    }
    plain.append(escaped);
  }
  return plain;
}

// The first of "!=", "==" and "=" splits a term.
FieldRequirement parse_field(std::string_view selector, std::string_view term) {
  const std::size_t equals = term.find('=');
  if (equals == std::string_view::npos) {
    throw base::bad_request("invalid selector: '" + std::string(selector) + "'; can't understand '" +
                            std::string(term) + "'");
  }
  FieldRequirement field;
  std::size_t end = equals;
  if (equals > 0 && term[equals - 1] == '!') {
    field.op = FieldRequirement::Operator::NotEquals;
    end = equals - 1;
  }
  const bool doubled = end == equals && equals + 1 < term.size() && term[equals + 1] == '=';
  field.path = term.substr(0, end);
  field.value = unescape(term.substr(equals + (doubled ? 2 : 1)));
  return field;
}

std::vector<std::string_view> split_terms(std::string_view text) {
  std::vector<std::string_view> terms;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;  // what follows is no separator
    } else if (text[at] == ',') {
      terms.push_back(text.substr(start, at - start));
      start = at + 1;
    }
  }
  terms.push_back(text.substr(start));
  return terms;
}

}  // namespace

std::vector<Requirement> parse_label_selector(std::string_view text) { return LabelParser(text).parse(); }

std::vector<FieldRequirement> parse_field_selector(std::string_view text) {
  std::vector<std::string_view> terms = split_terms(text);
  std::ranges::sort(terms);  // as upstream does: the first that is wrong is named
  std::vector<FieldRequirement> fields;
  for (const std::string_view term : terms) {
    if (term.empty()) continue;
    FieldRequirement field = parse_field(text, term);
    // Nothing of nothing is everything.
    if (!field.path.empty() || !field.value.empty()) fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace berth::resources
