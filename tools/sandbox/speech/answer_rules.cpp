#include "sandbox/speech/answer_rules.hpp"

#include "sandbox/speech/arithmetic.hpp"
#include "sandbox/speech/reflection.hpp"
#include "sandbox/speech/repertoire.hpp"
#include "sandbox/speech/spoken_numbers.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>
#include <span>

namespace atlas::sandbox::speech {

namespace {

using Answer = std::optional<std::string>;

std::string pick(std::span<const std::string_view> wordings, const Question& question) {
    return std::string(wordings[question.pick % wordings.size()]);
}

std::string pick(std::initializer_list<std::string_view> wordings, const Question& question) {
    return pick(std::span(wordings.begin(), wordings.size()), question);
}

std::string capital(std::string text) {
    if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text;
}

// ", Ada" when the name is known.
std::string address(const Question& question) {
    return question.caller.empty() ? "" : ", " + question.caller;
}

Answer nothing_heard(const Question& q) {
    if (!q.words.empty()) return {};
    if (q.last_reply.empty()) return "Hello, this is " + q.own_name + ". What can I do for you?";
    return pick({"Sorry, I did not catch that.", "I did not hear anything. Could you say it again?"}, q);
}

Answer say_again(const Question& q) {
    if (!has_any(q.words, {"repeat that", "say that again", "say it again", "what did you say", "pardon",
                           "repeat what you said", "come again", "can you repeat", "could you repeat"})) {
        return {};
    }
    if (q.last_reply.empty()) return "I have not said anything yet.";
    return "I said: " + q.last_reply;
}

Answer callers_name(const Question& q) {
    if (has_any(q.words,
                {"what's my name", "what is my name", "who am i", "remember my name", "know my name"})) {
        if (q.caller.empty()) return "You have not told me your name yet. What is it?";
        return "You are " + q.caller + ", of course.";
    }
    const std::string name = name_given_in(q.text);
    if (name.empty()) return {};
    return pick({"Nice to meet you, ", "Good to hear you, "}, q) + name + ". What can I do for you?";
}

Answer own_name(const Question& q) {
    if (!has_any(q.words, {"your name", "who are you", "what are you"})) return {};
    return "My name is " + q.own_name + ". I am the voice of a sandbox, and I answer by simple rules.";
}

std::string_view part_of_day(int hour) {
    if (hour < 6) return "at night";
    if (hour < 12) return "in the morning";
    if (hour < 18) return "in the afternoon";
    return "in the evening";
}

Answer time_of_day(const Question& q) {
    if (!has_any(q.words, {"what time", "the time", "time is it", "what's the time", "how late"})) return {};
    const int hour = q.now.tm_hour % 12 == 0 ? 12 : q.now.tm_hour % 12;
    const int minute = q.now.tm_min;
    if (minute == 0 && q.now.tm_hour == 12) return "It is noon.";
    if (minute == 0 && q.now.tm_hour == 0) return "It is midnight.";
    std::string text = "It is " + say_number(hour);
    if (minute == 0) {
        text += " o'clock";
    } else {
        text += (minute < 10 ? " oh " : " ") + say_number(minute);
    }
    return text + ' ' + std::string(part_of_day(q.now.tm_hour)) + '.';
}

Answer date(const Question& q) {
    static constexpr std::array<std::string_view, 7> days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                          "Thursday", "Friday", "Saturday"};
    static constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                             "May",       "June",     "July",     "August",
                                                             "September", "October",  "November", "December"};
    if (!has_any(q.words,
                 {"what day", "what date", "the date", "today's date", "which day", "what's today"})) {
        return {};
    }
    return "Today is " + std::string(days[static_cast<std::size_t>(q.now.tm_wday)]) + ", the " +
           say_ordinal(q.now.tm_mday) + " of " + std::string(months[static_cast<std::size_t>(q.now.tm_mon)]) +
           '.';
}

Answer timer(const Question& q) {
    if (!has_any(q.words, {"timer", "alarm", "remind me", "wake me"})) return {};
    const auto number = find_number(q.words);
    if (!number) return "For how long shall I set it?";
    const std::size_t unit_at = number->first + number->count;
    std::string unit = unit_at < q.words.size() ? q.words[unit_at] : "minutes";
    if (!unit.starts_with("second") && !unit.starts_with("minute") && !unit.starts_with("hour"))
        unit = "minutes";
    if (unit.ends_with('s')) unit.pop_back();
    const std::int64_t amount = std::llround(number->value);
    return "All right, " + say_number(amount) + ' ' + unit + (amount == 1 ? "" : "s") +
           ", starting now. I cannot ring from here, though, so keep an eye on the clock.";
}

Answer spelling(const Question& q) {
    const std::size_t at = find_phrase(q.words, "spell");
    if (at == std::string::npos) return {};
    std::size_t first = at + 1;
    while (first < q.words.size() && (q.words[first] == "the" || q.words[first] == "word")) ++first;
    if (first >= q.words.size()) return "Which word shall I spell?";
    const std::string& word = q.words[first] == "my" && !q.caller.empty() ? q.caller : q.words[first];
    std::string letters;
    for (const char c : word) {
        if (!std::isalnum(static_cast<unsigned char>(c))) continue;
        if (!letters.empty()) letters += ", ";
        letters += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return capital(word) + " is spelled " + letters + '.';
}

Answer counting(const Question& q) {
    const std::size_t at = find_phrase(q.words, "count");
    if (at == std::string::npos) return {};
    const auto first = find_number(q.words, at);
    if (!first) return "How far shall I count?";
    const auto second = find_number(q.words, first->first + first->count);
    const auto bounded = [](double value) { return std::llround(std::clamp(value, -100.0, 1000.0)); };
    const bool down = has_any(q.words, {"down", "backwards"});
    std::int64_t from = second ? bounded(first->value) : down ? bounded(first->value) : 1;
    const std::int64_t to = second ? bounded(second->value) : down ? 0 : bounded(first->value);
    if (std::abs(to - from) > 100) return "That would take too long. I can count a hundred steps at most.";
    std::string text = capital(say_number(from));
    while (from != to) text += ", " + say_number(from += from < to ? 1 : -1);
    return text + '.';
}

Answer story_time(const Question& q) {
    if (!has_any(q.words, {"story", "fairy tale", "stories"})) return {};
    return std::string(story());
}

Answer joke(const Question& q) {
    const bool more = has_any(q.words, {"another one", "one more"});
    const bool told = std::find(jokes().begin(), jokes().end(), q.last_reply) != jokes().end();
    if (!has_any(q.words, {"joke", "jokes", "make me laugh", "something funny"}) && !(more && told))
        return {};
    std::string text = pick(jokes(), q);
    if (text == q.last_reply) text = jokes()[(q.pick + 1) % jokes().size()];
    return text;
}

Answer fact(const Question& q) {
    if (!has_any(q.words, {"fun fact", "a fact", "something interesting", "something new"})) return {};
    return pick(facts(), q);
}

Answer chance(const Question& q) {
    if (has_any(q.words, {"flip a coin", "toss a coin", "heads or tails"}))
        return pick({"Heads.", "Tails."}, q);
    if (!has_any(q.words, {"roll a die", "roll a dice", "roll the dice", "throw a die"})) return {};
    return "You rolled a " + say_number(static_cast<std::int64_t>(q.pick % 6) + 1) + '.';
}

Answer weather(const Question& q) {
    if (!has_any(q.words,
                 {"weather", "rain", "raining", "sunny", "snow", "temperature", "forecast", "umbrella"})) {
        return {};
    }
    return pick({"I have no window and no weather service here. Better take a look outside.",
                 "I cannot see the weather from where I am. If you hear drops, take an umbrella."},
                q);
}

Answer help(const Question& q) {
    if (!has_any(q.words,
                 {"help", "what can you do", "what can i say", "what can i ask", "what do you do"})) {
        return {};
    }
    return "You can ask me for the time or the date, for a joke, or for a story. I can do sums, spell words, "
           "and "
           "count. And you may interrupt me whenever you like.";
}

Answer goodbye(const Question& q) {
    if (!has_any(q.words, {"goodbye", "good bye", "bye", "see you", "that's all", "hang up", "good night"}))
        return {};
    return "Goodbye" + address(q) + pick({". It was nice talking to you.", ". Have a good day."}, q);
}

Answer sums(const Question& q) { return calculate(q.text); }

Answer never_mind(const Question& q) {
    const bool asks =
        has_any(q.words, {"stop", "never mind", "be quiet", "wait", "hold on", "enough", "shut up"});
    if (!asks || q.words.size() > 5) return {};
    return pick({"All right. I am listening.", "Okay. Tell me when you are ready."}, q);
}

Answer thanks(const Question& q) {
    if (!has_any(q.words, {"thank you", "thanks", "thank"})) return {};
    return pick({"You are welcome", "My pleasure"}, q) + address(q) + ". Is there anything else?";
}

Answer well_being(const Question& q) {
    if (!has_any(q.words, {"how are you", "how's it going", "how do you do", "how are things"})) return {};
    return "I am fine, thank you. All my wires are connected. And how are you" + address(q) + '?';
}

Answer hearing(const Question& q) {
    if (!has_any(q.words,
                 {"can you hear me", "are you there", "do you hear me", "is anybody there", "testing"})) {
        return {};
    }
    return "Yes, I can hear you" + address(q) + ". Go ahead.";
}

Answer yes_or_no(const Question& q) {
    if (q.words.size() > 3) return {};
    const Words first{q.words.front()};
    if (has_any(first, {"yes", "yeah", "yep", "sure", "okay", "ok"})) return "Good. Tell me more.";
    if (has_any(first, {"no", "nope", "nah"})) return "No? All right. What else can I do for you?";
    return {};
}

Answer greeting(const Question& q) {
    const Words first{q.words.front()};
    const bool greets = has_any(first, {"hello", "hi", "hey", "greetings"}) ||
                        has_any(q.words, {"good morning", "good afternoon", "good evening"});
    if (!greets || q.words.size() > 6) return {};
    if (!q.first) return "Hello again" + address(q) + ". What can I do for you?";
    return "Hello" + address(q) + ", this is " + q.own_name + ". What can I do for you?";
}

// The more a phrase says, the earlier its rule: "my name is Ada, what's the time?" asks for the time.
constexpr std::array<Answer (*)(const Question&), 23> rules{
    nothing_heard, say_again, time_of_day, date,    timer,      spelling,     counting, story_time,
    joke,          fact,      chance,      weather, sums,       callers_name, own_name, well_being,
    hearing,       goodbye,   thanks,      help,    never_mind, greeting,     yes_or_no};

}  // namespace

std::string answer(const Question& question) {
    for (const auto rule : rules) {
        if (auto text = rule(question)) return *std::move(text);
    }
    return reflect(question.text, question.pick);
}

}  // namespace atlas::sandbox::speech
