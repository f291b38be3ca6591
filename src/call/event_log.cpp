#include "atlas/call/event_log.hpp"

#include "atlas/observe/private_file.hpp"
#include "event_json.hpp"

#include <algorithm>
#include <utility>

namespace atlas::call {
namespace {

constexpr std::string_view last_line = "{\"stopped\":\"the recording reached its limit\"}\n";

bool is_plain(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

}  // namespace

class EventLog::Memory : public CommandWriter {};

EventLog::EventLog(Sink sink, std::string_view call, conversation::TimePoint start,
                   const conversation::ConversationSettings& settings, std::size_t limit)
    : sink_(std::move(sink)),
      memory_(std::make_unique<Memory>()),
      start_(start),
      left_(limit - std::min(limit, last_line.size())) {
    EventJson json;
    json["version"] = 1;
    json["call"] = call;
    json["start_ns"] = call::write(start);
    json["settings"] = call::write(settings);
    write(json.dump() + "\n");
}

EventLog::~EventLog() = default;

bool EventLog::add(const conversation::Event& event, conversation::TimePoint now,
                   std::span<const conversation::Command> commands) {
    if (!problem_.empty()) return false;
    EventJson json;
    json["at_ns"] = call::write(now - start_);
    json["event"] = call::write(event);
    json["commands"] = memory_->write_commands(commands);
    return write(json.dump() + "\n");
}

bool EventLog::write(std::string line) {
    const bool full = line.size() > left_;
    if (full) line = last_line;
    if (full) problem_ = "the recording reached its limit";
    if (!sink_(line)) problem_ = "the recording could not be written";
    left_ -= std::min(left_, line.size());
    return problem_.empty();
}

std::unique_ptr<EventLog> open_event_log(const std::filesystem::path& folder, const std::string& call,
                                         conversation::TimePoint start,
                                         const conversation::ConversationSettings& settings,
                                         std::string& problem) {
    if (call.empty() || !std::all_of(call.begin(), call.end(), is_plain)) {
        problem = "the call's id is no name for a file";
        return nullptr;
    }
    std::shared_ptr<observe::PrivateFile> file =
        observe::PrivateFile::create(folder / (call + ".jsonl"), problem);
    if (!file) return nullptr;
    auto write_line = [file](std::string_view line) { return file->write(line); };
    return std::make_unique<EventLog>(std::move(write_line), call, start, settings);
}

}  // namespace atlas::call
