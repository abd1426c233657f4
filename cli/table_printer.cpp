// SPDX-License-Identifier: Apache-2.0
#include "cli/table_printer.hpp"

#include "cli/printable.hpp"

namespace berth::cli {
namespace {

constexpr std::size_t kGap = 3;
constexpr std::size_t kLeast = 6;

// Terminal columns, near enough: code points.
std::size_t width(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return count;
}

std::string cell_text(const base::Json& cell) {
  if (cell.is_null()) return "<none>";
  return cell.is_string() ? std::string(cell.get_string()) : base::to_canonical(cell);
}

std::string upper(std::string_view text) {
  std::string copy(text);
  for (char& c : copy) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return copy;
}

}  // namespace

std::string lay_out(std::vector<Row> rows) {
  for (Row& row : rows) {
    for (std::string& cell : row) cell = printable(cell);
  }
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), kLeast - kGap);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] + kGap - width(row[i]), ' ');
    }
    text += '\n';
  }
  return text;
}

std::vector<Row> table_rows(const base::Json& columns, const base::Json& table, const TableOptions& options) {
  std::vector<std::size_t> shown;
  Row headers;
  if (options.with_namespace) headers.emplace_back("NAMESPACE");
  for (std::size_t i = 0; i < columns.get_array().size(); ++i) {
    const base::Json& column = columns.get_array()[i];
    if (base::int_at(column, "priority") > 0 && !options.wide) continue;
    shown.push_back(i);
    headers.push_back(upper(base::string_at(column, "name")));
  }
  std::vector<Row> rows;
  if (options.headers) rows.push_back(std::move(headers));
  for (const base::Json& entry : table.at("rows").get_array()) {
    Row row;
    if (options.with_namespace) row.emplace_back(base::string_at(entry, "object.metadata.namespace"));
    const auto& cells = entry.at("cells").get_array();
    for (const std::size_t i : shown) {
      row.push_back((i == 0 ? options.name_prefix : "") + (i < cells.size() ? cell_text(cells[i]) : ""));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace berth::cli
