#pragma once

#include "sandbox/speech/engine.hpp"

#include <cstdint>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::sandbox::speech {

// Answers by rules, where a language model would answer: a few things it really knows (time, sums,
// spelling, counting, stories), and otherwise it asks back. Its answers are made to be spoken. The same
// conversation, time and seed give the same answer; it keeps nothing between calls.
class RuleResponder final : public Responder {
public:
    using LocalTime = std::function<std::tm()>;

    RuleResponder(std::uint64_t seed, LocalTime local_time);

    std::vector<std::string> reply(const std::string& system,
                                   const std::vector<ChatMessage>& messages) override;

private:
    std::uint64_t seed_;
    LocalTime local_time_;
};

// The pieces of a text as a model would stream them: short words whole with the space before them, long
// words in two, punctuation alone. They join to the text.
std::vector<std::string> token_pieces(std::string_view text);

}  // namespace atlas::sandbox::speech
