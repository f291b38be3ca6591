#include "sandbox/services/answer.hpp"

#include <algorithm>
#include <array>

namespace atlas::sandbox {
namespace {

constexpr std::array cutting_faults{"hang_after", "truncate", "reset", "goaway", "garbage", "stall"};

}  // namespace

Answer::Answer(World& world, Response& response, std::shared_ptr<RequestRecord> record,
               std::optional<Fault> fault)
    : world_(world),
      response_(response),
      record_(std::move(record)),
      fault_(std::move(fault)),
      timer_(world.loop) {
    if (!fault_) return;
    for (const std::string& name : fault_->names)
        record_->facts["fault"] += (record_->facts["fault"].empty() ? "" : "+") + name;
    for (const char* name : cutting_faults)
        if (fault_->has(name)) cutting_fault_ = name;
    // A stall counted in tokens is the model's, not the wire's.
    if (cutting_fault_ == "stall" && fault_->number("after_tokens", -1) >= 0) cutting_fault_ = {};
    cut_at_ = static_cast<std::size_t>(std::max(0.0, fault_->number("bytes", 400)));
    if (fault_->has("byte_by_byte")) response_.split_into(1);
    if (fault_->has("refuse")) {
        over_ = true;
        record_->outcome = "fault";
        response_.abort();
    } else if (fault_->has("hang")) {
        over_ = true;
    }
}

Answer::~Answer() {
    if (record_->finished) return;
    record_->finished = Clock::now();
    if (record_->outcome == "open") record_->outcome = "cancelled_by_client";
    if (const auto code = response_.client_code(); code != 0) record_->numbers["client_code"] = code;
}

void Answer::head(int status, Headers headers) {
    record_->status = status;
    if (over_) return;
    if (has("content_type"))
        for (auto& [name, value] : headers)
            if (name == "content-type") value = fault_->text("value", "text/html");
    response_.head(status, std::move(headers));
    if (!cutting_fault_.empty() && cut_at_ == 0) strike();
}

void Answer::body(std::string_view bytes) {
    if (over_ || bytes.empty()) return;
    if (stalled_) {
        held_ += bytes;
        return;
    }
    if (cutting_fault_.empty() || sent_ + bytes.size() < cut_at_) return deliver(bytes);
    const std::size_t before = cut_at_ - std::min(sent_, cut_at_);
    deliver(bytes.substr(0, before));
    strike();
    if (!over_) body(bytes.substr(before));
}

void Answer::deliver(std::string_view bytes) {
    if (bytes.empty()) return;
    if (!record_->first_byte) record_->first_byte = Clock::now();
    sent_ += bytes.size();
    response_.body(bytes);
}

// The moment of the fault. Garbage and a stall let the answer go on; the others are the end of it.
void Answer::strike() {
    const std::string_view name = std::exchange(cutting_fault_, {});
    if (name == "garbage")
        return deliver(fault_->text("value", "\x01\xff\xfe{not json\n\n<<<garbage>>>\n\n"));
    if (name == "stall") {
        stalled_ = true;
        const auto time = std::chrono::milliseconds(static_cast<long>(fault_->number("ms", 60000)));
        timer_.start(time, [this] {
            stalled_ = false;
            const std::string held = std::exchange(held_, {});
            body(held);
            if (finish_after_stall_) finish();
        });
        return;
    }
    over_ = true;
    record_->outcome = "fault";
    // What was said first gets time to reach the client.
    const auto code = static_cast<std::uint32_t>(fault_->number("code", 2));
    timer_.start(std::chrono::milliseconds(30), [this, name, code] {
        if (name == "reset") response_.reset(code);
        if (name == "goaway") response_.go_away();
        if (name == "truncate") response_.hang_up();
    });
}

void Answer::finish() {
    if (over_) return;
    if (stalled_) {
        finish_after_stall_ = true;
        return;
    }
    if (!cutting_fault_.empty()) {  // a shorter answer than the fault waited for: it strikes at the end
        strike();
        if (over_ || stalled_) return finish();
    }
    over_ = true;
    record_->outcome = record_->status < 400 ? "completed" : "refused";
    record_->finished = Clock::now();
    record_->numbers["bytes"] = static_cast<double>(sent_);
    response_.finish();
}

void Answer::whole(int status, Headers headers, std::string_view bytes) {
    head(status, std::move(headers));
    body(bytes);
    finish();
}

std::optional<StatusFault> status_fault(const std::optional<Fault>& fault) {
    if (!fault || !fault->has("status")) return {};
    StatusFault answer;
    answer.status = static_cast<int>(fault->number("status", 500));
    if (const double seconds = fault->number("retry_after", -1); seconds >= 0)
        answer.headers.emplace_back("retry-after", std::to_string(static_cast<long>(seconds)));
    if (const double ms = fault->number("retry_after_ms", -1); ms >= 0)
        answer.headers.emplace_back("retry-after-ms", std::to_string(static_cast<long>(ms)));
    if (const auto date = fault->text("retry_after_date", ""); !date.empty())
        answer.headers.emplace_back("retry-after", date);
    return answer;
}

}  // namespace atlas::sandbox
