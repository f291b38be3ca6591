#include "sandbox/speech/rule_responder.hpp"

#include "sandbox/speech/answer_rules.hpp"

#include <cctype>
#include <utility>

namespace atlas::sandbox::speech {

RuleResponder::RuleResponder(std::uint64_t seed, LocalTime local_time)
    : seed_(seed), local_time_(std::move(local_time)) {}

std::vector<std::string> RuleResponder::reply(const std::string& system,
                                              const std::vector<ChatMessage>& messages) {
    return token_pieces(answer(read_question(system, messages, local_time_(), seed_)));
}

std::vector<std::string> token_pieces(std::string_view text) {
    constexpr std::size_t longest = 7;  // characters of a word
    std::vector<std::string> pieces;
    std::size_t letters = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool letter = std::isalnum(byte) != 0 || byte >= 0x80 || c == '\'';
        const bool continues_character = (byte & 0xc0) == 0x80;  // never cut inside UTF-8
        const bool joins = letter && !pieces.empty() && (letters > 0 || pieces.back().back() == ' ');
        if (!joins || (letters >= longest && !continues_character)) {
            pieces.emplace_back();
            letters = 0;
        }
        pieces.back().push_back(c);
        letters = letter ? letters + 1 : 0;
    }
    return pieces;
}

}  // namespace atlas::sandbox::speech
