#pragma once

#include "sandbox/transport/message.hpp"
#include "sandbox/world.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace atlas::sandbox {

// A Response that keeps its record and lets a fault happen to it. Part of an Exchange; its end decides
// whether the client gave up. After a fault struck, everything further is swallowed.
class Answer {
public:
    Answer(World& world, Response& response, std::shared_ptr<RequestRecord> record,
           std::optional<Fault> fault);
    ~Answer();

    void head(int status, Headers headers);
    void body(std::string_view bytes);
    void finish();
    // Head, body and end at once.
    void whole(int status, Headers headers, std::string_view body);

    bool over() const { return over_; }
    std::size_t unsent() const { return response_.unsent() + held_.size(); }
    RequestRecord& record() { return *record_; }
    const Fault* fault() const { return fault_ ? &*fault_ : nullptr; }
    bool has(std::string_view fault_name) const { return fault_ && fault_->has(fault_name); }

private:
    void deliver(std::string_view bytes);
    void strike();

    World& world_;
    Response& response_;
    std::shared_ptr<RequestRecord> record_;
    std::optional<Fault> fault_;
    std::string_view cutting_fault_;  // what happens when cut_at_ bytes were sent; empty: nothing
    std::size_t cut_at_ = 0;
    std::size_t sent_ = 0;
    std::string held_;  // while stalled
    bool stalled_ = false;
    bool finish_after_stall_ = false;
    bool over_ = false;
    Timer timer_;
};

// If the fault answers with an HTTP status: that status and retry-after, and true.
struct StatusFault {
    int status = 0;
    Headers headers;
};
std::optional<StatusFault> status_fault(const std::optional<Fault>& fault);

}  // namespace atlas::sandbox
