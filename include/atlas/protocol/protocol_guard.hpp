#pragma once

#include "atlas/protocol/client_messages.hpp"
#include "atlas/protocol/error_codes.hpp"
#include "atlas/protocol/server_messages.hpp"

#include <cstddef>
#include <optional>

namespace atlas::protocol {

// Which messages a client may send when, and how many errors it is forgiven. One per connection.
//
// Before `ready` every error is fatal: such a client speaks something else. Afterwards an error is an
// answer and the call goes on, until there were more than max_errors_per_call.
class ProtocolGuard {
public:
    // Is this message allowed now? Notes a `hello`.
    std::optional<ProtocolError> admit(const ReceivedMessage& received);
    std::optional<ProtocolError> admit_audio() const;

    void ready_sent() { ready_ = true; }

    // Counts an error (of a codec, of admit() or the call's own) and makes it fatal where the rules say so.
    // Every error a client caused passes through here exactly once before it is told.
    ProtocolError judge(ProtocolError error);

    bool hello_received() const { return hello_received_; }
    std::size_t errors() const { return errors_; }

private:
    bool hello_received_ = false;
    bool ready_ = false;
    std::size_t errors_ = 0;
};

// The message that tells a client of it.
Error to_message(const ProtocolError& error);

}  // namespace atlas::protocol
