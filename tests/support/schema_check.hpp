#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::test {

// The JSON Schemas of one direction of a protocol, one file a message, found by its "t". Knows the part of
// JSON Schema 2020-12 that docs/schema uses and refuses to load a keyword it does not know, so that no rule
// goes unchecked in silence.
class SchemaSet {
public:
    enum class Undocumented { allowed, refused };  // members that a schema does not list

    // Throws std::runtime_error naming the file when one cannot be read or understood.
    SchemaSet(const std::filesystem::path& folder, Undocumented undocumented);
    ~SchemaSet();
    SchemaSet(SchemaSet&&) noexcept;

    // What is wrong with a message: where, and which rule. Nothing when it is as documented.
    std::optional<std::string> find_problem(std::string_view message) const;

    std::vector<std::string> types() const;

private:
    struct Schema;
    std::map<std::string, std::unique_ptr<Schema>, std::less<>> schemas_;
    Undocumented undocumented_;
};

SchemaSet client_schemas();  // of atlas.v1: what a client sends
SchemaSet server_schemas();  // what we send; members the documentation does not know are refused

}  // namespace atlas::test
