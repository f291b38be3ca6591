#include "atlas/providers/anthropic/messages.hpp"
#include "history.hpp"
#include "json_object.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace atlas::providers::anthropic {

namespace {

constexpr std::size_t max_open_blocks = 64;  // the service has one at a time
constexpr std::size_t max_identifier = 128;  // bytes of a call's id or name

template <class Json>
std::string text_of(const Json& object, const char* name) {
    const auto member = object.find(name);
    return member != object.end() && member->is_string() ? member->template get<std::string>()
                                                         : std::string();
}

template <class Json>
const Json& child(const Json& object, const char* name) {
    static const Json nothing = Json::object();
    const auto member = object.find(name);
    return member != object.end() && member->is_object() ? *member : nothing;
}

template <class Json>
int index_of(const Json& event) {
    const auto index = event.find("index");
    return index != event.end() && index->is_number_integer() ? index->template get<int>() : -1;
}

// Counts are totals so far and may be missing: overwritten, never added (§A.6).
template <class Json>
void overwrite(std::int64_t& count, const Json& usage, const char* name) {
    const auto value = usage.find(name);
    if (value != usage.end() && value->is_number_integer()) count = value->template get<std::int64_t>();
}

template <class Json>
void take_usage(TokenUsage& counts, const Json& usage) {
    overwrite(counts.input, usage, "input_tokens");
    overwrite(counts.cache_read, usage, "cache_read_input_tokens");
    overwrite(counts.cache_written, usage, "cache_creation_input_tokens");
    overwrite(counts.output, usage, "output_tokens");
}

// The answer ended although the model had more to say.
bool cuts_the_answer(std::string_view stop_reason) {
    return stop_reason == "max_tokens" || stop_reason == "model_context_window_exceeded" ||
           stop_reason == "refusal";
}

ModelEvent protocol_failure(std::string message) {
    ProviderFailure failure;
    failure.reason = FailureReason::protocol;
    failure.message = std::move(message);
    return ModelFailed{std::move(failure)};
}

// By type and code, never by message (§A.9).
std::optional<FailureReason> reason_of_error(const ServiceError& error) {
    if (error.code == "enforced_spend_limit_reached" || error.code == "contract_spend_limit_reached")
        return FailureReason::quota;
    static const std::map<std::string_view, FailureReason> reasons = {
        {"invalid_request_error", FailureReason::bad_request},
        {"request_too_large", FailureReason::bad_request},
        {"conflict_error", FailureReason::bad_request},
        {"authentication_error", FailureReason::unauthorized},
        {"permission_error", FailureReason::unauthorized},
        {"billing_error", FailureReason::quota},
        {"not_found_error", FailureReason::model_retired},
        {"api_error", FailureReason::overloaded},
        {"timeout_error", FailureReason::overloaded},
        {"overloaded_error", FailureReason::overloaded},
    };
    const auto reason = reasons.find(error.type);
    if (reason == reasons.end()) return {};
    return reason->second;
}

// An error event after HTTP 200: the connection closes next, without message_stop (§A.6).
ModelEvent stream_failure(std::string_view data, const HiddenWords& hidden) {
    const ServiceError error = read_service_error(data);
    ProviderFailure failure;
    failure.reason = reason_of_error(error).value_or(FailureReason::protocol);
    if (error.type == "rate_limit_error" && failure.reason == FailureReason::protocol)
        failure.reason = FailureReason::rate_limited;
    failure.message =
        "error in the stream: " + one_line(error.type, hidden, 60) + ": " + one_line(error.message, hidden);
    failure.request_id = one_line(error.request_id, hidden, 100);
    return ModelFailed{std::move(failure)};
}

}  // namespace

std::vector<ModelEvent> MessageStream::handle(std::string_view data) {
    progressed_ = false;
    const auto event = nlohmann::json::parse(data, nullptr, false);
    if (!event.is_object()) return {protocol_failure("an event of the stream is not a JSON object")};
    return take_event(event, data);
}

template <class Json>
std::vector<ModelEvent> MessageStream::take_event(const Json& event, std::string_view data) {
    const std::string type = text_of(event, "type");
    if (type == "content_block_delta") return take_delta(event);
    if (type == "content_block_start") return take_block_start(event);
    if (type == "content_block_stop") return take_block_stop(index_of(event));
    if (type == "message_start") return take_message_start(event);
    if (type == "message_delta") return take_message_delta(event);
    if (type == "error") return {stream_failure(data, hidden_)};
    if (type != "message_stop") return {};  // ping, and what later versions may add
    std::vector<ModelEvent> events = give_held();
    events.emplace_back(ModelCompleted{stop_reason_, usage_});
    return events;
}

template <class Json>
std::vector<ModelEvent> MessageStream::take_message_start(const Json& event) {
    take_usage(usage_, child(child(event, "message"), "usage"));
    if (std::exchange(started_, true)) return {};
    return {ModelStarted{"", usage_}};
}

template <class Json>
std::vector<ModelEvent> MessageStream::take_block_start(const Json& event) {
    content_started_ = true;
    std::vector<ModelEvent> events = give_held();  // the model went on, so that call was complete
    const Json& described = child(event, "content_block");
    const std::string type = text_of(described, "type");
    if (blocks_.size() >= max_open_blocks) return {protocol_failure("too many open content blocks")};
    Block block;
    if (type == "text") block.kind = Block::Kind::text;
    if (type == "tool_use") {
        block.kind = Block::Kind::tool;
        block.call = {text_of(described, "id"), text_of(described, "name"), ""};
    }
    progressed_ = block.kind == Block::Kind::tool;
    std::string text = block.kind == Block::Kind::text ? text_of(described, "text") : "";
    blocks_.insert_or_assign(index_of(event), std::move(block));
    if (text.empty()) return events;
    progressed_ = true;
    events.emplace_back(ModelText{std::move(text)});
    return events;
}

template <class Json>
std::vector<ModelEvent> MessageStream::take_delta(const Json& event) {
    content_started_ = true;
    const Json& delta = child(event, "delta");
    const std::string type = text_of(delta, "type");
    const auto open = blocks_.find(index_of(event));
    if (type == "input_json_delta" && open != blocks_.end() && open->second.kind == Block::Kind::tool) {
        Block& block = open->second;
        const std::string piece = text_of(delta, "partial_json");
        block.too_long = block.too_long || block.call.arguments.size() + piece.size() > max_tool_arguments;
        if (!block.too_long) block.call.arguments += piece;
        progressed_ = !piece.empty();
    }
    if (type != "text_delta") return {};
    if (open != blocks_.end() && open->second.kind != Block::Kind::text) return {};
    std::string text = text_of(delta, "text");
    if (text.empty()) return {};
    progressed_ = true;
    return {ModelText{std::move(text)}};
}

std::vector<ModelEvent> MessageStream::take_block_stop(int index) {
    const auto open = blocks_.find(index);
    if (open == blocks_.end()) return {};
    Block block = std::move(open->second);
    blocks_.erase(open);
    ModelToolCall& call = block.call;
    if (block.kind != Block::Kind::tool || block.too_long) return {};
    if (!is_identifier(call.id, max_identifier) || !is_identifier(call.name, max_identifier)) return {};
    if (call.arguments.find_first_not_of(" \t\r\n") == std::string::npos) {
        call.arguments = "{}";
        held_ = std::move(call);
        return {};
    }
    const auto arguments = read_object(call.arguments, max_tool_arguments);
    if (!arguments) return {};
    call.arguments = compact(*arguments);
    return {ModelCalledTool{std::move(call)}};
}

template <class Json>
std::vector<ModelEvent> MessageStream::take_message_delta(const Json& event) {
    take_usage(usage_, child(event, "usage"));
    const std::string reason = text_of(child(event, "delta"), "stop_reason");
    if (reason.empty()) return {};
    stop_reason_ = one_line(reason, hidden_, 60);
    if (cuts_the_answer(stop_reason_)) held_.reset();
    return give_held();
}

std::vector<ModelEvent> MessageStream::give_held() {
    if (!held_) return {};
    ModelCalledTool called{std::move(*held_)};
    held_.reset();
    return {std::move(called)};
}

ProviderFailure failure_of_refusal(int status, const net::HttpHeaders& headers, std::string_view body,
                                   const HiddenWords& hidden) {
    const ServiceError error = read_service_error(body);
    ProviderFailure failure;
    failure.reason = reason_of_error(error).value_or(reason_of_status(status, headers));
    failure.message = describe_refusal(status, headers, error, hidden);
    failure.http_status = status;
    const std::string_view id = headers.find("request-id");
    failure.request_id = one_line(id.empty() ? error.request_id : id, hidden, 100);
    if (failure.reason == FailureReason::rate_limited || failure.reason == FailureReason::overloaded)
        failure.retry_after = read_retry_after(headers);
    return failure;
}

}  // namespace atlas::providers::anthropic
