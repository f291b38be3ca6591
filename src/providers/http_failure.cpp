#include "atlas/providers/http_failure.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>

namespace atlas::providers {

namespace {

using Json = nlohmann::json;

// Shorter ones ("yes", "a") are parts of many words and tell nothing.
constexpr std::size_t shortest_hidden_word = 6;

std::string text_member(const Json& object, const char* name) {
    const auto member = object.find(name);
    if (member == object.end() || member->is_null()) return {};
    if (member->is_string()) return member->get<std::string>();
    return member->is_number_integer() ? member->dump() : std::string();
}

void read_error_object(const Json& error, ServiceError& read) {
    read.type = text_member(error, "type");
    read.code = text_member(error, "code");
    read.message = text_member(error, "message");
    const auto details = error.find("details");
    if (details == error.end() || !details->is_object()) return;
    const std::string code = text_member(*details, "error_code");
    if (!code.empty()) read.code = code;
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80u; }

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

// OpenAI repeats a wrong key, half masked, in its error.
void hide_keys(std::string& text) {
    for (std::size_t at = text.find("sk-"); at != std::string::npos; at = text.find("sk-", at + 1)) {
        const bool starts_word = at == 0 || std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0;
        if (!starts_word) continue;
        const std::size_t end = text.find_first_of(" \"',;)", at);
        text.replace(at, end == std::string::npos ? std::string::npos : end - at, "[hidden]");
    }
}

std::optional<double> read_number(std::string_view text) {
    double number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return {};
    if (!(number >= 0) || number > 1e9) return {};
    return number;
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<std::chrono::sys_seconds> read_http_date(std::string_view text) {
    std::istringstream input{std::string(text)};
    input.imbue(std::locale::classic());
    std::tm parts{};
    input >> std::get_time(&parts, "%a, %d %b %Y %H:%M:%S GMT");
    if (input.fail()) return {};
    return std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts)));
}

std::chrono::milliseconds as_milliseconds(double number) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(number));
}

}  // namespace

ServiceError read_service_error(std::string_view body) {
    ServiceError read;
    const Json json = Json::parse(body, nullptr, false);
    if (!json.is_object()) return read;
    read.request_id = text_member(json, "request_id");
    const auto error = json.find("error");
    if (error != json.end() && error->is_object()) {
        read_error_object(*error, read);
    } else if (error != json.end() && error->is_string()) {
        read.message = error->get<std::string>();
    } else {
        read_error_object(json, read);
        if (read.message.empty()) read.message = text_member(json, "detail");
    }
    return read;
}

std::string one_line(std::string_view text, const HiddenWords& hidden, std::size_t max_bytes) {
    std::string line(text);
    for (const std::string_view word : hidden)
        if (word.size() >= shortest_hidden_word) replace_all(line, word, "[hidden]");
    hide_keys(line);
    std::replace_if(
        line.begin(), line.end(), [](unsigned char byte) { return byte < 0x20 || byte == 0x7F; }, ' ');
    if (line.size() <= max_bytes) return line;
    std::size_t end = max_bytes;
    while (end > 0 && continues_character(line[end])) --end;
    return line.substr(0, end) + "…";
}

std::string describe_refusal(int status, const net::HttpHeaders& headers, const ServiceError& error,
                             const HiddenWords& hidden) {
    std::string line = "HTTP " + std::to_string(status);
    if (error.type.empty() && error.code.empty() && error.message.empty()) {
        const std::string_view type = headers.find("content-type");
        return line + (type.empty() ? ", no error text" : ", " + one_line(type, hidden, 60) + " body");
    }
    if (!error.type.empty()) line += ", " + one_line(error.type, hidden, 60);
    if (!error.code.empty()) line += " (" + one_line(error.code, hidden, 60) + ")";
    if (!error.message.empty()) line += ": " + one_line(error.message, hidden);
    return line;
}

std::optional<std::chrono::milliseconds> read_retry_after(const net::HttpHeaders& headers) {
    if (const auto exact = read_number(headers.find("retry-after-ms"))) return as_milliseconds(*exact);
    const std::string_view value = headers.find("retry-after");
    if (const auto seconds = read_number(value)) return as_milliseconds(*seconds * 1000);
    const auto until = read_http_date(value);
    const auto now = read_http_date(headers.find("date"));
    if (!until || !now) return {};
    return std::max(std::chrono::milliseconds(0), std::chrono::milliseconds(*until - *now));
}

FailureReason reason_of_status(int status, const net::HttpHeaders& headers) {
    if (status >= 500) return FailureReason::overloaded;
    if (status < 400) return FailureReason::protocol;
    switch (status) {
        case 401:
        case 403:
            return FailureReason::unauthorized;
        case 402:
            return FailureReason::quota;
        case 404:
        case 410:
            return FailureReason::model_retired;
        case 429: {
            const bool patience_helps = headers.contains("retry-after") || headers.contains("retry-after-ms");
            return patience_helps ? FailureReason::rate_limited : FailureReason::quota;
        }
        default:
            return FailureReason::bad_request;
    }
}

ProviderFailure failure_of_transfer(const net::TransferResult& result, std::string_view missing) {
    ProviderFailure failure;
    if (result.delivered) {
        failure.reason = FailureReason::truncated;
        failure.message = "the answer ended without " + std::string(missing);
        return failure;
    }
    failure.reason = result.reached_server ? FailureReason::disconnected : FailureReason::unreachable;
    failure.message = result.error.empty() ? "the connection was lost" : one_line(result.error, {});
    return failure;
}

bool worth_retrying(const ProviderFailure& failure, std::chrono::milliseconds patience) {
    switch (failure.reason) {
        case FailureReason::unreachable:
        case FailureReason::overloaded:
        case FailureReason::timed_out:
        case FailureReason::stalled:
        case FailureReason::truncated:
        case FailureReason::disconnected:
            return failure.http_status < 400 || failure.http_status >= 500;
        case FailureReason::protocol:  // something on the way may have answered in the service's place
            return failure.http_status < 400;
        case FailureReason::rate_limited:
            return failure.retry_after && *failure.retry_after <= patience;
        default:
            return false;
    }
}

}  // namespace atlas::providers
