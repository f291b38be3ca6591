#pragma once

#include "sandbox/report.hpp"
#include "sandbox/transport/message.hpp"
#include "sandbox/transport/stream.hpp"

#include <memory>

namespace atlas::sandbox {

// One accepted connection. Kept alive by its own reads and writes.
class Connection {
public:
    virtual ~Connection() = default;
    virtual void start() = 0;
    virtual void kill() = 0;  // end it now; its exchanges are destroyed
};

struct ConnectionContext {
    Services& services;
    Report& report;
    std::uint64_t number = 0;
};

inline constexpr std::size_t max_request_body = 32u << 20;  // claude_openai_tts.md §A.1

// The answer to a body over the limit comes from a proxy in front of the services: HTML, not JSON (§A.9).
inline constexpr const char* too_large_page =
    "<html><head><title>413 Request Entity Too Large</title></head><body>413</body></html>";

std::shared_ptr<Connection> make_http1(Stream stream, ConnectionContext context);
std::shared_ptr<Connection> make_http2(Stream stream, ConnectionContext context);

}  // namespace atlas::sandbox
