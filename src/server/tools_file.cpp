#include "atlas/call/hello_settings.hpp"
#include "atlas/protocol/native_codec.hpp"
#include "setting_values.hpp"

#include <fstream>
#include <sstream>
#include <variant>

namespace atlas::server {

// The file holds what a hello may have in config.tools, and is held to the same rules: it is read as one.
Problem take_tools_file(const std::string& path, std::vector<conversation::Tool>& out) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return "names a file that cannot be read: " + shortened(path);
    std::ostringstream text;
    text << R"({"t":"hello","proto":"atlas.v1","config":{"tools":)" << file.rdbuf() << "}}";
    const auto decoded = protocol::NativeCodec().decode_text(text.str());
    if (const auto* error = std::get_if<protocol::ProtocolError>(&decoded))
        return "names a file that is no list of tools: " + error->message;
    const auto& received = std::get<protocol::ReceivedMessage>(decoded);
    const auto* hello = std::get_if<protocol::Hello>(&received.message);
    if (hello == nullptr || !hello->config.tools) return "names a file that is no list of tools";
    out.clear();
    const std::string usual_filler = conversation::Lines().one_moment;
    for (const auto& declared : *hello->config.tools) out.push_back(call::to_tool(declared, usual_filler));
    return std::nullopt;
}

}  // namespace atlas::server
