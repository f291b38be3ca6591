#include "http_answer.hpp"

#include "header_rules.hpp"
#include "websocket_handshake.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <ctime>

namespace atlas::net {
namespace http = boost::beast::http;
namespace {

constexpr std::string_view server_name = "atlas-voice";

bool has_token(const BeastRequest& message, http::field field, std::string_view token) {
    const auto values = message.equal_range(field);
    return std::any_of(values.first, values.second,
                       [&](const auto& entry) { return http::token_list(entry.value()).exists(token); });
}

// 16 bytes in base64 (RFC 6455 §4.1).
bool valid_key(std::string_view key) {
    const auto base64 = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
               c == '/';
    };
    return key.size() == 24 && key.ends_with("==") && std::all_of(key.begin(), key.end() - 2, base64);
}

OutgoingResponse bad_request(std::string_view message) { return error_answer(400, "bad_request", message); }

std::optional<OutgoingResponse> upgrade_problem(const BeastRequest& message) {
    if (message.version() != 11) return bad_request("a WebSocket upgrade needs HTTP/1.1");
    if (message.method() != http::verb::get) return bad_request("a WebSocket upgrade must be a GET request");
    if (!has_token(message, http::field::connection, "upgrade")) {
        return bad_request("a WebSocket upgrade needs the header \"Connection: Upgrade\"");
    }
    if (message.chunked() ||
        (message.count(http::field::content_length) > 0 && message[http::field::content_length] != "0")) {
        return bad_request("a WebSocket upgrade must not have a body");
    }
    if (message[http::field::sec_websocket_version] != "13") {
        auto answer = error_answer(426, "upgrade_required", "Sec-WebSocket-Version must be 13");
        answer.headers.add("Sec-WebSocket-Version", "13");
        return answer;
    }
    if (message.count(http::field::sec_websocket_key) != 1 ||
        !valid_key(message[http::field::sec_websocket_key])) {
        return bad_request("Sec-WebSocket-Key must be 16 bytes in base64");
    }
    return std::nullopt;
}

// "/path?query", or the same behind "http://host" (a proxy's form); "*" is for OPTIONS.
bool split_target(std::string_view target, IncomingRequest& request) {
    if (target.starts_with("http://") || target.starts_with("https://")) {
        const std::size_t path = target.find('/', target.find("//") + 2);
        target = path == std::string_view::npos ? "/" : target.substr(path);
    }
    const bool everything = target == "*" && request.method == "OPTIONS";
    if (!everything && !target.starts_with('/')) return false;
    if (target.find('#') != std::string_view::npos) return false;
    const std::size_t mark = std::min(target.find('?'), target.size());
    request.path = target.substr(0, mark);
    request.query = target.substr(std::min(mark + 1, target.size()));
    return true;
}

std::string http_date() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[40];
    const std::size_t length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return std::string(text, length);
}

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result.push_back('\\');
        result.push_back(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
    }
    return result + "\"";
}

}  // namespace

RequestHead read_head(const BeastRequest& message, const std::string& peer, bool tls) {
    RequestHead head;
    IncomingRequest& request = head.request;
    request.method = message.method_string();
    if (message.method() == http::verb::head) request.method = "GET";
    request.peer_address = peer;
    request.tls = tls;
    for (const auto& field : message) {
        request.headers.add(std::string(field.name_string()), std::string(field.value()));
    }
    if (message.version() != 11 && message.version() != 10) {
        head.problem = error_answer(505, "version_not_supported", "HTTP/1.1 is spoken here");
    } else if (!split_target(message.target(), request)) {
        head.problem = bad_request("the request's target must be a path");
    } else if (message.version() == 11 && message.count(http::field::host) != 1) {
        head.problem = bad_request("the request needs one Host header");
    } else if (has_token(message, http::field::upgrade, "websocket")) {
        head.upgrade = true;
        head.problem = upgrade_problem(message);
    }
    return head;
}

bool expects_continue(const BeastRequest& message) {
    return message.version() == 11 && boost::beast::iequals(message[http::field::expect], "100-continue");
}

std::string format_answer(const OutgoingResponse& answer, unsigned version, bool keep, bool head_only) {
    const std::string problem = header_problem(answer.headers);
    if (!problem.empty()) {
        return format_answer(error_answer(500, "internal_error", problem), version, keep, head_only);
    }
    std::string text = version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
    text += std::to_string(answer.status) + " ";
    text += http::obsolete_reason(http::int_to_status(static_cast<unsigned>(answer.status)));
    text += "\r\n";
    for (const auto& [name, value] : answer.headers.fields()) append_header(text, name, value);
    const bool no_body = answer.status == 204 || answer.status == 304;
    if (!no_body) append_header(text, "Content-Length", std::to_string(answer.body.size()));
    append_header(text, "Server", server_name);
    append_header(text, "Date", http_date());
    append_header(text, "Connection", keep ? "keep-alive" : "close");
    text += "\r\n";
    if (!no_body && !head_only) text += answer.body;
    return text;
}

std::string format_upgrade(std::string_view key, std::string_view subprotocol) {
    std::string text = "HTTP/1.1 101 Switching Protocols\r\n";
    append_header(text, "Upgrade", "websocket");
    append_header(text, "Connection", "Upgrade");
    append_header(text, "Sec-WebSocket-Accept", websocket_accept_for(key));
    if (!subprotocol.empty()) append_header(text, "Sec-WebSocket-Protocol", subprotocol);
    append_header(text, "Server", server_name);
    return text + "\r\n";
}

OutgoingResponse error_answer(int status, std::string_view code, std::string_view message) {
    OutgoingResponse answer;
    answer.status = status;
    answer.headers.add("Content-Type", "application/json");
    answer.body = "{\"error\":{\"code\":" + quoted(code) + ",\"message\":" + quoted(message) + "}}";
    return answer;
}

std::optional<OutgoingResponse> answer_to_failure(boost::system::error_code failure,
                                                  const ListenerSettings& settings) {
    if (failure == http::error::header_limit || failure == http::error::buffer_overflow) {
        return error_answer(
            431, "header_too_large",
            "the request's header is larger than " + std::to_string(settings.max_header_bytes) + " bytes");
    }
    if (failure == http::error::body_limit) {
        return error_answer(
            413, "body_too_large",
            "the request's body is larger than " + std::to_string(settings.max_body_bytes) + " bytes");
    }
    if (failure.category() == make_error_code(http::error::bad_method).category()) {
        return bad_request("not understood as HTTP/1.1: " + failure.message());
    }
    return std::nullopt;
}

}  // namespace atlas::net
