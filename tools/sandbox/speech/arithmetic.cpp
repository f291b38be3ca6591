#include "sandbox/speech/arithmetic.hpp"

#include "sandbox/speech/spoken_numbers.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace atlas::sandbox::speech {

namespace {

enum class Operation { plus, minus, times, divided };

struct Sign {
    std::string_view written;
    std::string_view spoken;
};
constexpr std::array<Sign, 7> signs{{{"+", " plus "},
                                     {"*", " times "},
                                     {"/", " divided by "},
                                     {"\u00d7", " times "},
                                     {"\u00f7", " divided by "},
                                     {"\u2212", " minus "},
                                     {" - ", " minus "}}};

struct Operator {
    std::string_view phrase;
    Operation operation;
};
constexpr std::array<Operator, 8> operators{{{"plus", Operation::plus},
                                             {"added to", Operation::plus},
                                             {"and", Operation::plus},
                                             {"minus", Operation::minus},
                                             {"times", Operation::times},
                                             {"multiplied by", Operation::times},
                                             {"x", Operation::times},
                                             {"divided by", Operation::divided}}};

std::string spell_out_signs(std::string text) {
    for (const Sign& sign : signs) {
        for (std::size_t at = 0; (at = text.find(sign.written, at)) != std::string::npos;) {
            text.replace(at, sign.written.size(), sign.spoken);
            at += sign.spoken.size();
        }
    }
    return text;
}

const Operator* operator_at(const Words& words, std::size_t at) {
    for (const Operator& candidate : operators) {
        const Words phrase = plain_words(candidate.phrase);
        if (at + phrase.size() > words.size()) continue;
        if (candidate.phrase == "and" && !has_any(words, {"add", "sum"})) continue;  // "two and three"
        if (std::equal(phrase.begin(), phrase.end(), words.begin() + static_cast<std::ptrdiff_t>(at))) {
            return &candidate;
        }
    }
    return nullptr;
}

std::string_view name(Operation operation) {
    switch (operation) {
        case Operation::plus:
            return "plus";
        case Operation::minus:
            return "minus";
        case Operation::times:
            return "times";
        case Operation::divided:
            return "divided by";
    }
    return {};
}

double apply(double left, Operation operation, double right) {
    switch (operation) {
        case Operation::plus:
            return left + right;
        case Operation::minus:
            return left - right;
        case Operation::times:
            return left * right;
        case Operation::divided:
            return left / right;
    }
    return 0;
}

// Two decimals at most, as one says it: 2.5 -> "two point five".
std::string say(double value) {
    const auto hundredths = static_cast<std::int64_t>(std::llround(std::abs(value) * 100));
    std::string text = (value < 0 && hundredths > 0 ? "minus " : "") + say_number(hundredths / 100);
    const std::int64_t rest = hundredths % 100;
    if (rest == 0) return text;
    text += " point " + say_number(rest / 10);
    if (rest % 10 != 0) text += ' ' + say_number(rest % 10);
    return text;
}

std::string sentence(std::string text) {
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text + '.';
}

}  // namespace

std::optional<std::string> calculate(const std::string& text) {
    const Words words = plain_words(spell_out_signs(text));
    auto found = find_number(words);
    if (!found) return std::nullopt;
    double result = found->value;
    std::string spoken = say(result);
    bool calculated = false;
    for (std::size_t at = found->first + found->count;;) {
        if (at < words.size() && words[at] == "squared") {
            result *= result;
            spoken += " squared";
            calculated = true;
            ++at;
            continue;
        }
        const Operator* next = operator_at(words, at);
        if (next == nullptr) break;
        const std::size_t operand = at + plain_words(next->phrase).size();
        const auto right = find_number(words, operand);
        if (!right || right->first != operand) break;
        if (next->operation == Operation::divided && right->value == 0) return "Nobody can divide by zero.";
        result = apply(result, next->operation, right->value);
        if (!(std::abs(result) < 1e12)) return "That is more than I can count.";
        spoken += ' ' + std::string(name(next->operation)) + ' ' + say(right->value);
        calculated = true;
        at = right->first + right->count;
    }
    if (!calculated) return std::nullopt;
    return sentence(spoken + " is " + say(result));
}

}  // namespace atlas::sandbox::speech
