#include "atlas/protocol/protocol_guard.hpp"

#include "atlas/protocol/limits.hpp"

#include <string>
#include <utility>

namespace atlas::protocol {
namespace {

constexpr std::uint16_t policy_violation = 1008;  // RFC 6455, 7.4.1

}  // namespace

std::optional<ProtocolError> ProtocolGuard::admit(const ReceivedMessage& received) {
    std::optional<ProtocolError> error;
    const bool is_hello = std::holds_alternative<Hello>(received.message);
    if (is_hello && hello_received_) {
        error = make_error(ErrorCode::duplicate_hello,
                           "`hello` may be sent once on a connection; this is the second");
    } else if (!is_hello && !hello_received_) {
        error = make_error(ErrorCode::hello_expected, "the first message must be `hello`");
    }
    if (error) error->ref = received.seq;
    hello_received_ = hello_received_ || is_hello;
    return error;
}

std::optional<ProtocolError> ProtocolGuard::admit_audio() const {
    if (ready_) return std::nullopt;
    if (!hello_received_) {
        return make_error(ErrorCode::hello_expected, "the first message must be `hello`; received audio");
    }
    return make_error(ErrorCode::hello_expected,
                      "audio may be sent after `ready`, which names its format; received it before");
}

ProtocolError ProtocolGuard::judge(ProtocolError error) {
    ++errors_;
    if (error.fatal) return error;
    if (!ready_) {
        error.fatal = true;
        error.close_code = policy_violation;
    } else if (errors_ > max_errors_per_call) {
        ProtocolError last =
            make_error(ErrorCode::too_many_errors,
                       "more than " + std::to_string(max_errors_per_call) +
                           " errors in one call; the last one: " + std::string(info(error.code).name) + ": " +
                           error.message,
                       std::move(error.field));
        last.ref = error.ref;
        return last;
    }
    return error;
}

Error to_message(const ProtocolError& error) {
    return {error.code, error.message, error.fatal, error.field, std::nullopt, error.ref};
}

}  // namespace atlas::protocol
