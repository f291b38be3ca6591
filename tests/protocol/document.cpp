#include "protocol/document.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace atlas::test {
namespace {

std::vector<std::string> lines() {
    std::istringstream text(document());
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
}

std::vector<std::string> cells(std::string_view row) {
    std::vector<std::string> cells;
    row.remove_prefix(row.find('|') + 1);
    while (row.find('|') != std::string_view::npos) {
        const std::string_view cell = row.substr(0, row.find('|'));
        const auto first = cell.find_first_not_of(' ');
        const auto last = cell.find_last_not_of(' ');
        cells.emplace_back(first == std::string_view::npos ? "" : cell.substr(first, last - first + 1));
        row.remove_prefix(row.find('|') + 1);
    }
    return cells;
}

}  // namespace

std::string document() {
    const auto path = std::filesystem::path(ATLAS_DOCS_DIR) / "client-protocol.md";
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Example> examples() {
    constexpr std::string_view fence = "```json ";
    std::vector<Example> examples;
    bool inside = false;
    for (const std::string& line : lines()) {
        if (line.starts_with(fence)) {
            examples.push_back({line.substr(fence.size()), ""});
            inside = true;
        } else if (line == "```") {
            inside = false;
        } else if (inside) {
            examples.back().json += line + "\n";
        }
    }
    return examples;
}

std::vector<std::string> client_examples() {
    std::vector<std::string> texts;
    for (Example& example : examples()) {
        if (example.from == "client") texts.push_back(std::move(example.json));
    }
    return texts;
}

std::vector<std::vector<std::string>> table(std::string_view header) {
    std::vector<std::vector<std::string>> rows;
    bool inside = false;
    for (const std::string& line : lines()) {
        if (inside && !line.starts_with('|')) break;
        if (inside && !line.starts_with("| ---")) rows.push_back(cells(line));
        if (line.starts_with(header)) inside = true;
    }
    return rows;
}

}  // namespace atlas::test
