#include "atlas/protocol/limits.hpp"
#include "atlas/protocol/server_messages.hpp"
#include "field_reader.hpp"
#include "native_config.hpp"
#include "native_messages.hpp"
#include "nesting.hpp"
#include "text.hpp"

#include <algorithm>
#include <string>
#include <string_view>

// The functions of the app: their declarations in `hello.config.tools`, and what they answer.
namespace atlas::protocol {
namespace {

using Json = nlohmann::json;

constexpr std::string_view no_parameters = R"({"properties":{},"type":"object"})";
constexpr std::string_view built_in_tool = "end_call";

bool is_tool_name(std::string_view name) {
    const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; };
    return !name.empty() && name.size() <= max_tool_name_chars &&
           std::all_of(name.begin(), name.end(), allowed);
}

std::string read_name(FieldReader& tool, const std::vector<ToolDeclaration>& before) {
    std::string name = tool.required_text("name", max_tool_name_chars);
    if (tool.failed()) return name;
    if (!is_tool_name(name)) {
        tool.fail("name", "1 to " + std::to_string(max_tool_name_chars) + " letters, digits, _ and -",
                  quote(name));
    } else if (name == built_in_tool) {
        tool.fail("name", "another than that of the built-in tool", quote(name));
    } else if (std::any_of(before.begin(), before.end(), [&](const auto& one) { return one.name == name; })) {
        tool.fail("name", "another than those of the tools before it", quote(name));
    }
    return name;
}

std::string read_parameters(FieldReader& tool) {
    const Json* schema = tool.object("parameters");
    if (schema == nullptr) return std::string(no_parameters);
    const auto type = schema->find("type");
    if (type == schema->end() || *type != "object") {
        tool.fail("parameters", "a JSON Schema with \"type\":\"object\"",
                  type == schema->end() ? "one without type" : "one with type " + describe(*type));
        return {};
    }
    std::string text = schema->dump();
    if (text.size() > max_tool_parameters_bytes) {
        tool.fail("parameters",
                  "at most " + std::to_string(max_tool_parameters_bytes) + " bytes of compact JSON",
                  std::to_string(text.size()) + " bytes", ErrorCode::text_too_long);
    }
    return text;
}

ToolDeclaration read_tool(FieldReader& fields, const std::vector<ToolDeclaration>& before) {
    ToolDeclaration tool;
    tool.name = read_name(fields, before);
    tool.description = fields.text("description", max_tool_description_chars).value_or("");
    tool.parameters = read_parameters(fields);
    tool.effect = fields.flag("effect").value_or(true);
    tool.timeout_ms = fields.integer("timeout_ms", min_tool_timeout_ms, max_tool_timeout_ms)
                          .value_or(default_tool_timeout_ms);
    tool.filler = fields.text("filler", max_line_chars);
    return tool;
}

std::size_t size_of(const ToolDeclaration& tool) {
    return tool.name.size() + tool.description.size() + tool.parameters.size() +
           tool.filler.value_or("").size();
}

void read_content(FieldReader& fields, const Json& result, ToolResult& answer) {
    answer.content = result.is_string() ? result.get<std::string>() : result.dump();
    if (answer.content.size() <= max_tool_result_bytes) return;
    fields.fail("result", "at most " + std::to_string(max_tool_result_bytes) + " bytes of text",
                std::to_string(answer.content.size()) + " bytes", ErrorCode::text_too_long);
}

}  // namespace

std::optional<std::vector<ToolDeclaration>> read_tools(FieldReader& config,
                                                       std::optional<ProtocolError>& error) {
    const Json* list = config.array("tools", 0, max_tools);
    if (list == nullptr) return std::nullopt;
    std::vector<ToolDeclaration> tools;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < list->size() && !error; ++i) {
        const std::string name = entry("tools", i);
        if (!(*list)[i].is_object()) {
            config.fail(name, "an object", describe((*list)[i]));
            break;
        }
        FieldReader fields((*list)[i], config.path_of(name), error);
        tools.push_back(read_tool(fields, tools));
        bytes += size_of(tools.back());
    }
    if (bytes > max_tools_bytes) {
        config.fail("tools", "at most " + std::to_string(max_tools_bytes) + " bytes of text in all",
                    std::to_string(bytes) + " bytes", ErrorCode::text_too_long);
    }
    return tools;
}

ClientMessage read_tool_result(FieldReader& fields, std::optional<ProtocolError>&) {
    ToolResult answer;
    answer.call = fields.required_text("call", max_tool_call_id_chars);
    if (!fields.failed() && answer.call.empty()) fields.fail("call", "the `call` of a tool.call", quote(""));
    const Json* result = fields.find("result");
    auto failure = fields.text("error", max_tool_error_chars);
    if (result != nullptr && failure) {
        fields.fail("result", "absent when there is an `error`", describe(*result));
    } else if (failure) {
        answer.content = *std::move(failure);
        answer.is_error = true;
    } else if (result != nullptr) {
        read_content(fields, *result, answer);
    } else if (fields.has("result")) {
        answer.content = "null";  // what a function without a value returns
    } else {
        fields.fail("result", "present, or else `error`", "neither");
    }
    return answer;
}

// Bounded before it is parsed, as what a client sends.
bool is_tool_arguments(std::string_view json) {
    if (json.size() > max_tool_arguments_bytes || nesting_of(json) > max_tool_json_depth) return false;
    return Json::parse(json, nullptr, false).is_object();
}

}  // namespace atlas::protocol
