#pragma once

#include <span>
#include <string_view>

namespace atlas::test {

// What an assistant says in calls: short and long, with numbers, money, dates, lists, questions,
// abbreviations, Markdown and addresses. Every second reply is for tuning the ledger, the others for judging
// it.
std::span<const std::string_view> assistant_replies();

}  // namespace atlas::test
