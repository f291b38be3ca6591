#include "sandbox/services/claude.hpp"

#include "sandbox/services/answer.hpp"
#include "sandbox/services/claude_models.hpp"
#include "sandbox/services/claude_rules.hpp"
#include "sandbox/services/claude_stream.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::ordered_json;

// Plays one reply at the script's pace.
class ClaudeExchange final : public Exchange {
public:
    ClaudeExchange(World& world, Response& response, std::shared_ptr<RequestRecord> record,
                   std::optional<Fault> fault)
        : world_(world),
          fault_(fault),
          request_id_(world.script.random.id("req_")),
          answer_(world, response, std::move(record), std::move(fault)),
          timer_(world.loop) {}

    void refuse(int status, const std::string& type, const std::string& message, Headers extra = {}) {
        Headers headers = head_fields("application/json");
        headers.insert(headers.end(), extra.begin(), extra.end());
        answer_.record().facts["error"] = message;
        answer_.whole(status, std::move(headers), claude_error_body(type, message, request_id_));
    }

    void play(ClaudeRequest request) {
        request_ = std::move(request);
        if (!request_.messages.empty()) label_ = find_label(request_.messages.back().text);
        if (label_) world_.stamps.model_asked(*label_);
        ClaudeReply reply = compose();
        limit_reply(reply, request_);
        const auto lifetime =
            std::chrono::milliseconds(static_cast<long>(world_.script.limit("claude.cache_ttl_ms")));
        cache_use_ = world_.prompt_cache.read(request_.prompt, Clock::now(), lifetime);
        reply.usage = cache_use_.usage;
        output_tokens_ = output_tokens(reply);
        keep_record(reply);
        if (!request_.stream) {
            const std::string body = claude_message(reply, request_, world_.script.random);
            timer_.start(world_.script.wait("claude.first_token"), [this, body] {
                say_begins();
                answer_.record().numbers["output_tokens"] = output_tokens_;
                answer_.whole(200, head_fields("application/json"), body);
            });
            return;
        }
        steps_ = claude_stream(reply, request_, fault_, world_.script.random);
        answer_.head(200, head_fields("text/event-stream; charset=utf-8"));
        next();
    }

    Headers head_fields(const std::string& type) const {
        return {{"content-type", type},
                {"request-id", request_id_},
                {"anthropic-organization-id", "00000000-0000-4000-8000-000000000000"},
                {"cache-control", "no-cache"}};
    }
    Answer& answer() { return answer_; }

private:
    void keep_record(const ClaudeReply& reply) {
        RequestRecord& record = answer_.record();
        record.facts["model"] = request_.model;
        record.facts["stop_reason"] = reply.stop_reason;
        if (!request_.messages.empty()) record.facts["last_user_text"] = request_.messages.back().text;
        if (!request_.results.empty()) record.facts["last_tool_results"] = request_.results;
        for (const std::string& token : reply.tokens) record.facts["reply_text"] += token;
        for (const ScriptedReply::Call& call : reply.calls)
            record.facts["reply_calls"] += (record.facts["reply_calls"].empty() ? "" : " ") + call.name;
        record.numbers["messages"] = static_cast<double>(request_.messages.size());
        record.numbers["tools"] = static_cast<double>(request_.tools.size());
        record.numbers["cache_marks"] = reply.usage.marks;
        record.numbers["input_tokens"] = reply.usage.input;
        record.numbers["cache_read_input_tokens"] = reply.usage.read;
        record.numbers["cache_creation_input_tokens"] = reply.usage.written();
    }

    // The model begins to answer: from here on others can read what this request put into the cache.
    void say_begins() {
        if (!answer_.over() && !std::exchange(begun_, true))
            world_.prompt_cache.write(cache_use_, Clock::now());
    }

    ClaudeReply compose() {
        ClaudeReply reply;
        reply.thinking = request_.thinking;
        if (answer_.has("empty_reply")) return reply;
        const std::string heard = request_.messages.empty() ? "" : request_.messages.back().text;
        if (const ScriptedReply* scripted = world_.script.reply(heard, request_.results)) {
            reply.tokens = tokens_of(with_label(scripted->text, label_));
            if (request_.may_call_tools) reply.calls = scripted->calls;
            if (!scripted->stop_reason.empty()) reply.stop_reason = scripted->stop_reason;
        } else {
            reply.tokens = world_.engines.responder->reply(request_.system, request_.messages);
        }
        if (answer_.has("refusal")) {
            reply.stop_reason = "refusal";
            reply.tokens.resize(std::min<std::size_t>(
                reply.tokens.size(), static_cast<std::size_t>(fault_->number("after_tokens", 0))));
        }
        return reply;
    }

    // A scripted text comes in pieces the size of tokens: up to four letters, or the rest of a word.
    static std::vector<std::string> tokens_of(const std::string& text) {
        std::vector<std::string> tokens;
        std::string token;
        for (const char c : text) {
            const bool continues =
                (static_cast<unsigned char>(c) & 0xC0) == 0x80;  // inside a UTF-8 character
            if (!continues && !token.empty() && (c == ' ' || token.size() >= 5))
                tokens.push_back(std::exchange(token, {}));
            token += c;
        }
        if (!token.empty()) tokens.push_back(token);
        return tokens;
    }

    void next() {
        while (at_ < steps_.size()) {
            StreamStep& step = steps_[at_];
            if (step.wait == StreamStep::Wait::token && stall_now()) return pause();
            const auto delay = wait_of(std::exchange(step.wait, StreamStep::Wait::none));
            if (delay.count() > 0) return timer_.start(delay, [this] { next(); });
            if (at_ > 0) say_begins();  // message_start comes before the model has read the prompt
            answer_.body(step.bytes);
            if (label_ && !step.text.empty()) world_.stamps.model_wrote(*label_, step.text);
            ++at_;
        }
        if (!answer_.over()) answer_.record().numbers["output_tokens"] = output_tokens_;
        answer_.finish();
    }

    bool stall_now() { return answer_.has("stall") && ++tokens_ == fault_->number("after_tokens", -1); }

    // The model says nothing for a time; pings may go on meanwhile.
    void pause() {
        const auto end =
            Clock::now() + std::chrono::milliseconds(static_cast<long>(fault_->number("ms", 60000)));
        stalled_until(end);
    }
    void stalled_until(Clock::time_point end) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        if (left.count() <= 0) return next();
        const auto every = std::chrono::milliseconds(static_cast<long>(fault_->number("ping_ms", 0)));
        if (every.count() <= 0 || every > left)
            return timer_.start(left, [this, end] { stalled_until(end); });
        timer_.start(every, [this, end] {
            answer_.body("event: ping\ndata: {\"type\": \"ping\"}\n\n");
            stalled_until(end);
        });
    }

    std::chrono::milliseconds wait_of(StreamStep::Wait wait) {
        if (wait == StreamStep::Wait::none) return std::chrono::milliseconds(0);
        const bool first = wait == StreamStep::Wait::first_token;
        auto delay = world_.script.wait(first ? "claude.first_token" : "claude.inter_token");
        if (answer_.has("slow")) delay *= static_cast<int>(fault_->number("factor", 10));
        return delay;
    }

    World& world_;
    std::optional<Fault> fault_;
    std::string request_id_;
    ClaudeRequest request_;
    std::optional<Label> label_;  // of the turn it answers
    PromptCache::Use cache_use_;
    int output_tokens_ = 0;
    bool begun_ = false;
    std::vector<StreamStep> steps_;
    std::size_t at_ = 0;
    int tokens_ = 0;
    Answer answer_;
    Timer timer_;
};

std::unique_ptr<ClaudeExchange> begin(World& world, const Request& request, Response& response,
                                      std::string_view path) {
    auto fault = world.script.take_fault("claude", path);
    auto record = world.report.request("claude", request.connection, request.method + " " + request.path);
    return std::make_unique<ClaudeExchange>(world, response, std::move(record), std::move(fault));
}

void refuse_with_violation(World& world, ClaudeExchange& exchange, const Request& request,
                           const ClaudeRefusal& refusal) {
    world.report.violation("claude", request.connection, refusal.rule, refusal.message);
    exchange.refuse(refusal.status, refusal.type, refusal.message);
}

}  // namespace

std::unique_ptr<Exchange> serve_claude_messages(World& world, Request request, Response& response) {
    auto exchange = begin(world, request, response, "");
    const std::optional<Fault> fault =
        exchange->answer().fault() ? std::optional<Fault>(*exchange->answer().fault()) : std::nullopt;
    auto read = read_claude_request(request, world.script.keys["claude"]);
    if (const auto* refusal = std::get_if<ClaudeRefusal>(&read)) {
        refuse_with_violation(world, *exchange, request, *refusal);
        return exchange;
    }
    if (auto status = status_fault(fault)) {
        if (fault->has("html_error")) {
            exchange->answer().whole(status->status, {{"content-type", "text/html"}},
                                     "<html><body><h1>Service error</h1></body></html>");
            return exchange;
        }
        const std::string type = fault->text("type", claude_error_type(status->status));
        const std::string message = fault->text("message", "The sandbox was told to fail.");
        exchange->refuse(status->status, type, message, status->headers);
        return exchange;
    }
    exchange->play(std::move(std::get<ClaudeRequest>(read)));
    return exchange;
}

std::unique_ptr<Exchange> serve_claude_models(World& world, Request request, Response& response) {
    auto exchange = begin(world, request, response, "/v1/models");
    const auto checked = check_claude_headers(request, world.script.keys["claude"]);
    if (const auto* refusal = std::get_if<ClaudeRefusal>(&checked)) {
        refuse_with_violation(world, *exchange, request, *refusal);
        return exchange;
    }
    const auto fault = exchange->answer().fault();
    if (fault != nullptr && fault->has("status")) {
        const int status = static_cast<int>(fault->number("status", 500));
        exchange->refuse(status, claude_error_type(status), "The sandbox was told to fail.");
        return exchange;
    }
    const auto describe = [](const std::string& id) {
        return Json{
            {"type", "model"}, {"id", id}, {"display_name", id}, {"created_at", "2026-10-07T00:00:00Z"}};
    };
    Json body;
    if (request.path == "/v1/models") {
        body = {{"data", Json::array()}, {"has_more", false}, {"first_id", nullptr}, {"last_id", nullptr}};
        for (const std::string& id : claude_models()) body["data"].push_back(describe(id));
    } else {
        const std::string id = request.path.substr(std::string_view("/v1/models/").size());
        if (find_claude_model(id) == nullptr) {
            const ClaudeRefusal refusal{404, "not_found_error", "model: " + id, "unknown_model"};
            refuse_with_violation(world, *exchange, request, refusal);
            return exchange;
        }
        body = describe(id);
    }
    exchange->answer().whole(200, exchange->head_fields("application/json"), body.dump());
    return exchange;
}

}  // namespace atlas::sandbox
