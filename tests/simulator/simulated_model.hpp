#pragma once

#include "atlas/providers/language_model.hpp"
#include "simulator/agenda.hpp"
#include "simulator/word_sounds.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::sim {

// What a simulated model answers to one question, in rounds: what it writes and the tools it calls, then what
// it writes knowing their results. A fault happens once, in the round that was described last.
class Answer {
public:
    explicit Answer(std::string text) : rounds_{Round{std::move(text), {}}} {}

    Answer& calls(std::string tool, std::string arguments = "{}");
    Answer& then_says(std::string text);
    Answer& first_word_after(Duration delay);
    Answer& one_word_every(Duration pace);
    Answer& stalls_after(int words) { return fault({.stalls_after = words}); }
    Answer& fails_after(int words, providers::FailureReason reason = providers::FailureReason::disconnected) {
        return fault({.fails_after = words, .reason = reason});
    }
    Answer& rests_after(int words, Duration length) { return fault({.rests_after = words, .rest = length}); }
    Answer& never_comes() { return fault({.stalls_after = 0, .silent = true}); }
    Answer& stops_for(std::string reason);
    Answer& every_time();  // the last fault happens again when it is asked again

private:
    friend class SimulatedModel;
    struct Fault {
        std::optional<int> stalls_after{};
        std::optional<int> fails_after{};
        std::optional<int> rests_after{};
        Duration rest{};
        providers::FailureReason reason = providers::FailureReason::disconnected;
        bool silent = false;
        bool again = false;
    };
    struct Round {
        std::string text;
        std::vector<std::pair<std::string, std::string>> calls;
        std::optional<Fault> fault{};
        std::optional<Duration> first_word{};
        std::optional<Duration> pace{};
        std::string stop_reason{};
    };
    Answer& fault(Fault fault);

    std::vector<Round> rounds_;
};

// A language model that answers one question after the other as it was told, the last answer to all further
// ones; or by what is asked.
class SimulatedModel final : public providers::LanguageModel {
public:
    explicit SimulatedModel(Agenda& agenda) : agenda_(agenda) {}

    Duration first_word = 300ms;
    Duration pace = 20ms;  // a word
    std::string summary = "They talked about this and that.";

    Answer& says(std::string text) { return answers_.emplace_back(std::move(text)); }
    Answer& says_when_asked(std::string about, std::string text);

    struct Request {
        providers::ModelRequest what;
        TimePoint at;
        bool summary = false;
        bool abandoned = false;
        std::int64_t cached = 0;  // characters at its front that were sent before and were marked as stable
    };
    std::deque<Request> requests;
    std::function<void(const Request&)> on_request;

    std::unique_ptr<providers::Generation> generate(
        providers::ModelRequest request, std::function<void(providers::ModelEvent)> on_event) override;
    void warm_up() override {}

    std::size_t questions() const;  // requests that are no summaries

private:
    class Writing;
    Answer& answer_for(const std::string& question);
    void write(Writing& writing, Answer::Round& round, const std::string& text,
               const providers::TokenUsage& usage);
    std::int64_t cached(const providers::ModelRequest& request);

    Agenda& agenda_;
    std::deque<Answer> answers_;
    std::deque<std::pair<std::string, Answer>> by_subject_;
    std::size_t next_ = 0;
    std::string last_question_;
    std::string cache_;
    int calls_ = 0;
};

}  // namespace atlas::sim
