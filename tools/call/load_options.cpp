#include "call/load_options.hpp"

#include "atlas/net/url.hpp"

#include <CLI/CLI.hpp>

#include <sstream>

namespace atlas::caller {
namespace {

constexpr const char* about =
    "Calls a gateway with many virtual callers at once, in real time, and reports what the gateway costs and "
    "adds.\n\n"
    "A caller talks, waits for the reply, listens, reports what was played, and interrupts one reply in four "
    "by\n"
    "talking. It sends a microphone's frames all the time, as an app does. Start a gateway against a "
    "scripted\n"
    "atlas-sandbox, each pinned to a core of its own beside this program's, then:\n\n"
    "  atlas-sandbox --mode scripted --port 9443 --plain-port 9080\n"
    "  atlas-call load --calls 150 --ramp 10 --duration 60 --sandbox http://127.0.0.1:9080 \\\n"
    "      --gateway-pid $(pidof atlas-voice) --latency published --json load.json\n\n"
    "The times are taken on one clock (CLOCK_MONOTONIC) by this program and by the sandbox, so all three "
    "must run\n"
    "on one machine.";

constexpr const char* meaning =
    "What is reported, of turns within --duration:\n"
    "  model asked    end of turn written to the gateway .. the model's request arrived\n"
    "  speech asked   the first clause was written .. the speech request arrived\n"
    "  audible        first sound written (or end of turn, if later) .. first frame at the caller\n"
    "  added          the three together: what the gateway adds to a turn\n"
    "  first audio    the caller's last loud frame .. first frame of the reply, providers included\n"
    "  barge-in       recogniser's StartOfTurn written .. audio.flush at the caller\n"
    "  late frames    came when a client that buffers 200 ms had run dry; missing: a gap in `ts`\n"
    "A reply begun on EagerEndOfTurn is counted from that event and is a \"speculation\".\n\n"
    "The run is not reported when the load side was the bottleneck: this program or the sandbox used more "
    "than\n"
    "80 % of a core, or its loop ran more than 3 ms late at p99. Use fewer calls or a quieter machine.\n\n"
    "Exit codes: 0 reported, no errors · 1 reported, with errors · 2 bad command line · 3 not reported · "
    "4 gateway or sandbox not usable";

struct Words {
    std::string codec;
    int in_rate = 0;
    int out_rate = 0;
    int frame_ms = 0;
    double ramp_s = 5;
    double duration_s = 0;
    int call_ms = 0;
    int talk_ms = 3000;
    int interrupt_after_ms = 1200;
    std::vector<std::string> headers;
};

void declare(CLI::App& app, LoadOptions& options, Words& words) {
    app.footer(meaning);
    app.add_option("--url", options.url, "where to call, ws:// or wss://")->capture_default_str();
    app.add_option("--calls", options.calls, "how many at once")->required()->check(CLI::Range(1, 5000));
    app.add_option("--ramp", words.ramp_s, "seconds over which they begin")
        ->check(CLI::Range(0.0, 600.0))
        ->capture_default_str();
    app.add_option("--duration", words.duration_s, "seconds that are measured, after the ramp")
        ->required()
        ->check(CLI::Range(1.0, 3600.0));
    app.add_option("--call-ms", words.call_ms,
                   "a call ends after so long and another takes its place; 0: calls last as long as the run")
        ->check(CLI::Range(0, 3'600'000))
        ->capture_default_str();
    app.add_option(
        "--sandbox", options.sandbox,
        "the scripted sandbox behind the gateway: told what to say and how fast, asked for its times");
    app.add_option(
           "--latency", options.latencies,
           "of the sandbox: fast, published (lognormal, from the services' figures), STAGE=constant:MS or "
           "STAGE=lognormal:MEDIAN:SIGMA; repeat it")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--seed", options.seed, "of latencies and of the callers' pauses")->capture_default_str();
    app.add_option("--gateway-pid", options.gateway_pid, "its CPU time and memory, from the kernel")
        ->check(CLI::PositiveNumber);
    app.add_option("--codec", words.codec, "pcm16 or opus, both ways (default pcm16)");
    app.add_option("--in-rate", words.in_rate, "Hz to the gateway (default 16000)");
    app.add_option("--out-rate", words.out_rate, "Hz from the gateway (default 24000)");
    app.add_option("--frame-ms", words.frame_ms, "sound in one message, both ways (default 20 and 40)");
    app.add_option("--talk-ms", words.talk_ms, "how long a caller talks")
        ->check(CLI::Range(600, 20000))
        ->capture_default_str();
    app.add_option("--interrupt-every", options.interrupt_every, "one reply in so many; 0: none")
        ->check(CLI::Range(0, 1000))
        ->capture_default_str();
    app.add_option("--interrupt-after-ms", words.interrupt_after_ms, "so long after the reply began")
        ->check(CLI::Range(100, 20000))
        ->capture_default_str();
    app.add_option("--ca", options.ca_file, "PEM file of a further authority to trust");
    app.add_option("--header", words.headers, "\"Name: value\" of the upgrade request; may be repeated")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--json", options.json, "write the report to this file, too");
    app.add_flag("--show-anyway", options.show_anyway,
                 "show a run that is not reported, marked as not valid; the exit code stays 3");
}

std::string take_format(int rate, const Words& words, const char* rate_option, audio::AudioFormat& format) {
    if (!words.codec.empty()) {
        const auto codec = audio::parse_codec(words.codec);
        if (!codec) return "--codec: must be pcm16 or opus";
        format.codec = *codec;
    }
    if (rate != 0) format.rate = rate;
    if (words.frame_ms != 0) format.frame_ms = words.frame_ms;
    const auto wrong = audio::find_problem(format);
    if (!wrong) return {};
    return (wrong->field == "rate" ? std::string(rate_option) : "--frame-ms") + ": " + wrong->message;
}

// Header values may be secrets: they are not repeated.
std::string take_headers(const Words& words, net::HttpHeaders& headers) {
    for (const std::string& header : words.headers) {
        const std::size_t colon = header.find(": ");
        if (colon == 0 || colon == std::string::npos) return "--header: must be \"Name: value\"";
        headers.add(header.substr(0, colon), header.substr(colon + 2));
    }
    return {};
}

std::string check_addresses(LoadOptions& options) {
    std::string problem;
    const auto url = net::parse_url(options.url, problem);
    if (!url) return "--url: " + problem;
    if (!url->websocket()) return "--url: must begin with ws:// or wss://";
    if (options.sandbox.empty()) return options.latencies.empty() ? "" : "--latency: needs --sandbox";
    const auto sandbox = net::parse_url(options.sandbox, problem);
    if (!sandbox) return "--sandbox: " + problem;
    if (sandbox->websocket()) return "--sandbox: must begin with http:// or https://";
    while (options.sandbox.ends_with('/')) options.sandbox.pop_back();
    return {};
}

std::chrono::milliseconds ms_of(double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

}  // namespace

std::variant<LoadOptions, NoCall> parse_load_options(const std::vector<std::string>& arguments) {
    LoadOptions options;
    Words words;
    CLI::App app(about, "atlas-call load");
    declare(app, options, words);
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError& error) {
        std::ostringstream text;
        const bool asked = app.exit(error, text, text) == 0;  // --help
        return NoCall{asked ? 0 : exit_usage, text.str()};
    }
    std::string problem = take_format(words.in_rate, words, "--in-rate", options.audio_in);
    if (problem.empty()) problem = take_format(words.out_rate, words, "--out-rate", options.audio_out);
    if (problem.empty()) problem = take_headers(words, options.headers);
    if (problem.empty()) problem = check_addresses(options);
    if (!problem.empty()) return NoCall{exit_usage, problem + "\nRun with --help for more information.\n"};
    options.ramp = ms_of(words.ramp_s);
    options.duration = ms_of(words.duration_s);
    options.call_length = std::chrono::milliseconds(words.call_ms);
    options.talk = std::chrono::milliseconds(words.talk_ms);
    options.interrupt_after = std::chrono::milliseconds(words.interrupt_after_ms);
    return options;
}

}  // namespace atlas::caller
