#include "support/schema_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace atlas::test {
namespace {

using testing::HasSubstr;
using testing::Optional;

// One schema in a folder of its own.
class SchemaCheck : public testing::Test {
protected:
    ~SchemaCheck() override { std::filesystem::remove_all(folder_); }

    SchemaSet load(const std::string& properties, const std::string& name = "x.json",
                   SchemaSet::Undocumented undocumented = SchemaSet::Undocumented::allowed) {
        std::filesystem::create_directories(folder_);
        std::ofstream(folder_ / name)
            << R"({"type": "object", "required": ["t", "v"], "properties": {"t": {"const": "x"}, "v": )"
            << properties << "}}";
        return {folder_, undocumented};
    }

    std::optional<std::string> problem(const std::string& schema, const std::string& value) {
        return load(schema).find_problem(R"({"t": "x", "v": )" + value + "}");
    }

private:
    std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) /
                                    testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(SchemaCheck, RefusesToLoadAKeywordItDoesNotKnow) {
    EXPECT_THROW(load(R"({"type": "object", "properties": {"a": {"multipleOf": 2}}})"), std::runtime_error);
}

TEST_F(SchemaCheck, RefusesToLoadASchemaInTheFileOfAnotherMessage) {
    EXPECT_THROW(load("{}", "y.json"), std::runtime_error);
}

TEST_F(SchemaCheck, TellsTypesApart) {
    EXPECT_FALSE(problem(R"({"type": "integer"})", "1.0"));
    EXPECT_THAT(problem(R"({"type": "integer"})", "1.5"), Optional(HasSubstr("v is 1.5, not of type")));
    EXPECT_TRUE(problem(R"({"type": "number"})", "\"1\""));
    EXPECT_TRUE(problem(R"({"type": "boolean"})", "0"));
    EXPECT_TRUE(problem(R"({"type": "object"})", "[]"));
    EXPECT_TRUE(problem(R"({"type": "string"})", "null"));
    EXPECT_FALSE(problem(R"({"type": ["string", "null"]})", "null"));
}

TEST_F(SchemaCheck, ChecksValuesAndRanges) {
    EXPECT_TRUE(problem(R"({"enum": ["a", "b"]})", "\"c\""));
    EXPECT_FALSE(problem(R"({"enum": ["a", "b"]})", "\"b\""));
    EXPECT_TRUE(problem(R"({"const": 1})", "2"));
    EXPECT_TRUE(problem(R"({"minimum": 1})", "0"));
    EXPECT_TRUE(problem(R"({"maximum": 1})", "2"));
    EXPECT_FALSE(problem(R"({"minimum": 1, "maximum": 1})", "1"));
}

TEST_F(SchemaCheck, CountsCharactersNotBytes) {
    EXPECT_FALSE(problem(R"({"maxLength": 2})", "\"éé\""));
    EXPECT_TRUE(problem(R"({"maxLength": 2})", "\"ééé\""));
    EXPECT_TRUE(problem(R"({"minLength": 1})", "\"\""));
    EXPECT_TRUE(problem(R"({"pattern": "^a"})", "\"b\""));
}

TEST_F(SchemaCheck, ChecksWhatIsInsideArraysAndObjects) {
    EXPECT_TRUE(problem(R"({"minItems": 1})", "[]"));
    EXPECT_TRUE(problem(R"({"maxItems": 1})", "[1, 2]"));
    EXPECT_THAT(problem(R"({"items": {"type": "string"}})", R"(["a", 1])"), Optional(HasSubstr("v[1]")));
    EXPECT_THAT(problem(R"({"required": ["a"]})", "{}"), Optional(HasSubstr("v.a is missing")));
    EXPECT_THAT(problem(R"({"properties": {"a": {"type": "string"}}})", R"({"a": 1})"),
                Optional(HasSubstr("v.a")));
    EXPECT_THAT(problem(R"({"additionalProperties": {"type": "string"}})", R"({"b": 1})"),
                Optional(HasSubstr("v.b")));
    EXPECT_TRUE(problem(R"({"propertyNames": {"pattern": "^a$"}})", R"({"b": 1})"));
    EXPECT_TRUE(problem(R"({"maxProperties": 0})", R"({"b": 1})"));
}

TEST_F(SchemaCheck, ChecksThatOneOfSeveralSchemasIsKept) {
    const char* const either = R"({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]})";
    EXPECT_FALSE(problem(either, R"({"b": 1})"));
    EXPECT_THAT(problem(either, R"({"c": 1})"), Optional(HasSubstr("v keeps to none of")));
    EXPECT_THROW(load(R"({"anyOf": [{"multipleOf": 2}]})"), std::runtime_error);
}

TEST_F(SchemaCheck, RefusesUndocumentedMembersWhenAsked) {
    const char* const message = R"({"t": "x", "v": 1, "w": 2})";
    EXPECT_FALSE(load("{}").find_problem(message));
    EXPECT_THAT(load("{}", "x.json", SchemaSet::Undocumented::refused).find_problem(message),
                Optional(HasSubstr("w is not documented")));
    EXPECT_THAT(load(R"({"properties": {}})", "x.json", SchemaSet::Undocumented::refused)
                    .find_problem(R"({"t": "x", "v": {"a": 1}})"),
                Optional(HasSubstr("v.a is not documented")));
}

TEST_F(SchemaCheck, TakesAnyMembersOfAnObjectThatListsNone) {
    EXPECT_FALSE(load(R"({"type": "object"})", "x.json", SchemaSet::Undocumented::refused)
                     .find_problem(R"({"t": "x", "v": {"a": {"b": 1}}})"));
}

TEST_F(SchemaCheck, RefusesWhatIsNoMessageOrHasNoSchema) {
    const SchemaSet schemas = load("{}");
    EXPECT_TRUE(schemas.find_problem("{"));
    EXPECT_TRUE(schemas.find_problem("[]"));
    EXPECT_TRUE(schemas.find_problem(R"({"t": 1})"));
    EXPECT_THAT(schemas.find_problem(R"({"t": "y"})"), Optional(HasSubstr("no schema")));
}

}  // namespace
}  // namespace atlas::test
