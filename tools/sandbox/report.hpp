#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::sandbox {

using Clock = std::chrono::steady_clock;

// One HTTP request, or one answer asked for over a WebSocket. Its service keeps it up to date.
struct RequestRecord {
    std::uint64_t number = 0;
    std::string service;
    std::uint64_t connection = 0;
    std::string what;     // "POST /v1/messages", "response.create"
    std::string outcome;  // open, completed, cancelled_by_client, refused, fault:<name>
    int status = 0;
    Clock::time_point started{};
    std::optional<Clock::time_point> first_byte;
    std::optional<Clock::time_point> finished;
    std::map<std::string, std::string> facts;
    std::map<std::string, double> numbers;
};

// One WebSocket connection and how its client behaved (deepgram.md §6, verdicts).
struct ConnectionRecord {
    std::string service;
    std::uint64_t connection = 0;
    Clock::time_point opened{};
    std::optional<Clock::time_point> closed;
    std::optional<double> since_previous_ms;  // from the end of this service's last connection
    std::vector<std::string> parameters;      // "model=nova-3"; never a key
    std::vector<std::string> texts;           // the kinds of text messages received, in order (bounded)
    std::map<int, int> chunk_ms;              // audio messages by length
    std::map<std::string, std::string> facts;
    std::map<std::string, double> numbers;
};

// What the clients did, and what they did wrong. Lives as long as the sandbox; one thread. Lists are
// bounded: the oldest entries go first and are counted; counts are never lost.
class Report {
public:
    void violation(std::string_view service, std::uint64_t connection, std::string_view rule,
                   std::string_view detail);
    void warning(std::string_view service, std::uint64_t connection, std::string_view rule,
                 std::string_view detail);

    std::shared_ptr<RequestRecord> request(std::string_view service, std::uint64_t connection,
                                           std::string_view what);
    std::shared_ptr<ConnectionRecord> connection(std::string_view service, std::uint64_t number);
    void connection_closed(ConnectionRecord& record);

    void count(const std::string& name) { ++counts_[name]; }  // "tls_handshakes", "h2_streams", …

    std::size_t violations() const { return violation_count_; }
    std::string to_json() const;
    std::string summary() const;  // one line per fact, for the end of the program
    void reset();

private:
    struct Finding {
        double at_ms;
        std::string service, rule, detail;
        std::uint64_t connection;
    };
    double ms_since_start(Clock::time_point at) const;
    void keep(std::deque<Finding>& list, std::string_view service, std::uint64_t connection,
              std::string_view rule, std::string_view detail);

    Clock::time_point started_ = Clock::now();
    std::size_t violation_count_ = 0;
    std::size_t warning_count_ = 0;
    std::uint64_t request_count_ = 0;
    std::deque<Finding> violations_;
    std::deque<Finding> warnings_;
    std::map<std::string, std::size_t> rules_;  // violations by "service: rule"
    std::map<std::string, std::size_t> counts_;
    std::deque<std::shared_ptr<RequestRecord>> requests_;
    std::deque<std::shared_ptr<ConnectionRecord>> connections_;
    std::map<std::string, Clock::time_point> last_closed_;
};

}  // namespace atlas::sandbox
