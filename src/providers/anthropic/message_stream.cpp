#include "atlas/providers/anthropic/messages.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace atlas::providers::anthropic {

namespace {

constexpr std::size_t max_open_blocks = 64;  // the service has one at a time

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

std::optional<ModelEvent> text_event(std::string text) {
    if (text.empty()) return {};
    return ModelText{std::move(text)};
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

std::optional<ModelEvent> MessageStream::handle(std::string_view data) {
    const auto event = nlohmann::json::parse(data, nullptr, false);
    if (!event.is_object()) return protocol_failure("an event of the stream is not a JSON object");
    return take_event(event, data);
}

template <class Json>
std::optional<ModelEvent> MessageStream::take_event(const Json& event, std::string_view data) {
    const std::string type = text_of(event, "type");
    if (type == "content_block_delta") return take_delta(event);
    if (type == "content_block_start") return take_block_start(event);
    if (type == "content_block_stop") block_is_text_.erase(index_of(event));
    if (type == "message_start") take_usage(usage_, child(child(event, "message"), "usage"));
    if (type == "message_delta") {
        take_usage(usage_, child(event, "usage"));
        const std::string reason = text_of(child(event, "delta"), "stop_reason");
        if (!reason.empty()) stop_reason_ = one_line(reason, hidden_, 60);
    }
    if (type == "message_stop") return ModelCompleted{stop_reason_, usage_, ""};
    if (type == "error") return stream_failure(data, hidden_);
    return {};  // ping, and what later versions may add
}

template <class Json>
std::optional<ModelEvent> MessageStream::take_block_start(const Json& event) {
    content_started_ = true;
    const Json& block = child(event, "content_block");
    const bool is_text = text_of(block, "type") == "text";
    if (block_is_text_.size() >= max_open_blocks) return protocol_failure("too many open content blocks");
    block_is_text_[index_of(event)] = is_text;
    return is_text ? text_event(text_of(block, "text")) : std::nullopt;
}

template <class Json>
std::optional<ModelEvent> MessageStream::take_delta(const Json& event) {
    content_started_ = true;
    const Json& delta = child(event, "delta");
    if (text_of(delta, "type") != "text_delta") return {};
    const auto block = block_is_text_.find(index_of(event));
    const bool is_text = block == block_is_text_.end() || block->second;
    return is_text ? text_event(text_of(delta, "text")) : std::nullopt;
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
