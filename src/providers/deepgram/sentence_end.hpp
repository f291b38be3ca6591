#pragma once

#include <string_view>

namespace atlas::providers::deepgram {

// The text reads like the end of a sentence, by its last mark: "." and its kin in other scripts, "?" and
// "!", also inside closing quotes or brackets. An ellipsis trails off: no end.
bool looks_finished(std::string_view text);

}  // namespace atlas::providers::deepgram
