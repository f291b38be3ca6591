#pragma once

#include "sandbox/speech/question.hpp"

#include <string>

namespace atlas::sandbox::speech {

// The answer to a question, by the first rule that knows one; never empty.
std::string answer(const Question& question);

}  // namespace atlas::sandbox::speech
