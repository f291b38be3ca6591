#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atlas::net {

// Header fields in order of arrival. Names are compared without regard to case.
class HttpHeaders {
public:
    HttpHeaders() = default;
    HttpHeaders(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

    void add(std::string name, std::string value);
    std::string_view find(std::string_view name) const;  // the first value, or empty
    bool contains(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

// What a client asked our listener.
struct IncomingRequest {
    std::string method;
    std::string path;   // without the query, percent-encoding left as received
    std::string query;  // without '?'
    HttpHeaders headers;
    std::string body;
    std::string peer_address;  // of the socket, not of any header
    bool tls = false;
};

// What our listener answers. Content-Length, Date and Connection are added by the listener.
struct OutgoingResponse {
    int status = 200;
    HttpHeaders headers;
    std::string body;
};

}  // namespace atlas::net
