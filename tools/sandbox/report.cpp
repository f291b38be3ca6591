#include "sandbox/report.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

namespace atlas::sandbox {
namespace {

constexpr std::size_t kept_findings = 1000;
constexpr std::size_t kept_records = 20000;
constexpr std::size_t kept_detail = 400;  // characters

using Json = nlohmann::ordered_json;

std::string shortened(std::string_view text) {
    if (text.size() <= kept_detail) return std::string(text);
    return std::string(text.substr(0, kept_detail)) + "…";
}

template <class List>
void drop_oldest(List& list, std::size_t limit) {
    while (list.size() > limit) list.pop_front();
}

}  // namespace

double Report::ms_since_start(Clock::time_point at) const {
    return std::chrono::duration<double, std::milli>(at - started_).count();
}

void Report::keep(std::deque<Finding>& list, std::string_view service, std::uint64_t connection,
                  std::string_view rule, std::string_view detail) {
    Finding finding{ms_since_start(Clock::now()), std::string(service), std::string(rule), shortened(detail),
                    connection};
    list.push_back(std::move(finding));
    drop_oldest(list, kept_findings);
}

void Report::violation(std::string_view service, std::uint64_t connection, std::string_view rule,
                       std::string_view detail) {
    ++violation_count_;
    ++rules_[std::string(service) + ": " + std::string(rule)];
    keep(violations_, service, connection, rule, detail);
    spdlog::warn("violation {} on connection {}: {}: {}", service, connection, rule, shortened(detail));
}

void Report::warning(std::string_view service, std::uint64_t connection, std::string_view rule,
                     std::string_view detail) {
    ++warning_count_;
    keep(warnings_, service, connection, rule, detail);
    spdlog::info("warning {} on connection {}: {}: {}", service, connection, rule, shortened(detail));
}

std::shared_ptr<RequestRecord> Report::request(std::string_view service, std::uint64_t connection,
                                               std::string_view what) {
    auto record = std::make_shared<RequestRecord>();
    record->number = ++request_count_;
    record->service = service;
    record->connection = connection;
    record->what = what;
    record->outcome = "open";
    record->started = Clock::now();
    requests_.push_back(record);
    drop_oldest(requests_, kept_records);
    return record;
}

std::shared_ptr<ConnectionRecord> Report::connection(std::string_view service, std::uint64_t number) {
    auto record = std::make_shared<ConnectionRecord>();
    record->service = service;
    record->connection = number;
    record->opened = Clock::now();
    if (const auto last = last_closed_.find(record->service); last != last_closed_.end())
        record->since_previous_ms =
            std::chrono::duration<double, std::milli>(record->opened - last->second).count();
    connections_.push_back(record);
    drop_oldest(connections_, kept_records);
    return record;
}

void Report::connection_closed(ConnectionRecord& record) {
    if (record.closed) return;
    record.closed = Clock::now();
    last_closed_[record.service] = *record.closed;
}

std::string Report::to_json() const {
    Json json;
    const auto findings = [](const std::deque<Finding>& list) {
        Json array = Json::array();
        for (const Finding& finding : list) {
            array.push_back({{"time_ms", finding.at_ms},
                             {"service", finding.service},
                             {"connection", finding.connection},
                             {"rule", finding.rule},
                             {"detail", finding.detail}});
        }
        return array;
    };
    json["uptime_ms"] = ms_since_start(Clock::now());
    json["violation_count"] = violation_count_;
    json["violations_by_rule"] = rules_;
    json["violations"] = findings(violations_);
    json["warning_count"] = warning_count_;
    json["warnings"] = findings(warnings_);
    json["counts"] = counts_;
    std::map<std::string, std::pair<int, int>> services;
    json["connections"] = Json::array();
    for (const auto& record : connections_) {
        auto& [opened, open] = services[record->service];
        ++opened;
        Json entry{{"service", record->service},
                   {"connection", record->connection},
                   {"opened_ms", ms_since_start(record->opened)}};
        if (record->closed)
            entry["closed_ms"] = ms_since_start(*record->closed);
        else
            ++open;
        if (record->since_previous_ms) entry["since_previous_ms"] = *record->since_previous_ms;
        entry["parameters"] = record->parameters;
        entry["texts"] = record->texts;
        Json chunks = Json::object();
        for (const auto& [length, number] : record->chunk_ms) chunks[std::to_string(length)] = number;
        entry["chunk_ms"] = chunks;
        for (const auto& [name, value] : record->facts) entry[name] = value;
        for (const auto& [name, value] : record->numbers) entry[name] = value;
        json["connections"].push_back(std::move(entry));
    }
    json["requests"] = Json::array();
    for (const auto& record : requests_) {
        auto& [opened, open] = services[record->service];
        (void)open;
        (void)opened;
        Json entry{{"number", record->number},
                   {"service", record->service},
                   {"connection", record->connection},
                   {"what", record->what},
                   {"status", record->status},
                   {"outcome", record->outcome},
                   {"started_ms", ms_since_start(record->started)}};
        const auto since = [&](Clock::time_point at) {
            return std::chrono::duration<double, std::milli>(at - record->started).count();
        };
        if (record->first_byte) entry["first_byte_ms"] = since(*record->first_byte);
        if (record->finished) entry["total_ms"] = since(*record->finished);
        for (const auto& [name, value] : record->facts) entry[name] = value;
        for (const auto& [name, value] : record->numbers) entry[name] = value;
        json["requests"].push_back(std::move(entry));
    }
    json["request_count"] = request_count_;
    json["services"] = Json::object();
    for (const auto& [service, counts] : services)
        json["services"][service] = {{"connections", counts.first}, {"open", counts.second}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string Report::summary() const {
    std::string text = "sandbox report: " + std::to_string(violation_count_) + " violations, " +
                       std::to_string(warning_count_) + " warnings, " + std::to_string(request_count_) +
                       " requests, " + std::to_string(connections_.size()) + " sockets\n";
    for (const auto& [rule, number] : rules_)
        text += "  violation " + rule + " (" + std::to_string(number) + " times)\n";
    return text;
}

void Report::reset() {
    violation_count_ = warning_count_ = 0;
    request_count_ = 0;
    violations_.clear();
    warnings_.clear();
    rules_.clear();
    counts_.clear();
    requests_.clear();
    std::erase_if(connections_, [](const auto& record) { return record->closed.has_value(); });
    last_closed_.clear();
}

}  // namespace atlas::sandbox
