#include "event_json.hpp"

#include <gtest/gtest.h>

#include <array>

// Every member of every event, setting and command comes back as it went. That none is forgotten is checked
// by the compiler (members.hpp).

namespace atlas::call {
namespace {

using namespace conversation;

// Gives every value another one than its default, and each a different one.
class Filler {
public:
    template <class T>
    void fill(T& value) {
        if constexpr (std::is_same_v<T, std::string>) {
            value = "text \"" + std::to_string(++next_) + "\" – 你好\n";
        } else if constexpr (std::is_same_v<T, bool>) {
            value = !value;
        } else if constexpr (std::is_enum_v<T>) {
            value = static_cast<T>(values<T>.size() - 1);
        } else if constexpr (IsDuration<T>::value) {
            value = T(++next_ * 1'000'003);
        } else if constexpr (std::is_same_v<T, TimePoint>) {
            value = TimePoint(Duration(++next_));
        } else if constexpr (HasFields<T>) {
            for_each_field(value, [this](std::string_view, auto& part) { fill(part); });
        } else {
            value = static_cast<T>(++next_) + static_cast<T>(std::is_floating_point_v<T> ? 0.1 : 0);
        }
    }
    template <class T>
    void fill(std::optional<T>& value) {
        fill(value.emplace());
    }
    template <class T>
    void fill(std::vector<T>& list) {
        fill(list.emplace_back());
        fill(list.emplace_back());
    }
    template <class A, class B>
    void fill(std::pair<A, B>& pair) {
        fill(pair.first);
        fill(pair.second);
    }

private:
    std::int64_t next_ = 100;
};

// As text, there and back.
template <class T>
T there_and_back(const T& value) {
    T back{};
    read(EventJson::parse(write(value).dump()), back);
    return back;
}

template <class T>
void expect_lossless() {
    T value{};
    Filler().fill(value);
    const std::string json = write(value).dump();
    EXPECT_EQ(write(there_and_back(value)).dump(), json) << type_name<T>();
    EXPECT_EQ(write(there_and_back(T{})).dump(), write(T{}).dump()) << type_name<T>();
    if constexpr (!std::is_empty_v<T>) {
        EXPECT_NE(json, write(T{}).dump()) << type_name<T>();
    }
}

template <class... T>
void expect_all_lossless(std::in_place_type_t<std::variant<T...>>) {
    (expect_lossless<T>(), ...);
}

TEST(EventJson, KeepsEveryMemberOfEveryEvent) { expect_all_lossless(std::in_place_type<Event>); }
TEST(EventJson, KeepsEveryMemberOfEveryCommand) { expect_all_lossless(std::in_place_type<Command>); }
TEST(EventJson, KeepsEveryMemberOfTheSettings) { expect_lossless<ConversationSettings>(); }

TEST(EventJson, KeepsTheKindOfAnEvent) {
    const Event event = CallerMayBeDone{"Hello.", 0.1};
    EXPECT_EQ(write(event).dump(), R"({"CallerMayBeDone":{"text":"Hello.","confidence":0.1}})");
    EXPECT_TRUE(std::holds_alternative<CallerMayBeDone>(there_and_back(event)));
}

TEST(EventJson, KeepsNumbersToTheLastBit) {
    for (const double number :
         {0.1 + 0.2, 1.0 / 3, 1e-320, -0.0, 1e308, std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity()}) {
        const double back = there_and_back(CallerMayBeDone{"", number}).confidence;
        EXPECT_EQ(back, number);
        EXPECT_EQ(std::signbit(back), std::signbit(number));
    }
    EXPECT_TRUE(std::isnan(there_and_back(CallerMayBeDone{"", std::nan("")}).confidence));
    const auto most = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(there_and_back(ReplyPlayed{0, AudioTime(most)}).position, AudioTime(most));
    EXPECT_EQ(there_and_back(ReplyPlayed{0, AudioTime::min()}).position, AudioTime::min());
    EXPECT_EQ(there_and_back(CallMustEnd{TimePoint::min(), TimePoint::max()}).by, TimePoint::max());
}

TEST(EventJson, KeepsBytesThatAreNoText) {
    const std::string bytes("\xC3(\0\xFF ok", 7);
    EXPECT_EQ(write(bytes).dump(), R"({"hex":"c32800ff206f6b"})");
    EXPECT_EQ(there_and_back(bytes), bytes);
}

TEST(EventJson, WritesOnlyWhatIsNewOfAQuestion) {
    CommandWriter writer;
    const Message hello{Message::Role::caller, "Hello."};
    const Message yes{Message::Role::assistant, "Yes?"};
    const std::vector<Command> first{AskModel{1, {hello, yes}, 2, true}};
    const std::vector<Command> second{AskModel{2, {hello, yes, hello}, 2, true}};
    const std::vector<Command> other{AskModel{3, {yes}, 0, false}};
    EXPECT_EQ(writer.write_commands(first)[0]["AskModel"]["messages"]["same_as_before"], 0);
    const auto question = writer.write_commands(second)[0]["AskModel"]["messages"];
    EXPECT_EQ(question["same_as_before"], 2);
    EXPECT_EQ(question["then"].size(), 1U);
    EXPECT_EQ(writer.write_commands(other)[0]["AskModel"]["messages"]["then"].size(), 1U);
}

}  // namespace
}  // namespace atlas::call
