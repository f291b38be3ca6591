#pragma once

#include "atlas/net/http_listener.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <optional>
#include <string>
#include <string_view>

// Between Beast's messages and ours, and what the listener answers by itself. No sockets.
namespace atlas::net {

using BeastRequest = boost::beast::http::request<boost::beast::http::string_body>;

// The header of a request, understood: `problem` is the answer to one that is not acceptable.
struct RequestHead {
    IncomingRequest request;
    bool upgrade = false;
    std::optional<OutgoingResponse> problem;
};

RequestHead read_head(const BeastRequest& message, const std::string& peer, bool tls);
bool expects_continue(const BeastRequest& message);

// The bytes of an answer. With `head_only` (to a HEAD request) they say how long the body would be.
std::string format_answer(const OutgoingResponse& answer, unsigned version, bool keep, bool head_only);
// The answer to an upgrade with this Sec-WebSocket-Key.
std::string format_upgrade(std::string_view key, std::string_view subprotocol);

// {"error":{"code":...,"message":...}}
OutgoingResponse error_answer(int status, std::string_view code, std::string_view message);

// What to say to somebody whose request could not be read; empty when there is nobody to say it to.
std::optional<OutgoingResponse> answer_to_failure(boost::system::error_code failure,
                                                  const ListenerSettings& settings);

}  // namespace atlas::net
