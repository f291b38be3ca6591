#include "sandbox/services/openai_speech.hpp"

#include "sandbox/services/answer.hpp"
#include "sandbox/services/openai_rules.hpp"
#include "sandbox/services/paced_voice.hpp"

#include <nlohmann/json.hpp>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::ordered_json;

constexpr int sample_rate = 24000;               // what "pcm" and "wav" are (§B.3)
constexpr std::size_t enough_unsent = 4u << 20;  // a client that does not read gets no more than this

// A WAV header for a stream whose length is not known yet.
std::string wav_header() {
    const auto little = [](std::uint32_t value, int bytes) {
        std::string text;
        for (int i = 0; i < bytes; ++i) text += static_cast<char>((value >> (8 * i)) & 0xff);
        return text;
    };
    return "RIFF" + little(0xffffffff, 4) + "WAVEfmt " + little(16, 4) + little(1, 2) + little(1, 2) +
           little(sample_rate, 4) + little(sample_rate * 2, 4) + little(2, 2) + little(16, 2) + "data" +
           little(0xffffffff, 4);
}

class SpeechExchange final : public Exchange {
public:
    SpeechExchange(World& world, Response& response, std::shared_ptr<RequestRecord> record,
                   std::optional<Fault> fault)
        : world_(world),
          fault_(fault),
          request_id_(world.script.random.id("req_")),
          answer_(world, response, std::move(record), std::move(fault)),
          timer_(world.loop) {}

    Headers head_fields(const std::string& type) const {
        return {{"content-type", type}, {"x-request-id", request_id_}, {"openai-processing-ms", "12"}};
    }
    void refuse(const OpenAiRefusal& refusal, const Headers& extra = {}) {
        Headers headers = head_fields("application/json");
        headers.insert(headers.end(), extra.begin(), extra.end());
        answer_.record().facts["error"] = refusal.message;
        answer_.whole(refusal.status, std::move(headers), openai_error_body(refusal));
    }
    Answer& answer() { return answer_; }
    const std::optional<Fault>& fault() const { return fault_; }

    void play(SpeechCall call) {
        call_ = std::move(call);
        sse_ = (call_.sse || answer_.has("as_sse")) && !answer_.has("as_audio");
        answer_.record().facts["model"] = call_.model;
        answer_.record().facts["input"] = call_.input;
        world_.stamps.speech_asked(call_.input);
        answer_.record().facts["stream_format"] = call_.sse ? "sse" : "audio";
        SpeechRequest request{call_.input, call_.voice, sample_rate, call_.speed};
        Pace pace{world_.script.wait("speech.first_byte"), world_.script.sample("speech.speed")};
        if (answer_.has("slow")) pace.speed = fault_->number("speed", 0.5);
        voice_.emplace(
            world_, request, pace, [this](std::span<const std::int16_t> samples) { audio(samples); },
            [this](std::string error) { done(error); });
    }

private:
    void begin() {
        if (begun_) return;
        begun_ = true;
        const std::string type = sse_                    ? "text/event-stream"
                                 : call_.format == "wav" ? "audio/wav"
                                                         : "audio/pcm";
        answer_.head(200, head_fields(type));
        if (call_.format == "wav") send(wav_header());
        if (answer_.has("leading_silence"))
            send(std::string(static_cast<std::size_t>(fault_->number("ms", 800)) * sample_rate / 1000 * 2,
                             '\0'));
    }

    void audio(std::span<const std::int16_t> samples) {
        begin();
        if (answer_.has("zero_audio") || failed_) return;
        if (answer_.unsent() > enough_unsent) {
            world_.report.warning("openai_speech", answer_.record().connection, "client_does_not_read",
                                  "more than 4 MiB of audio waits for the client");
            return;
        }
        ++chunks_;
        if (answer_.has("error_event") && chunks_ > fault_->number("after_chunks", 1)) return fail();
        send(as_bytes(samples));
        if (chunks_ == 1) world_.stamps.speech_began(call_.input);
    }

    void fail() {
        failed_ = true;
        const OpenAiRefusal error{
            500, "The server had an error while processing your request.", "", "", "", "server_error"};
        event("error", openai_error_body(error));
        answer_.finish();
    }

    void send(std::string_view bytes) {
        audio_bytes_ += bytes.size();
        if (!answer_.has("odd_chunks")) return piece(bytes);
        carried_ += bytes;
        while (carried_.size() >= 333) {
            piece(std::string_view(carried_).substr(0, 333));
            carried_.erase(0, 333);
        }
    }

    void piece(std::string_view bytes) {
        if (bytes.empty()) return;
        if (!sse_) return answer_.body(bytes);
        const char* field = answer_.has("delta_field") ? "delta" : "audio";
        const Json data{{"type", "speech.audio.delta"}, {field, base64(bytes)}};
        event("speech.audio.delta", data.dump());
    }

    void event(const std::string& name, const std::string& data) {
        std::string text;
        if (answer_.has("event_lines")) text += "event: " + name + "\n";
        answer_.body(text + "data: " + data + "\n\n");
    }

    void done(const std::string& error) {
        begin();
        answer_.record().numbers["audio_ms"] = static_cast<double>(audio_bytes_) / (2.0 * sample_rate / 1000);
        if (!error.empty()) return fail();
        piece(carried_);
        if (sse_ && !answer_.has("no_end")) {
            const int input = static_cast<int>(call_.input.size() / 4) + 1;
            const int output = static_cast<int>(audio_bytes_ / 2400);
            const Json data{
                {"type", "speech.audio.done"},
                {"usage",
                 {{"input_tokens", input}, {"output_tokens", output}, {"total_tokens", input + output}}}};
            event("speech.audio.done", data.dump());
        }
        if (sse_ && answer_.has("done_marker")) answer_.body("data: [DONE]\n\n");
        answer_.finish();
    }

    World& world_;
    std::optional<Fault> fault_;
    std::string request_id_;
    SpeechCall call_;
    bool sse_ = false;
    bool begun_ = false;
    bool failed_ = false;
    int chunks_ = 0;
    std::size_t audio_bytes_ = 0;
    std::string carried_;
    Answer answer_;
    Timer timer_;
    std::optional<PacedVoice> voice_;
};

std::unique_ptr<SpeechExchange> begin(World& world, const Request& request, Response& response,
                                      std::string_view path) {
    auto fault = world.script.take_fault("openai_speech", path);
    auto record =
        world.report.request("openai_speech", request.connection, request.method + " " + request.path);
    return std::make_unique<SpeechExchange>(world, response, std::move(record), std::move(fault));
}

bool refused_by_fault(SpeechExchange& exchange) {
    const auto status = status_fault(exchange.fault());
    if (!status) return false;
    const Fault& fault = *exchange.fault();
    OpenAiRefusal refusal{status->status, fault.text("message", "The sandbox was told to fail."), "", "", ""};
    refusal.code =
        fault.text("code", status->status == 429 && status->headers.empty() ? "insufficient_quota" : "");
    refusal.type = fault.text("type", status->status >= 500   ? "server_error"
                                      : status->status == 429 ? "requests"
                                                              : "invalid_request_error");
    exchange.refuse(refusal, status->headers);
    return true;
}

}  // namespace

std::unique_ptr<Exchange> serve_openai_speech(World& world, Request request, Response& response) {
    auto exchange = begin(world, request, response, "");
    auto read = read_speech_call(request, world.script.keys["openai"], world.script.openai_models_shut_down);
    if (const auto* refusal = std::get_if<OpenAiRefusal>(&read)) {
        world.report.violation("openai_speech", request.connection, refusal->rule, refusal->message);
        exchange->refuse(*refusal);
        return exchange;
    }
    if (refused_by_fault(*exchange)) return exchange;
    auto& call = std::get<SpeechCall>(read);
    if (call.format != "pcm" && call.format != "wav") {
        exchange->refuse({400, "The sandbox speaks pcm and wav only; '" + call.format + "' was asked for.",
                          "sandbox_unsupported_format", "response_format", ""});
        return exchange;
    }
    exchange->play(std::move(call));
    return exchange;
}

std::unique_ptr<Exchange> serve_openai_models(World& world, Request request, Response& response) {
    auto exchange = begin(world, request, response, "/v1/models");
    if (const auto refusal = check_openai_key(request, world.script.keys["openai"])) {
        world.report.violation("openai_speech", request.connection, refusal->rule, refusal->message);
        exchange->refuse(*refusal);
        return exchange;
    }
    if (refused_by_fault(*exchange)) return exchange;
    Json body{{"object", "list"}, {"data", Json::array()}};
    for (const std::string& id : openai_models())
        body["data"].push_back(
            {{"id", id}, {"object", "model"}, {"created", 1760000000}, {"owned_by", "system"}});
    exchange->answer().whole(200, exchange->head_fields("application/json"), body.dump());
    return exchange;
}

std::unique_ptr<Exchange> serve_unknown(World& world, Request request, Response& response) {
    const std::string what = request.method + " " + request.path;
    auto record = world.report.request("unknown", request.connection, what);
    world.report.violation("unknown", request.connection, "unknown_path", what);
    auto exchange = std::make_unique<SpeechExchange>(world, response, std::move(record), std::nullopt);
    exchange->refuse({404, "Invalid URL (" + what + ")", "", "", "unknown_path"});
    return exchange;
}

}  // namespace atlas::sandbox
