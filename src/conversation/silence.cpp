#include "atlas/conversation/silence.hpp"

#include <algorithm>

namespace atlas::conversation {

const char* name(Missing missing) {
    switch (missing) {
        case Missing::speech:
            return "speech";
        case Missing::tool:
            return "tool";
        case Missing::language_model:
            return "language_model";
    }
    return "speech";
}

void Silence::misses(Missing missing, TimePoint now) {
    missed_[static_cast<std::size_t>(missing_)] += now - changed_;
    changed_ = now;
    missing_ = missing;
}

SilenceRecord Silence::ended(TimePoint now) const {
    auto missed = missed_;
    missed[static_cast<std::size_t>(missing_)] += now - changed_;
    const auto longest = std::max_element(missed.begin(), missed.end()) - missed.begin();
    return {true, std::chrono::round<std::chrono::milliseconds>(now - since_),
            name(static_cast<Missing>(longest))};
}

}  // namespace atlas::conversation
