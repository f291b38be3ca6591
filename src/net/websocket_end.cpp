#include "websocket_end.hpp"

#include <boost/asio/error.hpp>

namespace atlas::net {
namespace websocket = boost::beast::websocket;
namespace {

constexpr std::uint16_t no_status = 1005;
constexpr std::size_t longest_reason = 123;

std::uint16_t code_we_sent(boost::system::error_code failure) {
    if (failure == websocket::error::message_too_big || failure == websocket::error::buffer_overflow)
        return 1009;
    if (failure == websocket::error::bad_frame_payload) return 1007;
    return 1002;
}

}  // namespace

WebsocketClosed OwnClose::report(const std::string& failure) const {
    WebsocketClosed closed;
    closed.code = code;
    closed.reason.assign(reason.reason.data(), reason.reason.size());
    closed.closed_by_us = true;
    closed.error = failure;
    return closed;
}

WebsocketClosed OwnClose::report(boost::system::error_code failure) const {
    const bool quiet = !failure || failure == boost::asio::error::operation_aborted;
    return report(quiet ? std::string() : failure.message());
}

OwnClose make_close(std::uint16_t code, std::string_view reason) {
    std::size_t length = std::min(reason.size(), longest_reason);
    while (length < reason.size() && length > 0 &&
           (static_cast<unsigned char>(reason[length]) & 0xC0) == 0x80)
        --length;
    OwnClose close;
    close.code = code;
    // 1005 and 1006 must not travel: an empty close frame says the first, and nothing says the second.
    if (code != no_status && code != 1006) close.reason.code = code;
    close.reason.reason.assign(reason.data(), length);
    return close;
}

WebsocketClosed describe_end(boost::system::error_code failure, const websocket::close_reason& received) {
    WebsocketClosed closed;
    if (failure == websocket::error::closed) {
        closed.code = received.code == websocket::close_code::none ? no_status : received.code;
        closed.reason.assign(received.reason.data(), received.reason.size());
        return closed;
    }
    closed.error = failure.message();
    if (failure.category() == make_error_code(websocket::error::closed).category()) {
        closed.code = code_we_sent(failure);
        closed.closed_by_us = true;
    }
    return closed;
}

std::string describe_exception(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& exception) {
        return std::string("unexpected exception: ") + exception.what();
    } catch (...) {
        return "unexpected exception of an unknown type";
    }
}

}  // namespace atlas::net
