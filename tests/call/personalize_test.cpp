#include "atlas/call/personalize.hpp"

#include <gtest/gtest.h>

namespace atlas::call {
namespace {

constexpr std::size_t plenty = 1000;

TEST(Personalize, PutsValuesInByName) {
    EXPECT_EQ(
        personalize("Hi {{name}}, {{name}} of {{town}}!", {{"name", "Ada"}, {"town", "Vienna"}}, plenty),
        "Hi Ada, Ada of Vienna!");
}

TEST(Personalize, LeavesWhatItDoesNotKnowAsItStands) {
    EXPECT_EQ(personalize("{{who}} {{ name }} {{", {{"name", "Ada"}}, plenty), "{{who}} {{ name }} {{");
    EXPECT_EQ(personalize("}} {{name", {{"name", "Ada"}}, plenty), "}} {{name");
}

TEST(Personalize, DoesNotLookThroughAValueAgain) {
    EXPECT_EQ(personalize("{{a}}", {{"a", "{{b}}"}, {"b", "no"}}, plenty), "{{b}}");
}

TEST(Personalize, StopsSoonAfterTheLimit) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "{{a}}";
    const auto result = personalize(text, {{"a", std::string(100, 'x')}}, plenty);
    EXPECT_GT(result.size(), plenty) << "so that it can be refused";
    EXPECT_LE(result.size(), plenty + 100);
}

}  // namespace
}  // namespace atlas::call
