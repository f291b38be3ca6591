#include "failure.hpp"

#include "atlas/providers/http_failure.hpp"
#include "json_fields.hpp"

#include <string>

namespace atlas::providers::deepgram {

namespace {

struct Refusal {
    std::string code;
    std::string text;
    std::string request_id;
};

std::string first_of(const Json& json, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        std::string text = text_field(json, name);
        if (!text.empty()) return text;
    }
    return {};
}

Refusal read_refusal(const net::WebsocketConnected& result) {
    Refusal refusal;
    const Json json = Json::parse(result.body, nullptr, false);
    if (json.is_object()) {
        refusal.code = first_of(json, {"err_code", "category", "code"});
        refusal.text = first_of(json, {"err_msg", "message", "description"});
        const std::string details = text_field(json, "details");
        if (!details.empty()) refusal.text += " (" + details + ")";
        refusal.request_id = text_field(json, "request_id");
    }
    if (refusal.text.empty()) refusal.text = result.headers.find("dg-error");
    if (refusal.request_id.empty()) refusal.request_id = result.headers.find("dg-request-id");
    return refusal;
}

FailureReason reason_of_refusal(int status) {
    switch (status) {
        case 401:
        case 403:
            return FailureReason::unauthorized;
        case 402:
            return FailureReason::quota;
        case 429:
            return FailureReason::rate_limited;  // too many streams at once, with or without a time
        case 408:
        case 499:
            return FailureReason::overloaded;
        default:
            break;
    }
    if (status >= 500) return FailureReason::overloaded;
    return status >= 400 ? FailureReason::bad_request : FailureReason::protocol;
}

}  // namespace

ProviderFailure failure_of_connect(const net::WebsocketConnected& result, std::string_view api_key) {
    ProviderFailure failure;
    failure.http_status = result.http_status;
    if (result.http_status == 0) {
        failure.reason = FailureReason::unreachable;
        failure.message = "no connection: " + one_line(result.error, {api_key});
        return failure;
    }
    const Refusal refusal = read_refusal(result);
    failure.reason = reason_of_refusal(result.http_status);
    failure.message = "refused with HTTP " + std::to_string(result.http_status);
    if (!refusal.code.empty()) failure.message += ", " + one_line(refusal.code, {api_key}, 60);
    if (!refusal.text.empty()) failure.message += ": " + one_line(refusal.text, {api_key});
    failure.request_id = one_line(refusal.request_id, {api_key}, 64);
    failure.retry_after = read_retry_after(result.headers);
    return failure;
}

ProviderFailure failure_of_close(const net::WebsocketClosed& closed, std::string_view api_key) {
    ProviderFailure failure;
    failure.reason = FailureReason::disconnected;
    failure.message = "the connection ended with " + std::to_string(closed.code);
    const std::string& why = closed.reason.empty() ? closed.error : closed.reason;
    if (!why.empty()) failure.message += ": " + one_line(why, {api_key});
    return failure;
}

ProviderFailure failure_of_stall(std::string_view message) {
    ProviderFailure failure;
    failure.reason = FailureReason::stalled;
    failure.message = one_line(message, {});
    return failure;
}

ProviderFailure failure_of_trouble(const ListenTrouble& trouble, std::string_view api_key) {
    ProviderFailure failure;
    failure.reason =
        trouble.code == "INTERNAL_SERVER_ERROR" ? FailureReason::overloaded : FailureReason::protocol;
    failure.message = "the service reported " + one_line(trouble.code, {api_key}, 60);
    if (!trouble.description.empty()) failure.message += ": " + one_line(trouble.description, {api_key});
    return failure;
}

bool worth_another_connection(const ProviderFailure& failure) {
    const int status = failure.http_status;
    return status == 0 || status == 408 || status == 429 || status == 499 || status >= 500;
}

}  // namespace atlas::providers::deepgram
