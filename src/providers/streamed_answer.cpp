#include "streamed_answer.hpp"

#include "atlas/providers/http_failure.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace atlas::providers {

StreamedAnswer::StreamedAnswer(net::HttpClient& http, net::HttpRequest request, Reader& reader)
    : reader_(reader) {
    net::TransferHandlers handlers;
    handlers.on_head = [this](int status, const net::HttpHeaders& headers) { take_head(status, headers); };
    handlers.on_body = [this](std::string_view bytes) { take_body(bytes); };
    handlers.on_done = [this](const net::TransferResult& result) { take_end(result); };
    transfer_ = http.start(std::move(request), std::move(handlers));
}

void StreamedAnswer::take_head(int status, const net::HttpHeaders& headers) {
    status_ = status;
    headers_ = headers;
    refused_ = status != 200 || !reader_.on_answer_begins(headers_);
}

void StreamedAnswer::take_body(std::string_view bytes) {
    if (!refused_) return reader_.on_answer_bytes(bytes);
    if (reported_) return;
    body_.append(bytes.substr(0, max_error_body_bytes - body_.size()));
    if (body_.size() < max_error_body_bytes) return;
    reported_ = true;
    reader_.on_refusal();
}

void StreamedAnswer::take_end(const net::TransferResult& result) {
    if (!refused_) return reader_.on_answer_ends(result);
    if (reported_) return;
    reported_ = true;
    reader_.on_refusal();
}

bool is_content_type(std::string_view header, std::string_view type) {
    header = header.substr(0, header.find(';'));
    while (!header.empty() && header.back() == ' ') header.remove_suffix(1);
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    };
    return std::equal(header.begin(), header.end(), type.begin(), type.end(), same);
}

}  // namespace atlas::providers
