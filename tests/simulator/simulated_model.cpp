#include "simulator/simulated_model.hpp"

#include <algorithm>
#include <utility>

namespace atlas::sim {
namespace {

using providers::ModelMessage;

constexpr std::string_view broken = "[The connection broke";
constexpr std::string_view summary_before = "[Summary";

std::string words_from(const std::string& text, std::size_t& at) {
    const auto start = at;
    while (at < text.size() && text[at] == ' ') ++at;
    while (at < text.size() && text[at] != ' ') ++at;
    return text.substr(start, at - start);
}

std::string flat(const ModelMessage& message) {
    std::string all = message.role == ModelMessage::Role::user ? "U:" : "A:";
    all += message.text;
    for (const auto& call : message.calls) all += "|" + call.name + call.arguments;
    for (const auto& result : message.results) all += "|" + result.id + result.content;
    return all + "\n";
}

providers::ModelFailed failed(providers::FailureReason reason) {
    providers::ProviderFailure failure;
    failure.reason = reason;
    failure.message = "as the scenario wanted it";
    return {failure, {}, {}};
}

}  // namespace

Answer& Answer::calls(std::string tool, std::string arguments) {
    rounds_.back().calls.emplace_back(std::move(tool), std::move(arguments));
    return *this;
}

Answer& Answer::then_says(std::string text) {
    rounds_.push_back(Round{std::move(text), {}});
    return *this;
}

Answer& Answer::first_word_after(Duration delay) {
    rounds_.back().first_word = delay;
    return *this;
}

Answer& Answer::one_word_every(Duration pace) {
    rounds_.back().pace = pace;
    return *this;
}

Answer& Answer::stops_for(std::string reason) {
    rounds_.back().stop_reason = std::move(reason);
    return *this;
}

Answer& Answer::fault(Fault fault) {
    rounds_.back().fault = fault;
    return *this;
}

Answer& Answer::every_time() {
    rounds_.back().fault.value().again = true;
    return *this;
}

class SimulatedModel::Writing final : public providers::Generation {
public:
    Writing(Agenda& agenda, std::function<void(providers::ModelEvent)> on_event, Request& request)
        : reports(agenda, [on_event = std::move(on_event)](const auto& event) { on_event(event); }),
          request_(request) {}
    ~Writing() override {
        reports.let_go();
        request_.abandoned = !done;
    }
    Reports<providers::ModelEvent> reports;
    bool done = false;

private:
    Request& request_;
};

Answer& SimulatedModel::says_when_asked(std::string about, std::string text) {
    return by_subject_.emplace_back(std::move(about), Answer(std::move(text))).second;
}

std::size_t SimulatedModel::questions() const {
    return static_cast<std::size_t>(
        std::count_if(requests.begin(), requests.end(), [](const Request& r) { return !r.summary; }));
}

// The same question again, or more of it (the first was asked too early), gets the same answer.
Answer& SimulatedModel::answer_for(const std::string& question) {
    for (auto& [about, answer] : by_subject_)
        if (question.find(about) != std::string::npos) return answer;
    if (answers_.empty()) answers_.emplace_back("I see what you mean, please go on.");
    const bool same = !last_question_.empty() && plain(question).starts_with(plain(last_question_));
    if (!same) ++next_;
    last_question_ = question;
    return answers_[std::min(next_, answers_.size()) - 1];
}

std::int64_t SimulatedModel::cached(const providers::ModelRequest& request) {
    std::string all = request.system + "\n";
    std::size_t stable = 0;
    for (std::size_t i = 0; i < request.messages.size(); ++i) {
        all += flat(request.messages[i]);
        if (i < request.stable_messages) stable = all.size();
    }
    const auto same = std::mismatch(all.begin(), all.end(), cache_.begin(), cache_.end());
    const auto hit = same.second == cache_.end() ? static_cast<std::int64_t>(cache_.size()) : 0;
    cache_ = all.substr(0, stable);
    return hit;
}

std::unique_ptr<providers::Generation> SimulatedModel::generate(
    providers::ModelRequest asked, std::function<void(providers::ModelEvent)> on_event) {
    const bool summarize = asked.max_tokens > 0;
    const auto hit = summarize ? 0 : cached(asked);
    auto& request = requests.emplace_back(Request{std::move(asked), agenda_.now(), summarize, false, hit});
    auto writing = std::make_unique<Writing>(agenda_, std::move(on_event), request);
    if (on_request) on_request(request);

    const auto& messages = request.what.messages;
    std::int64_t chars = 0;
    for (const auto& message : messages) chars += static_cast<std::int64_t>(flat(message).size());
    const providers::TokenUsage usage{std::max<std::int64_t>(0, chars - hit) / 4, hit / 4, 0, 0};
    if (summarize) {
        Answer::Round round{summary, {}};
        write(*writing, round, round.text, usage);
        return writing;
    }
    // What the caller asked, and what happened in this reply since.
    std::size_t question = messages.size();
    std::size_t round = 0;
    std::string written;
    while (question > 0) {
        const auto& message = messages[--question];
        if (!message.results.empty()) ++round;
        const bool plain = message.role == ModelMessage::Role::user && message.results.empty();
        if (plain && !message.text.starts_with(broken) && !message.text.starts_with(summary_before)) break;
        if (message.text.starts_with(broken) && question > 0) written = messages[question - 1].text;
    }
    auto& answer = answer_for(messages.empty() ? "" : messages[question].text);
    auto& part = answer.rounds_[std::min(round, answer.rounds_.size() - 1)];
    std::string text = part.text;
    if (!written.empty() && text.starts_with(written)) text.erase(0, written.size());
    write(*writing, part, text, usage);
    return writing;
}

void SimulatedModel::write(Writing& writing, Answer::Round& round, const std::string& text,
                           const providers::TokenUsage& usage) {
    const auto fault = round.fault;
    if (fault && !fault->again) round.fault.reset();
    if (fault && fault->silent) return;
    auto& reports = writing.reports;
    Duration at = round.first_word.value_or(first_word);
    reports.send(at / 2, providers::ModelStarted{"request-1", usage});
    int words = 0;
    for (std::size_t place = 0; place < text.size(); ++words) {
        if (fault && fault->stalls_after == words) return;
        if (fault && fault->fails_after == words) return reports.send(at, failed(fault->reason));
        if (fault && fault->rests_after == words) at += fault->rest;
        reports.send(at, providers::ModelText{words_from(text, place)});
        at += round.pace.value_or(pace);
    }
    if (fault && fault->stalls_after) return;
    if (fault && fault->fails_after) return reports.send(at, failed(fault->reason));
    for (const auto& [tool, arguments] : round.calls) {
        const auto id = "call_" + std::to_string(++calls_);
        reports.send(at, providers::ModelCalledTool{{id, tool, arguments}});
    }
    auto total = usage;
    total.output = words * 4 / 3 + 1;
    const std::string reason = !round.stop_reason.empty() ? round.stop_reason
                               : round.calls.empty()      ? "end_turn"
                                                          : "tool_use";
    reports.send_then(at, [&writing, reason, total](const auto& to) {
        writing.done = true;
        to(providers::ModelCompleted{reason, total, "request-1", {}});
    });
}

}  // namespace atlas::sim
