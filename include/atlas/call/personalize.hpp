#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atlas::call {

// Of a prompt with the call's variables put in: a short text can name a long value many times.
inline constexpr std::size_t max_prompt_bytes = 64 * 1024;

// Puts a call's variables into a prompt: {{name}} becomes its value; an unknown name stays as it stands.
// Values are put in once and not looked through again. Stops soon after `max_bytes`: a longer result is cut,
// and is to be refused.
std::string personalize(std::string_view text,
                        const std::vector<std::pair<std::string, std::string>>& variables,
                        std::size_t max_bytes);

}  // namespace atlas::call
