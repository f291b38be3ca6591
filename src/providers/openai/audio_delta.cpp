#include "atlas/providers/openai/audio_delta.hpp"

#include <cctype>

namespace atlas::providers::openai {

namespace {

// One flat JSON object, member by member.
class FlatObject {
public:
    explicit FlatObject(std::string_view json) : rest_(json) {}

    bool open() { return skip('{'); }

    bool member(std::string_view& name, std::string_view& value) {
        return text(name) && skip(':') && (text(value) || scalar(value));
    }

    bool more() { return skip(','); }

    bool close() {
        if (!skip('}')) return false;
        skip_space();
        return rest_.empty();
    }

private:
    void skip_space() {
        while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0)
            rest_.remove_prefix(1);
    }

    bool skip(char expected) {
        skip_space();
        if (rest_.empty() || rest_.front() != expected) return false;
        rest_.remove_prefix(1);
        return true;
    }

    bool text(std::string_view& value) {
        if (!skip('"')) return false;
        const std::size_t end = rest_.find('"');
        if (end == std::string_view::npos) return false;
        value = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return value.find('\\') == std::string_view::npos;
    }

    // A number, true, false or null.
    bool scalar(std::string_view& value) {
        const std::size_t end = rest_.find_first_of(",}");
        if (end == std::string_view::npos || rest_.find_first_of("{[\"") < end) return false;
        value = {};
        rest_.remove_prefix(end);
        return true;
    }

    std::string_view rest_;
};

}  // namespace

bool is_audio_delta(std::string_view type) {
    return type == "response.output_audio.delta" || type == "speech.audio.delta";
}

std::optional<AudioDelta> read_audio_delta(std::string_view json) {
    FlatObject object(json);
    if (!object.open()) return {};
    AudioDelta read;
    std::string_view type;
    std::string_view delta;
    std::string_view audio;
    do {
        std::string_view name;
        std::string_view value;
        if (!object.member(name, value)) return {};
        if (name == "type") type = value;
        if (name == "response_id") read.response_id = value;
        if (name == "delta") delta = value;
        if (name == "audio") audio = value;
    } while (object.more());
    if (!object.close() || !is_audio_delta(type)) return {};
    read.base64 = delta.empty() ? audio : delta;  // some compatible servers say delta (§B.3)
    return read;
}

}  // namespace atlas::providers::openai
