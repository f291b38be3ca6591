#include "protocol/refusals.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::protocol {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(NativeRefusal, SaysWhereATextIsNotJson) {
    expect_refusal(refusal("hello"), ErrorCode::not_json, "",
                   "a text message must be JSON; it is not at byte 1; received \"hello\"");
    EXPECT_EQ(refusal("").code, ErrorCode::not_json);
    EXPECT_EQ(refusal(R"({"t":"bye"} x)").code, ErrorCode::not_json);
    EXPECT_EQ(refusal("{\"t\":\"\xFF\"}").code, ErrorCode::not_json);
    EXPECT_EQ(refusal(R"({"t":"ping","time_ms":1e999})").code, ErrorCode::not_json);
    EXPECT_EQ(refusal(R"({"t":"ping","time_ms":NaN})").code, ErrorCode::not_json);
}

TEST(NativeRefusal, QuotesTheBeginningOfWhatIsNotJsonEscaped) {
    EXPECT_THAT(refusal("\x1b[31m\n\"" + std::string(100, 'x')).message,
                HasSubstr(R"(received "\x1B[31m\n\")" + std::string(33, 'x') + "…\""));
}

TEST(NativeRefusal, KeepsAResumeTokenToItself) {
    EXPECT_THAT(refusal(R"({"token":"secret)").message, Not(HasSubstr("secret")));
    EXPECT_THAT(
        refused_hello(R"("resume":{"last_seq":1,"token":"secret)" + std::string(600, 'x') + "\"}").message,
        AllOf(HasSubstr("received 606 characters"), Not(HasSubstr("secret"))));
    EXPECT_THAT(refused_hello(R"("resume":{"last_seq":1,"token":["secret"]})").message,
                Not(HasSubstr("secret")));
}

TEST(NativeRefusal, ReadsNoMessageAboveTheLimit) {
    const ProtocolError error = refusal(std::string(max_text_message_bytes + 1, ' '));
    expect_refusal(error, ErrorCode::message_too_large, "",
                   "a text message must have at most 65536 bytes; received 65537");
    EXPECT_EQ(error.close_code, 1009);
}

TEST(NativeRefusal, ReadsNoMessageThatIsNestedTooDeep) {
    EXPECT_EQ(refusal(R"({"t":"bye","x":)" + std::string(max_json_depth, '[') +
                      std::string(max_json_depth, ']') + "}")
                  .code,
              ErrorCode::nested_too_deep);
    EXPECT_EQ(refusal(std::string(60000, '[')).code, ErrorCode::nested_too_deep);
    EXPECT_EQ(refusal(R"({"t":"hello","x":)" + std::string(60000, '{')).code, ErrorCode::nested_too_deep);
}

TEST(NativeRefusal, DrawsTheLimitOfNestingByTheTypeOfTheMessage) {
    const auto with_depth = [](const std::string& type, std::size_t depth) {
        return refusal(R"({"t":")" + type + R"(","s":4,"call":"hello","result":)" +
                       std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}");
    };
    const ProtocolError shallow = with_depth("bye", max_json_depth + 1);
    expect_refusal(shallow, ErrorCode::nested_too_deep, "",
                   "a text message must have at most 8 levels of arrays and objects; received more");
    EXPECT_EQ(shallow.ref, 4U);
    expect_refusal(with_depth("tool.result", max_tool_json_depth + 1), ErrorCode::nested_too_deep, "",
                   "a text message must have at most 24 levels of arrays and objects; received more");
}

TEST(NativeRefusal, WantsAnObject) {
    expect_refusal(refusal("[1,2]"), ErrorCode::not_an_object, "",
                   "a text message must be a JSON object; received an array of 2");
    EXPECT_EQ(refusal("null").code, ErrorCode::not_an_object);
    EXPECT_EQ(refusal("\"hello\"").code, ErrorCode::not_an_object);
}

TEST(NativeRefusal, WantsAType) {
    expect_refusal(refusal(R"({"type":"hello"})"), ErrorCode::missing_type, "t",
                   "`t` must be a string, the type of the message; received nothing");
    EXPECT_EQ(refusal(R"({"t":5})").code, ErrorCode::missing_type);
    EXPECT_EQ(refusal(R"({"t":null})").code, ErrorCode::missing_type);
}

TEST(NativeRefusal, WantsAWholeNumberAsTheNumberOfAMessage) {
    expect_refusal(refusal(R"({"t":"bye","s":-1})"), ErrorCode::bad_field, "s",
                   "`s` must be a whole number from 0 to 9007199254740991; received -1");
}

TEST(NativeRefusal, RepeatsTheNumberOfTheRefusedMessage) {
    EXPECT_EQ(refusal(R"({"t":"interrupt","s":12})").ref, 12U);
    EXPECT_EQ(refusal(R"({"t":"interrupt"})").ref, std::nullopt);
}

TEST(NativeRefusal, TellsAMissingMemberFromNull) {
    expect_refusal(refusal(R"({"t":"playback","played_ms":1})"), ErrorCode::bad_field, "turn",
                   "`turn` must be a whole number; received nothing");
    expect_refusal(refusal(R"({"t":"playback","turn":null,"played_ms":1})"), ErrorCode::bad_field, "turn",
                   "`turn` must be a whole number; received null");
}

TEST(NativeRefusal, TakesNoTextForANumber) {
    expect_refusal(
        refusal(R"({"t":"playback","turn":1,"played_ms":"12"})"), ErrorCode::bad_field, "played_ms",
        "`played_ms` must be a whole number from 0 to 9007199254740991; received the string \"12\"");
}

TEST(NativeRefusal, TakesNoNumberThatIsNegativeBrokenOrTooLarge) {
    for (const std::string value :
         {"-1", "1.5", "9007199254740992", "18446744073709551615", "1e300", "true", "[]", "{}"}) {
        EXPECT_EQ(refusal(R"({"t":"playback","turn":1,"played_ms":)" + value + "}").field, "played_ms")
            << value;
    }
    for (const std::string value : {"0", "4294967296"}) {
        EXPECT_EQ(refusal(R"({"t":"interrupt","turn":)" + value + "}").field, "turn") << value;
    }
}

TEST(NativeRefusal, TakesNoEmptyOrBlankText) {
    expect_refusal(refusal(R"({"t":"input.text","text":" \n\t"})"), ErrorCode::bad_field, "text",
                   R"(`text` must be more than white space; received " \n\t")");
    EXPECT_EQ(refusal(R"({"t":"input.text","text":""})").field, "text");
    EXPECT_EQ(refusal(R"({"t":"input.text"})").field, "text");
}

TEST(NativeRefusal, TakesNoTextAboveItsLimitAndShowsItsBeginning) {
    std::string text;
    for (std::size_t i = 0; i <= max_input_text_chars; ++i) text += "é";
    std::string shown;
    for (int i = 0; i < 40; ++i) shown += "é";
    expect_refusal(
        refusal(R"({"t":"input.text","text":")" + text + "\"}"), ErrorCode::text_too_long, "text",
        "`text` must be a string of at most 4000 characters; received 4001 characters: \"" + shown + "…\"");
}

TEST(NativeRefusal, TakesNoHelloOfAnotherProtocol) {
    expect_refusal(refusal(R"({"t":"hello","proto":"atlas.v9"})"), ErrorCode::unsupported_protocol, "proto",
                   R"(`proto` must be "atlas.v1"; received "atlas.v9")");
    expect_refusal(refusal(R"({"t":"hello"})"), ErrorCode::bad_field, "proto",
                   "`proto` must be a string; received nothing");
}

TEST(NativeRefusal, NamesTheOfferThatIsWrong) {
    expect_refusal(
        refused_hello(
            R"("audio":{"in":[{"codec":"opus","rate":48000,"frame_ms":20},{"codec":"pcm16","rate":"16k","frame_ms":20}]})"),
        ErrorCode::bad_field, "audio.in[1].rate",
        "`audio.in[1].rate` must be a whole number from 1 to 384000; received the string \"16k\"");
    EXPECT_EQ(refused_hello(R"("audio":{"out":[{"codec":"pcm16","rate":24000}]})").field,
              "audio.out[0].frame_ms");
    EXPECT_EQ(refused_hello(R"("audio":{"out":["pcm16"]})").field, "audio.out[0]");
    EXPECT_EQ(refused_hello(R"("audio":{"in":{"codec":"pcm16"}})").field, "audio.in");
    EXPECT_EQ(refused_hello(R"("audio":[])").field, "audio");
}

TEST(NativeRefusal, WantsOneToSixteenOffers) {
    expect_refusal(refused_hello(R"("audio":{"in":[]})"), ErrorCode::bad_field, "audio.in",
                   "`audio.in` must be an array of 1 to 16 entries; received an array of 0");
    std::string offers = R"({"codec":"opus","rate":48000,"frame_ms":20})";
    for (int i = 0; i < 16; ++i) offers += R"(,{"codec":"opus","rate":48000,"frame_ms":20})";
    EXPECT_THAT(refused_hello(R"("audio":{"in":[)" + offers + "]}").message, HasSubstr("an array of 17"));
}

TEST(NativeRefusal, NamesTheFeatureThatIsWrong) {
    EXPECT_EQ(refused_hello(R"("features":["a",5])").field, "features[1]");
    EXPECT_EQ(refused_hello(R"("features":"a")").field, "features");
}

TEST(NativeRefusal, WantsAWholeResume) {
    EXPECT_EQ(refused_hello(R"("resume":{"last_seq":1})").field, "resume.token");
    EXPECT_EQ(refused_hello(R"("resume":{"token":"x"})").field, "resume.last_seq");
    EXPECT_EQ(refused_hello(R"("resume":"x")").field, "resume");
}

TEST(NativeRefusal, TakesNoInstructionsAboveTheirBytes) {
    std::string text;
    for (std::size_t i = 0; i <= max_instructions_bytes / 2; ++i) text += "é";
    const ProtocolError error = refused_hello(R"("config":{"instructions":")" + text + "\"}");
    EXPECT_EQ(error.code, ErrorCode::text_too_long);
    EXPECT_EQ(error.field, "config.instructions");
    EXPECT_THAT(error.message, HasSubstr("at most 32768 bytes of UTF-8; received 32770 bytes: \"éé"));
}

TEST(NativeRefusal, WantsALanguageTag) {
    for (const std::string tag :
         {"", "e", "english language", "en_US", "en-", "-en", "12", "de--AT", "toolonglanguage"}) {
        EXPECT_EQ(refused_hello(R"("config":{"language":")" + tag + "\"}").field, "config.language") << tag;
    }
}

TEST(NativeRefusal, WantsVariablesThatAreNamedAndTexts) {
    EXPECT_EQ(refused_hello(R"("config":{"variables":{"n":5}})").field, "config.variables.n");
    EXPECT_EQ(refused_hello(R"("config":{"variables":{"n":null}})").field, "config.variables.n");
    EXPECT_EQ(refused_hello(R"("config":{"variables":["n"]})").field, "config.variables");
    for (const std::string name : {"", "1a", "a b", "a.b", "ä", "{{x}}", "a\\u0000"}) {
        expect_refusal(refused_hello(R"("config":{"variables":{")" + name + R"(":"x"}})"),
                       ErrorCode::bad_field, "config.variables",
                       refused_hello(R"("config":{"variables":{")" + name + R"(":"x"}})").message);
    }
    std::string many = R"("v":"x")";
    for (int i = 0; i < 64; ++i) many += ",\"v" + std::to_string(i) + "\":\"x\"";
    EXPECT_THAT(refused_hello(R"("config":{"variables":{)" + many + "}}").message,
                HasSubstr("received 65 members"));
}

}  // namespace
}  // namespace atlas::protocol
