#include "support/schema_check.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <regex>
#include <stdexcept>

namespace atlas::test {
namespace {

using Json = nlohmann::json;

constexpr std::array keywords{"$schema",       "title",         "description",
                              "type",          "const",         "enum",
                              "required",      "properties",    "additionalProperties",
                              "propertyNames", "maxProperties", "items",
                              "minItems",      "maxItems",      "minimum",
                              "maximum",       "minLength",     "maxLength",
                              "pattern",       "anyOf"};

void refuse_unknown_keywords(const Json& schema) {
    if (schema.is_boolean()) return;
    for (const auto& [keyword, value] : schema.items()) {
        if (std::find(keywords.begin(), keywords.end(), keyword) == keywords.end()) {
            throw std::runtime_error("unknown keyword " + keyword);
        }
        if (keyword == "items" || keyword == "additionalProperties" || keyword == "propertyNames") {
            refuse_unknown_keywords(value);
        }
        if (keyword == "anyOf") {
            for (const auto& one : value) refuse_unknown_keywords(one);
        }
        if (keyword != "properties") continue;
        for (const auto& [name, property] : value.items()) refuse_unknown_keywords(property);
    }
}

bool is_integer(const Json& value) {
    if (!value.is_number_float()) return value.is_number_integer();
    return std::trunc(value.get<double>()) == value.get<double>();
}

bool has_type(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return is_integer(value);
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    throw std::runtime_error("unknown type " + type);
}

std::size_t length_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Checks one message. The first broken rule stays.
class Checker {
public:
    explicit Checker(bool refuse_undocumented) : refuse_undocumented_(refuse_undocumented) {}

    void check(const Json& schema, const Json& value, const std::string& path) {
        if (schema.is_boolean()) {
            rule(schema.get<bool>(), path, "is not allowed");
            return;
        }
        check_type(schema, value, path);
        if (schema.contains("const"))
            rule(value == schema["const"], path, "is not " + schema["const"].dump());
        if (schema.contains("enum")) {
            const Json& values = schema["enum"];
            rule(std::find(values.begin(), values.end(), value) != values.end(), path,
                 "is none of " + values.dump());
        }
        if (schema.contains("anyOf")) {
            const Json& schemas = schema["anyOf"];
            rule(std::any_of(schemas.begin(), schemas.end(),
                             [&](const Json& one) { return keeps_to(one, value); }),
                 path, "keeps to none of " + schemas.dump());
        }
        if (value.is_string()) check_string(schema, value.get<std::string>(), path);
        if (value.is_number()) check_number(schema, value, path);
        if (value.is_array()) check_array(schema, value, path);
        if (value.is_object()) check_object(schema, value, path);
    }

    std::optional<std::string> problem;

private:
    void rule(bool kept, const std::string& path, const std::string& text) {
        if (!kept && !problem) problem = (path.empty() ? "the message" : path) + " " + text;
    }

    // Slow to build; the schemas have a handful of them.
    static const std::regex& compiled(const std::string& pattern) {
        static std::map<std::string, std::regex> patterns;
        const auto found = patterns.find(pattern);
        return found != patterns.end() ? found->second : patterns.emplace(pattern, pattern).first->second;
    }

    // The one that matches need not know every member: that is the affair of the schema around it.
    static bool keeps_to(const Json& schema, const Json& value) {
        Checker one(false);
        one.check(schema, value, "");
        return !one.problem;
    }

    void check_type(const Json& schema, const Json& value, const std::string& path) {
        if (!schema.contains("type")) return;
        const Json& type = schema["type"];
        const Json types = type.is_array() ? type : Json::array({type});
        const bool any = std::any_of(types.begin(), types.end(), [&](const Json& one) {
            return has_type(value, one.get<std::string>());
        });
        if (!any) rule(false, path, "is " + value.dump() + ", not of type " + type.dump());
    }

    void check_string(const Json& schema, const std::string& text, const std::string& path) {
        const std::size_t length = length_of(text);
        rule(length >= schema.value("minLength", std::size_t{0}), path, "is too short");
        rule(length <= schema.value("maxLength", text.size()), path, "is too long");
        if (!schema.contains("pattern")) return;
        const auto pattern = schema["pattern"].get<std::string>();
        rule(std::regex_search(text, compiled(pattern)), path, "does not match " + pattern);
    }

    void check_number(const Json& schema, const Json& value, const std::string& path) {
        if (schema.contains("minimum")) rule(value >= schema["minimum"], path, "is below the minimum");
        if (schema.contains("maximum")) rule(value <= schema["maximum"], path, "is above the maximum");
    }

    void check_array(const Json& schema, const Json& value, const std::string& path) {
        rule(value.size() >= schema.value("minItems", std::size_t{0}), path, "has too few entries");
        rule(value.size() <= schema.value("maxItems", value.size()), path, "has too many entries");
        if (!schema.contains("items")) return;
        for (std::size_t i = 0; i < value.size(); ++i) {
            check(schema["items"], value[i], path + "[" + std::to_string(i) + "]");
        }
    }

    void check_object(const Json& schema, const Json& value, const std::string& path) {
        const std::string prefix = path.empty() ? path : path + ".";
        for (const Json& name : schema.value("required", Json::array())) {
            rule(value.contains(name.get<std::string>()), prefix + name.get<std::string>(), "is missing");
        }
        rule(value.size() <= schema.value("maxProperties", value.size()), path, "has too many members");
        static const Json none = Json::object();
        const bool lists_members = schema.contains("properties");  // else any are documented
        const Json& properties = lists_members ? schema["properties"] : none;
        for (const auto& [name, member] : value.items()) {
            if (schema.contains("propertyNames")) check(schema["propertyNames"], Json(name), prefix + name);
            if (properties.contains(name)) {
                check(properties[name], member, prefix + name);
            } else if (schema.contains("additionalProperties") &&
                       !schema["additionalProperties"].is_boolean()) {
                check(schema["additionalProperties"], member, prefix + name);
            } else {
                rule(!(refuse_undocumented_ && lists_members) && schema.value("additionalProperties", true),
                     prefix + name, "is not documented");
            }
        }
    }

    bool refuse_undocumented_;
};

}  // namespace

struct SchemaSet::Schema {
    Json json;
};

SchemaSet::SchemaSet(const std::filesystem::path& folder, Undocumented undocumented)
    : undocumented_(undocumented) {
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        try {
            std::ifstream stream(file.path());
            auto schema = std::make_unique<Schema>(Schema{Json::parse(stream)});
            refuse_unknown_keywords(schema->json);
            std::string type = schema->json.at("properties").at("t").at("const").get<std::string>();
            if (file.path().filename() != type + ".json")
                throw std::runtime_error("is of another message: " + type);
            schemas_.emplace(std::move(type), std::move(schema));
        } catch (const std::exception& error) {
            throw std::runtime_error(file.path().string() + ": " + error.what());
        }
    }
    if (schemas_.empty()) throw std::runtime_error(folder.string() + ": no schemas");
}

SchemaSet::~SchemaSet() = default;
SchemaSet::SchemaSet(SchemaSet&&) noexcept = default;

std::optional<std::string> SchemaSet::find_problem(std::string_view message) const {
    const Json json = Json::parse(message, nullptr, false);
    if (!json.is_object() || !json.contains("t") || !json["t"].is_string())
        return "not an object with a string \"t\"";
    const auto type = json["t"].get<std::string>();
    const auto schema = schemas_.find(type);
    if (schema == schemas_.end()) return "no schema for messages of type " + type;
    Checker checker(undocumented_ == Undocumented::refused);
    checker.check(schema->second->json, json, "");
    if (checker.problem) return type + ": " + *checker.problem;
    return std::nullopt;
}

std::vector<std::string> SchemaSet::types() const {
    std::vector<std::string> types;
    for (const auto& [type, schema] : schemas_) types.push_back(type);
    return types;
}

SchemaSet client_schemas() {
    return {std::filesystem::path(ATLAS_DOCS_DIR) / "schema/atlas.v1/client",
            SchemaSet::Undocumented::allowed};
}

SchemaSet server_schemas() {
    return {std::filesystem::path(ATLAS_DOCS_DIR) / "schema/atlas.v1/server",
            SchemaSet::Undocumented::refused};
}

}  // namespace atlas::test
