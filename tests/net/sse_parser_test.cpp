#include "atlas/net/sse_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace atlas::net {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

void drain(SseParser& parser, Events& events) {
    while (const auto event = parser.next()) events.emplace_back(event->name, event->data);
}

Events parse(std::string_view stream) {
    SseParser parser;
    Events events;
    parser.feed(stream);
    drain(parser, events);
    return events;
}

constexpr std::string_view sample =
    "\xEF\xBB\xBF: a comment\r\n"
    "event: message_start\r\n"
    "data: {\"type\":\"message_start\"}\r\n"
    "\r\n"
    "event:ping\ndata:{}\n\n"
    "event: delta\rdata: first\rdata: gr\xC3\xBC\xC3\x9F dich\r\r"
    "data: no name\n"
    "id: 7\nretry: 1000\nunknown: x\n\n"
    "\n\r\n\n"
    "event: message_stop\r\ndata: {}\r\n\r\n"
    "event: unfinished\ndata: lost\n";

const Events sample_events = {{"message_start", "{\"type\":\"message_start\"}"},
                              {"ping", "{}"},
                              {"delta", "first\ngr\xC3\xBC\xC3\x9F dich"},
                              {"", "no name"},
                              {"message_stop", "{}"}};

TEST(SseParser, ReadsEveryKindOfLineEnd) { EXPECT_EQ(parse(sample), sample_events); }

TEST(SseParser, GivesTheSameEventsWhereverTheStreamIsCutInThree) {
    for (std::size_t first = 0; first <= sample.size(); ++first) {
        for (std::size_t second = first; second <= sample.size(); ++second) {
            SseParser parser;
            Events events;
            parser.feed(sample.substr(0, first));
            drain(parser, events);
            parser.feed(sample.substr(first, second - first));
            drain(parser, events);
            parser.feed(sample.substr(second));
            drain(parser, events);
            ASSERT_EQ(events, sample_events) << "cut at " << first << " and " << second;
        }
    }
}

TEST(SseParser, GivesTheSameEventsByteByByteWithoutDrainingInBetween) {
    SseParser parser;
    Events events;
    for (const char c : sample) parser.feed(std::string_view(&c, 1));
    drain(parser, events);
    EXPECT_EQ(events, sample_events);
}

TEST(SseParser, DispatchesAtACarriageReturnWithoutWaitingForTheNewline) {
    SseParser parser;
    Events events;
    parser.feed("data: x\r\n\r");
    drain(parser, events);
    EXPECT_THAT(events, ElementsAre(Pair("", "x")));
    parser.feed("\ndata: y\r\n\r\n");
    drain(parser, events);
    EXPECT_THAT(events, ElementsAre(Pair("", "x"), Pair("", "y")));
}

TEST(SseParser, JoinsSeveralDataLinesWithANewline) {
    EXPECT_THAT(parse("data: a\ndata\ndata:\ndata: b\n\n"), ElementsAre(Pair("", "a\n\n\nb")));
}

TEST(SseParser, DropsOneSpaceAfterTheColonAndNoMore) {
    EXPECT_THAT(parse("data:  two \n\ndata:none\n\n"), ElementsAre(Pair("", " two "), Pair("", "none")));
}

TEST(SseParser, ReturnsAnEventThatHasOnlyAName) {
    EXPECT_THAT(parse("event: ping\n\n"), ElementsAre(Pair("ping", "")));
}

TEST(SseParser, SkipsCommentsAndEmptyLinesBetweenEvents) {
    EXPECT_THAT(parse(":\n: x\n\n\n\r\n"), IsEmpty());
}

TEST(SseParser, DropsAnEventThatTheStreamLeavesUnfinished) {
    EXPECT_THAT(parse("event: a\ndata: b"), IsEmpty());
    EXPECT_THAT(parse("event: a\ndata: b\n"), IsEmpty());
}

TEST(SseParser, TheLastEventNameWins) {
    EXPECT_THAT(parse("event: a\nevent: b\n\n"), ElementsAre(Pair("b", "")));
}

TEST(SseParser, KeepsTheViewsOfAnEventUntilItIsTouchedAgain) {
    SseParser parser;
    parser.feed("event: one\ndata: 1\n\nevent: two\ndata: 2\n\n");
    const auto first = parser.next();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->name, "one");
    EXPECT_EQ(first->data, "1");
    const auto second = parser.next();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->data, "2");
    EXPECT_FALSE(parser.next());
}

TEST(SseParser, AcceptsAnEventOfExactlyTheLimit) {
    SseParser parser(16);
    parser.feed("data: 0123456789\n\n");  // the line has 16 bytes
    const auto event = parser.next();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->data, "0123456789");
}

TEST(SseParser, GivesUpOnALineThatNeverEnds) {
    SseParser parser(16);
    parser.feed("data: 0123456789");
    EXPECT_FALSE(parser.next());
    EXPECT_EQ(parser.error(), "");
    parser.feed("x");
    EXPECT_FALSE(parser.next());
    EXPECT_EQ(parser.error(), "an event is larger than 16 bytes");
    parser.feed("\n\ndata: y\n\n");
    EXPECT_FALSE(parser.next());
}

TEST(SseParser, GivesUpOnAnEventOfTooManyLines) {
    SseParser parser(64);
    for (int i = 0; i < 20; ++i) parser.feed("data: 01234567\n");
    EXPECT_FALSE(parser.next());
    EXPECT_NE(parser.error(), "");
}

TEST(SseParser, HasNoLimitOnTheStreamAsAWhole) {
    SseParser parser(64);
    Events events;
    for (int i = 0; i < 1000; ++i) {
        parser.feed("event: e\ndata: 01234567\n\n");
        drain(parser, events);
    }
    EXPECT_EQ(events.size(), 1000u);
    EXPECT_EQ(parser.error(), "");
}

}  // namespace
}  // namespace atlas::net
