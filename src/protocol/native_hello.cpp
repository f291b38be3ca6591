#include "atlas/protocol/limits.hpp"
#include "field_reader.hpp"
#include "native_config.hpp"
#include "native_messages.hpp"
#include "text.hpp"

#include <string>
#include <string_view>

// The one large message of a client, but for its `config`. docs/client-protocol.md, "hello" and "Resuming".
namespace atlas::protocol {
namespace {

using Json = nlohmann::json;
using Quoting = FieldReader::Quoting;

constexpr std::int64_t max_offered_rate = 384000;  // what no sound card exceeds
constexpr std::int64_t max_offered_frame_ms = 1000;

std::vector<AudioOffer> read_offers(FieldReader& audio, const char* direction,
                                    std::optional<ProtocolError>& error) {
    std::vector<AudioOffer> offers;
    const Json* list = audio.array(direction, 1, max_audio_offers);
    if (list == nullptr) return offers;
    for (std::size_t i = 0; i < list->size() && !error; ++i) {
        const std::string name = entry(direction, i);
        if (!(*list)[i].is_object()) {
            audio.fail(name, "an object", describe((*list)[i]));
            break;
        }
        FieldReader fields((*list)[i], audio.path_of(name), error);
        AudioOffer offer;
        offer.codec = fields.required_text("codec", max_name_chars);
        offer.rate = static_cast<int>(fields.required_integer("rate", 1, max_offered_rate));
        offer.frame_ms = static_cast<int>(fields.required_integer("frame_ms", 1, max_offered_frame_ms));
        offers.push_back(std::move(offer));
    }
    return offers;
}

std::vector<std::string> read_features(FieldReader& hello) {
    std::vector<std::string> features;
    const Json* list = hello.array("features", 0, max_features);
    if (list == nullptr) return features;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const Json& feature = (*list)[i];
        if (!feature.is_string() || count_chars(feature.get_ref<const std::string&>()) > max_name_chars) {
            hello.fail(entry("features", i),
                       "a string of at most " + std::to_string(max_name_chars) + " characters",
                       describe(feature));
            break;
        }
        features.push_back(feature.get<std::string>());
    }
    return features;
}

ClientInfo read_client(const Json& object, std::optional<ProtocolError>& error) {
    FieldReader fields(object, "client", error);
    ClientInfo client;
    client.platform = fields.text("platform", max_name_chars).value_or("");
    client.version = fields.text("version", max_name_chars).value_or("");
    client.net = fields.text("net", max_name_chars).value_or("");
    return client;
}

ResumeRequest read_resume(const Json& object, std::optional<ProtocolError>& error) {
    FieldReader fields(object, "resume", error);
    ResumeRequest resume;
    resume.token = fields.required_text("token", max_resume_token_chars, Quoting::hidden);
    resume.last_seq = static_cast<std::uint64_t>(fields.required_integer("last_seq", 0, max_exact_integer));
    resume.turn = static_cast<std::uint32_t>(fields.integer("turn", 0, max_uint32).value_or(0));
    resume.played_ms = fields.integer("played_ms", 0, max_exact_integer).value_or(0);
    resume.mic_ts = static_cast<std::uint32_t>(fields.integer("mic_ts", 0, max_uint32).value_or(0));
    return resume;
}

}  // namespace

ClientMessage read_hello(FieldReader& fields, std::optional<ProtocolError>& error) {
    Hello hello;
    const std::string proto = fields.required_text("proto", max_name_chars);
    if (!fields.failed() && proto != protocol_name) {
        fields.fail("proto", "\"" + std::string(protocol_name) + "\"", quote(proto),
                    ErrorCode::unsupported_protocol);
    }
    if (const Json* client = fields.object("client")) hello.client = read_client(*client, error);
    if (const Json* audio = fields.object("audio")) {
        FieldReader directions(*audio, "audio", error);
        hello.audio_in = read_offers(directions, "in", error);
        hello.audio_out = read_offers(directions, "out", error);
    }
    hello.features = read_features(fields);
    if (const Json* resume = fields.object("resume")) hello.resume = read_resume(*resume, error);
    if (const Json* config = fields.object("config")) hello.config = read_config(*config, error);
    return hello;
}

}  // namespace atlas::protocol
