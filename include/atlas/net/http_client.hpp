#pragma once

#include "atlas/net/http_message.hpp"
#include "atlas/net/loop.hpp"
#include "atlas/net/tls.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace atlas::net {

class AsioLoop;

struct HttpRequest {
    std::string method = "GET";
    std::string url;
    HttpHeaders headers;
    std::string body;
    Duration connect_timeout = std::chrono::milliseconds(2500);
    bool http1_only = false;        // for bodies whose only end marker is the transport's
    bool fresh_connection = false;  // for a retry: do not trust a pooled connection
};

// How a transfer ended. `delivered` is true when the transport ended the response properly; that alone
// never means that an answer is complete (claude_openai_tts §0.4): the caller looks for its own end mark.
struct TransferResult {
    bool delivered = false;
    bool reached_server = false;  // a status line was received
    bool timed_out = false;       // while connecting
    std::string error;            // one line for the log, empty when delivered; never holds a secret
};

// Called from the loop, outside libcurl: a handler may destroy its Transfer. Views live during the call.
struct TransferHandlers {
    std::function<void(int status, const HttpHeaders& headers)> on_head;  // once, final status only
    std::function<void(std::string_view bytes)> on_body;
    std::function<void(const TransferResult& result)> on_done;  // once, last
};

// A request under way. Destroying it cancels the request; no handler is called afterwards.
class Transfer {
public:
    virtual ~Transfer() = default;
};

// HTTP/2 and HTTP/1.1 over shared warm connections. Shared by all calls; lives as long as the loop.
// There is no total time limit: whoever streams owns the timers for first byte and stall.
class HttpClient {
public:
    virtual ~HttpClient() = default;
    virtual std::unique_ptr<Transfer> start(HttpRequest request, TransferHandlers handlers) = 0;
};

struct HttpClientSettings {
    std::string user_agent = "atlas-voice";
    TlsTrust trust;
    long max_host_connections = 8;  // so that one dead connection does not hold every call
    long max_pooled_connections = 32;
    std::size_t max_pending_bytes = 8 * 1024 * 1024;  // of one response, not yet given to on_body
};

// Uses no proxy, follows no redirect, asks for no compression. Throws std::runtime_error when the trust's
// file cannot be used.
std::unique_ptr<HttpClient> make_http_client(AsioLoop& loop, HttpClientSettings settings = {});

}  // namespace atlas::net
