#include "sandbox/services/openai_realtime.hpp"

#include "sandbox/services/answer.hpp"
#include "sandbox/services/paced_voice.hpp"
#include "sandbox/services/realtime_rules.hpp"

#include <ctime>
#include <map>

namespace atlas::sandbox {
namespace {

constexpr const char* service = "openai_realtime";
constexpr std::size_t enough_unsent = 8u << 20;

// The wire round a RealtimeSession: pace, voices, faults of the socket, records.
class RealtimeWire final : public WebsocketSession, private RealtimeOutside {
public:
    RealtimeWire(World& world, WebsocketPeer& peer, const std::string& model, std::optional<Fault> fault)
        : world_(world),
          peer_(peer),
          fault_(std::move(fault)),
          record_(world.report.connection(service, peer.connection())),
          session_(model, static_cast<int>(world.script.limit("openai.parallel_responses")), *this),
          expiry_(world.loop),
          fault_timer_(world.loop) {
        record_->parameters.push_back("model=" + model);
        if (fault_)
            for (const std::string& name : fault_->names) record_->facts["fault"] += name + " ";
        silent_ = has("withhold");
        const auto limit =
            std::chrono::milliseconds(static_cast<long>(world.script.limit("openai.session_ms")));
        session_.created(static_cast<std::int64_t>(std::time(nullptr)) + limit.count() / 1000);
        expiry_.start(limit, [this] {
            session_.expired();
            close(1001);
        });
        if (has("fragment")) peer.split_into(static_cast<std::size_t>(fault_->number("bytes", 20)));
        if (fault_) arm_fault();
        world.realtime_sockets.insert(&peer);
    }
    ~RealtimeWire() override {
        world_.realtime_sockets.erase(&peer_);
        finish_verdict();
    }

    void text(std::string_view message) override {
        record_->numbers["text_messages"] += 1;
        const std::size_t type = message.find("\"type\"");
        if (record_->texts.size() < 100 && type != std::string_view::npos)
            record_->texts.emplace_back(message.substr(type, 48));
        if (!closing_) session_.text(message);
    }
    void binary(std::span<const std::uint8_t>) override {
        violation("binary_message", "the Realtime API takes text messages only");
    }
    void ended(const WebsocketEnd& end) override {
        record_->facts["closed_by"] = end.by_client ? "client" : "sandbox";
        record_->numbers["close_code"] = end.code;
        finish_verdict();
    }

private:
    struct Spoken {
        std::shared_ptr<RequestRecord> record;
        std::unique_ptr<PacedVoice> voice;
        Fault fault;
        int pieces = 0;  // of audio
    };

    bool has(std::string_view name) const { return fault_ && fault_->has(name); }
    void close(std::optional<std::uint16_t> code) {
        closing_ = true;
        peer_.close(code, {});
    }

    // Faults of the socket strike after a time, counted from the connection.
    void arm_fault() {
        const auto after = std::chrono::milliseconds(static_cast<long>(fault_->number("after_ms", 200)));
        fault_timer_.start(after, [this] {
            if (has("stall")) silent_ = true;
            if (has("stop_reading")) peer_.pause_reading(true);
            if (has("drop")) peer_.drop();
            if (has("ping_flood"))
                for (int i = 0; i < 200; ++i) peer_.ping();
            if (!has("close")) return;
            const int code = static_cast<int>(fault_->number("code", 1011));
            close(code == 1005 ? std::optional<std::uint16_t>() : static_cast<std::uint16_t>(code));
        });
    }

    void send(std::string json) override {
        if (silent_ || closing_) return;
        if (peer_.unsent() > enough_unsent) {
            violation("client_does_not_read", "more than 8 MiB wait for the client");
            return close(1008);
        }
        peer_.send_text(std::move(json));
    }
    void violation(std::string_view rule, std::string_view detail) override {
        world_.report.violation(service, peer_.connection(), rule, detail);
    }
    void warning(std::string_view rule, std::string_view detail) override {
        world_.report.warning(service, peer_.connection(), rule, detail);
    }
    std::string id(std::string_view prefix) override { return world_.script.random.id(prefix); }

    std::string answer(const std::string& instructions, const std::vector<ChatMessage>& messages) override {
        if (const ScriptedReply* scripted = world_.script.reply(messages.empty() ? "" : messages.back().text))
            return scripted->text;
        std::string text;
        for (const std::string& token : world_.engines.responder->reply(instructions, messages))
            text += token;
        return text;
    }

    ResponseBend begin_response(const std::string& response_id, const std::string& text) override {
        Spoken& spoken = spoken_[response_id];
        spoken.record = world_.report.request(service, peer_.connection(), "response.create");
        spoken.record->status = 200;
        spoken.record->facts["text"] = text;
        world_.stamps.speech_asked(text);
        record_->numbers["responses"] += 1;
        ResponseBend bend;
        const auto fault = world_.script.take_fault(service, "response");
        if (!fault) return bend;
        spoken.fault = *fault;
        for (const std::string& name : fault->names) spoken.record->facts["fault"] += name + " ";
        bend.reword = fault->has("reword");
        bend.zero_audio = fault->has("zero_audio") || fault->has("empty_reply");
        bend.odd_chunks = fault->has("odd_chunks");
        bend.no_end = fault->has("no_end");
        bend.failed = fault->has("response_failed");
        bend.error_event = fault->has("error_event");
        bend.unknown_events = fault->has("unknown_events");
        bend.hang = fault->has("hang");
        bend.error_code = fault->text("error", "server_error");
        return bend;
    }

    void speak(const std::string& response_id, const std::string& text, const std::string& voice,
               double speed) override {
        Spoken& spoken = spoken_[response_id];
        Pace pace{world_.script.wait("speech.first_byte"), world_.script.sample("speech.speed")};
        if (spoken.fault.has("slow")) pace.speed = spoken.fault.number("speed", 0.5);
        const SpeechRequest request{text, voice, 24000, speed};
        spoken.voice = std::make_unique<PacedVoice>(
            world_, request, pace,
            [this, response_id](std::span<const std::int16_t> samples) { audio(response_id, samples); },
            [this, response_id](const std::string& error) { session_.spoken(response_id, error); });
    }

    void audio(const std::string& response_id, std::span<const std::int16_t> samples) {
        const auto found = spoken_.find(response_id);
        if (found == spoken_.end()) return;  // it has just ended; its voice goes at the loop's next turn
        Spoken& spoken = found->second;
        if (++spoken.pieces == static_cast<int>(spoken.fault.number("after_chunks", 1)) + 1) strike(spoken);
        if (closing_) return;
        const std::shared_ptr<RequestRecord> record = spoken.record;
        const bool first = !record->first_byte;
        if (first) record->first_byte = Clock::now();
        record->numbers["audio_ms"] += static_cast<double>(samples.size()) / 24;
        session_.audio(response_id, samples);
        if (first) world_.stamps.speech_began(record->facts["text"]);
    }

    // In the middle of a response, and often it is the end of all others of this socket.
    void strike(const Spoken& spoken) {
        const Fault& fault = spoken.fault;
        if (fault.has("garbage")) peer_.send_text(fault.text("value", "{not json"));
        if (fault.has("wrong_type")) peer_.send_binary(fault.text("value", "\x01\xff not text"));
        if (fault.has("stall")) silent_ = true;
        if (fault.has("drop")) break_off(&WebsocketPeer::drop);
        if (fault.has("reset")) break_off(&WebsocketPeer::abort);
        if (fault.has("close")) close(static_cast<std::uint16_t>(fault.number("code", 1011)));
    }

    // What was said first gets time to reach the client.
    void break_off(void (WebsocketPeer::*how)()) {
        closing_ = true;
        fault_timer_.start(std::chrono::milliseconds(30), [this, how] { (peer_.*how)(); });
    }

    void stop(const std::string&) override {}

    void end_response(const std::string& response_id, const std::string& status) override {
        const auto found = spoken_.find(response_id);
        if (found == spoken_.end()) return;
        found->second.record->finished = Clock::now();
        found->second.record->outcome = status == "cancelled" ? "cancelled_by_client" : status;
        // The voice may be the one that is telling us: it goes when nothing of it is on the stack.
        gone_.push_back(std::move(found->second.voice));
        spoken_.erase(found);
        cleanup_.start(std::chrono::milliseconds(0), [this] { gone_.clear(); });
    }

    void finish_verdict() {
        if (record_->closed) return;
        closing_ = true;
        for (auto& [id, spoken] : spoken_) {
            if (spoken.record->finished) continue;
            spoken.record->finished = Clock::now();
            spoken.record->outcome = "connection_ended";
        }
        spoken_.clear();
        world_.report.connection_closed(*record_);
    }

    World& world_;
    WebsocketPeer& peer_;
    std::optional<Fault> fault_;
    std::shared_ptr<ConnectionRecord> record_;
    RealtimeSession session_;
    std::map<std::string, Spoken> spoken_;
    std::vector<std::unique_ptr<PacedVoice>> gone_;
    Timer expiry_;
    Timer fault_timer_;
    Timer cleanup_{world_.loop};
    bool silent_ = false;
    bool closing_ = false;
};

UpgradeAnswer refused(const OpenAiRefusal& refusal, Headers extra = {}) {
    UpgradeAnswer answer;
    answer.kind = UpgradeAnswer::Kind::refuse;
    answer.status = refusal.status;
    answer.headers = {{"content-type", "application/json"}};
    answer.headers.insert(answer.headers.end(), extra.begin(), extra.end());
    answer.body = openai_error_body(refusal);
    return answer;
}

}  // namespace

UpgradeAnswer upgrade_openai_realtime(World& world, const Request& request) {
    const auto fault = world.script.take_fault(service, "socket");
    const auto read = read_realtime_handshake(request, world.script.keys["openai"]);
    UpgradeAnswer answer;
    if (const auto* refusal = std::get_if<OpenAiRefusal>(&read)) {
        world.report.violation(service, request.connection, refusal->rule, refusal->message);
        answer = refused(*refusal);
    } else if (const auto status = status_fault(fault)) {
        OpenAiRefusal told{status->status, "The sandbox was told to refuse.", fault->text("code", ""), "",
                           ""};
        answer = refused(told, status->headers);
    } else if (fault && fault->has("refuse")) {
        answer.kind = UpgradeAnswer::Kind::abort;
        return answer;
    } else {
        answer.kind = UpgradeAnswer::Kind::accept;
        answer.headers = {{"x-request-id", world.script.random.id("req_")}};
        if (request.header("sec-websocket-protocol").find("realtime") != std::string_view::npos)
            answer.subprotocol = "realtime";
        answer.start = [&world, model = std::get<std::string>(read), fault](WebsocketPeer& peer) {
            return std::make_unique<RealtimeWire>(world, peer, model, fault);
        };
    }
    answer.delay =
        fault && fault->has("hang") ? std::chrono::hours(1) : world.script.wait("speech.handshake");
    return answer;
}

}  // namespace atlas::sandbox
