#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace atlas::test {

// docs/client-protocol.md, as far as it can be checked by a program.

struct Example {
    std::string from;  // "client" or "server"
    std::string json;
};

std::string document();
std::vector<Example> examples();  // its blocks ```json client and ```json server
std::vector<std::string> client_examples();

// The rows below the header that begins with `header`, up to the first line that is no row, cell by cell.
std::vector<std::vector<std::string>> table(std::string_view header);

}  // namespace atlas::test
