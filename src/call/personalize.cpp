#include "atlas/call/personalize.hpp"

#include <algorithm>

namespace atlas::call {

std::string personalize(std::string_view text,
                        const std::vector<std::pair<std::string, std::string>>& variables,
                        std::size_t max_bytes) {
    std::string result;
    while (result.size() <= max_bytes) {
        const auto open = text.find("{{");
        const auto close = open == std::string_view::npos ? open : text.find("}}", open);
        if (close == std::string_view::npos) return result.append(text);
        const auto name = text.substr(open + 2, close - open - 2);
        const auto found = std::find_if(variables.begin(), variables.end(),
                                        [name](const auto& variable) { return variable.first == name; });
        result.append(text.substr(0, open));
        if (found != variables.end()) {
            result.append(found->second);
        } else {
            result.append(text.substr(open, close + 2 - open));
        }
        text.remove_prefix(close + 2);
    }
    return result;
}

}  // namespace atlas::call
