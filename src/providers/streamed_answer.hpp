#pragma once

#include "atlas/net/http_client.hpp"
#include "atlas/net/http_message.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace atlas::providers {

// One HTTP request whose good answer is a stream, while a refusal is read whole (capped), so that bytes
// never reach the stream's parser before the status was checked. Destroying it cancels the request; every
// call of the Reader but the first may do so.
class StreamedAnswer {
public:
    class Reader {
    public:
        // The status is 200. False: the content is not what was asked for, read it as a refusal.
        virtual bool on_answer_begins(const net::HttpHeaders& headers) = 0;
        virtual void on_answer_bytes(std::string_view bytes) = 0;
        virtual void on_answer_ends(const net::TransferResult& result) = 0;  // last
        // Instead of all the others, with body() as far as it came.
        virtual void on_refusal() = 0;

    protected:
        ~Reader() = default;
    };

    StreamedAnswer(net::HttpClient& http, net::HttpRequest request, Reader& reader);

    int status() const { return status_; }  // 0 before the answer begins
    bool refused() const { return refused_; }
    const net::HttpHeaders& headers() const { return headers_; }
    const std::string& body() const { return body_; }  // of a refusal

private:
    void take_head(int status, const net::HttpHeaders& headers);
    void take_body(std::string_view bytes);
    void take_end(const net::TransferResult& result);

    Reader& reader_;
    int status_ = 0;
    bool refused_ = false;
    bool reported_ = false;
    net::HttpHeaders headers_;
    std::string body_;
    std::unique_ptr<net::Transfer> transfer_;
};

// Whether a content-type header names `type`, parameters and case aside.
bool is_content_type(std::string_view header, std::string_view type);

}  // namespace atlas::providers
