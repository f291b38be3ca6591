#include "call/call_options.hpp"

#include "atlas/net/url.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>

namespace atlas::caller {
namespace {

constexpr const char* about =
    "Places one call to an Atlas voice gateway: says the files in real time, listens to the replies, shows "
    "the "
    "conversation.";

constexpr const char* exit_codes =
    "Exit codes: 0 every turn completed, or was interrupted as asked · 1 a turn failed or did not complete · "
    "2 bad command line or file · 3 no call (refused, not reachable) · 4 the time limit";

// What CLI11 can only read as words and numbers.
struct Words {
    std::string codec;
    int rate = 0;
    int frame_ms = 0;
    std::int64_t interrupt_after_ms = -1;
    std::int64_t timeout_s = 120;
    std::vector<std::string> headers;
};

void declare(CLI::App& app, CallOptions& options, Words& words) {
    app.footer(exit_codes);
    app.set_version_flag("--version", std::string("atlas-call ") + ATLAS_VERSION);
    app.add_option("--url", options.url, "where to call")->capture_default_str();
    auto* files = app.add_option("--in", options.files, "WAV file to say; several are said as several turns");
    auto* texts = app.add_option("--text", options.texts, "type this instead of speaking; may be repeated");
    files->excludes(texts);
    files->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    texts->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--out", options.out,
                   "write what the caller heard to this WAV file, in real time from the first sound on");
    app.add_flag("--json", options.json, "print one JSON object at the end; the conversation goes to stderr");
    app.add_option("--codec", words.codec, "pcm16 or opus, both ways (default pcm16)");
    app.add_option("--rate", words.rate, "Hz, both ways (default 16000 to the server, 24000 from it)");
    app.add_option("--frame-ms", words.frame_ms, "sound in one message, both ways (default 20 and 40)");
    app.add_option("--interrupt-after-ms", words.interrupt_after_ms,
                   "speak into each reply but the last, this long after it became audible: the next file (or "
                   "text) is said then. A single one is interrupted by itself, or by --interrupt-with");
    app.add_option(
        "--interrupt-with", options.interrupt_with,
        "WAV file to interrupt with; with several files it is said into the reply of each but the last");
    app.add_option("--timeout-s", words.timeout_s, "give the whole call up after this time")
        ->capture_default_str();
    app.add_option("--header", words.headers, "\"Name: value\" of the upgrade request; may be repeated")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--ca", options.ca_file, "PEM file of a further authority to trust for wss");
    app.add_option("--instructions", options.instructions, "the system prompt, instead of the server's");
    app.add_option("--greeting", options.greeting, "the agent's first words; \"\": none");
    app.add_option("--language", options.language, "what the caller speaks, such as en or de-AT");
}

std::string shortened(const std::string& text) {
    return "\"" + (text.size() > 40 ? text.substr(0, 40) + "…" : text) + "\"";
}

std::string take_format(const Words& words, audio::AudioFormat& format) {
    if (!words.codec.empty()) {
        const auto codec = audio::parse_codec(words.codec);
        if (!codec) return "--codec: must be pcm16 or opus, received " + shortened(words.codec);
        format.codec = *codec;
    }
    if (words.rate != 0) format.rate = words.rate;
    if (words.frame_ms != 0) format.frame_ms = words.frame_ms;
    const auto wrong = audio::find_problem(format);
    if (!wrong) return {};
    return (wrong->field == "rate" ? "--rate: " : "--frame-ms: ") + wrong->message;
}

// Header values may be secrets: they are not repeated.
std::string take_headers(const Words& words, net::HttpHeaders& headers) {
    for (const std::string& header : words.headers) {
        const std::size_t colon = header.find(':');
        if (colon == 0 || colon == std::string::npos) return "--header: must be \"Name: value\"";
        const std::size_t value = header.find_first_not_of(' ', colon + 1);
        const bool broken = std::any_of(header.begin(), header.end(), [](char c) {
            return static_cast<unsigned char>(c) < ' ' || c == 127;
        });
        if (broken) return "--header: must not hold control characters";
        headers.add(header.substr(0, colon), value == std::string::npos ? "" : header.substr(value));
    }
    return {};
}

std::string take_times(const Words& words, CallOptions& options) {
    if (words.timeout_s < 1 || words.timeout_s > 86400) {
        return "--timeout-s: must be from 1 to 86400, received " + std::to_string(words.timeout_s);
    }
    options.time_limit = std::chrono::seconds(words.timeout_s);
    if (words.interrupt_after_ms > 86'400'000) {
        return "--interrupt-after-ms: must be from 0 to 86400000, received " +
               std::to_string(words.interrupt_after_ms);
    }
    if (words.interrupt_after_ms >= 0) {
        options.interrupt_after = std::chrono::milliseconds(words.interrupt_after_ms);
    }
    return {};
}

std::string check_rest(const CallOptions& options) {
    std::string problem;
    const auto url = net::parse_url(options.url, problem);
    if (!url) return "--url: " + problem;
    if (!url->websocket()) return "--url: must begin with ws:// or wss://";
    if (options.files.empty() && options.texts.empty()) return "needs --in or --text: something to say";
    if (options.files.size() + options.texts.size() > 1000) return "--in, --text: at most 1000";
    if (options.interrupt_with && !options.interrupt_after)
        return "--interrupt-with: needs --interrupt-after-ms";
    return {};
}

// The order in which everything is said, and what is said into the reply before it.
std::vector<Utterance> utterances_of(const CallOptions& options, const std::vector<Utterance>& given,
                                     const std::optional<Utterance>& interrupter) {
    std::vector<Utterance> order;
    for (std::size_t i = 0; i < given.size(); ++i) {
        order.push_back(given[i]);
        const bool last = i + 1 == given.size();
        if (!options.interrupt_after) continue;
        if (interrupter && (!last || given.size() == 1)) {
            order.push_back(*interrupter);
            order.back().interrupts = true;
        } else if (given.size() == 1) {
            order.push_back(given[0]);
            order.back().interrupts = true;
        } else if (i > 0 && !interrupter) {
            order.back().interrupts = true;
        }
    }
    return order;
}

}  // namespace

std::variant<CallOptions, NoCall> parse_options(const std::vector<std::string>& arguments) {
    CallOptions options;
    Words words;
    CLI::App app(about, "atlas-call");
    declare(app, options, words);
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError& error) {
        std::ostringstream text;
        const bool asked = app.exit(error, text, text) == 0;  // --help, --version
        return NoCall{asked ? 0 : exit_usage, text.str()};
    }
    std::string problem = take_format(words, options.audio_in);
    if (problem.empty()) problem = take_format(words, options.audio_out);
    if (problem.empty()) problem = take_headers(words, options.headers);
    if (problem.empty()) problem = take_times(words, options);
    if (problem.empty()) problem = check_rest(options);
    if (!problem.empty()) return NoCall{exit_usage, problem + "\nRun with --help for more information.\n"};
    return options;
}

std::variant<std::shared_ptr<const CallPlan>, std::string> make_plan(const CallOptions& options) {
    std::vector<Utterance> given;
    for (const auto& file : options.files) {
        auto recording = load_recording(file);
        if (auto* problem = std::get_if<std::string>(&recording)) return std::move(*problem);
        given.push_back({std::get<0>(std::move(recording)), {}, false});
    }
    for (const auto& text : options.texts) given.push_back({nullptr, text, false});
    std::optional<Utterance> interrupter;
    if (options.interrupt_with) {
        auto recording = load_recording(*options.interrupt_with);
        if (auto* problem = std::get_if<std::string>(&recording)) return std::move(*problem);
        interrupter = Utterance{std::get<0>(std::move(recording)), {}, false};
    }
    CallPlan plan;
    plan.url = options.url;
    plan.headers = options.headers;
    plan.hello.version = ATLAS_VERSION;
    plan.hello.audio_in = options.audio_in;
    plan.hello.audio_out = options.audio_out;
    plan.hello.instructions = options.instructions;
    plan.hello.greeting = options.greeting;
    plan.hello.language = options.language;
    plan.utterances = utterances_of(options, given, interrupter);
    plan.times.interrupt_after = options.interrupt_after.value_or(std::chrono::milliseconds(0));
    plan.keep_sound = options.out.has_value();
    plan.time_limit = options.time_limit;
    return std::make_shared<const CallPlan>(std::move(plan));
}

}  // namespace atlas::caller
