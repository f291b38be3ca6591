#include "sandbox/routes.hpp"
#include "sandbox/scripted/scripted_engines.hpp"
#include "sandbox/transport/certificates.hpp"
#include "sandbox/transport/server.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace {

namespace sandbox = atlas::sandbox;
namespace asio = boost::asio;

struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::optional<std::uint16_t> plain_port;
    std::string state_directory;
    std::string mode = "live";
    std::string models;
    std::string recognizer = "moonshine-tiny";
    int threads = 2;
    std::uint64_t seed = 1;
    std::vector<std::string> profiles;
    std::string script_file;
    std::string report_file;
    bool record_audio = false;
    bool fail_on_violation = false;
    bool verbose = false;
};

constexpr const char* description =
    "Stands for Deepgram, Claude and OpenAI speech on this machine, strictly, over real TLS.\n\n"
    "One port serves all of them; the path tells them apart:\n"
    "  wss …/v1/listen, /v2/listen   Deepgram Nova and Flux\n"
    "  POST …/v1/messages            Claude\n"
    "  POST …/v1/audio/speech        OpenAI speech\n"
    "  wss …/v1/realtime             OpenAI Realtime, text in, speech out\n"
    "  GET …/sandbox/report          what clients did, and what they did wrong\n"
    "  POST …/sandbox/script         fixed texts, latencies and faults, at run time\n\n"
    "When it listens, one line of JSON goes to stdout:\n"
    "  {\"ready\":true,\"port\":…,\"plain_port\":…,\"ca\":\"…/ca.pem\"}\n"
    "Trust that CA, use any API key, and point the client at https://localhost:PORT.";

constexpr const char* examples =
    "Examples:\n"
    "  atlas-sandbox --mode live --port 9443            talk to a machine without keys\n"
    "  atlas-sandbox --mode scripted --profile published --fail-on-violation\n"
    "  curl --cacert ca.pem https://localhost:9443/sandbox/script -d '{\"faults\":[\n"
    "    {\"service\":\"claude\",\"fault\":\"status\",\"status\":529,\"times\":1}]}'\n\n"
    "Exit code: 0 after SIGTERM or SIGINT, 1 when it cannot start, 3 with --fail-on-violation when there was "
    "one.";

std::optional<int> read_options(int argc, char** argv, Options& options) {
    CLI::App app(description, "atlas-sandbox");
    app.footer(examples);
    app.add_option("--address", options.address, "where to listen")->capture_default_str();
    app.add_option("--port", options.port, "TLS port: HTTP/2, HTTP/1.1 and WebSocket; 0 takes a free one")
        ->capture_default_str();
    app.add_option("--plain-port", options.plain_port,
                   "a second port without TLS, HTTP/1.1 and WebSocket only");
    app.add_option("--state-dir", options.state_directory,
                   "directory for ca.pem and recordings (default: a new one below the temporary directory)");
    app.add_option("--mode", options.mode,
                   "live: really recognises and speaks; scripted: fixed texts and tones, for tests")
        ->check(CLI::IsMember({"live", "scripted"}))
        ->capture_default_str();
    app.add_option("--models", options.models, "live: directory filled by script/models")
        ->envname("ATLAS_MODELS");
    app.add_option("--recognizer", options.recognizer, "live: the model that recognises")
        ->check(CLI::IsMember({"moonshine-tiny", "moonshine-base"}))
        ->capture_default_str();
    app.add_option("--threads", options.threads, "live: threads for recognition and speech")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    app.add_option("--seed", options.seed, "of everything random")->capture_default_str();
    app.add_option(
        "--profile", options.profiles,
        "latencies: fast, published, or STAGE=constant:MS or STAGE=lognormal:MEDIAN:SIGMA; stages: "
        "deepgram.handshake, deepgram.eot, deepgram.configure, claude.first_token, "
        "claude.inter_token, speech.handshake, speech.first_byte, speech.speed (× real time)");
    app.add_option("--script", options.script_file, "a file with what POST /sandbox/script takes")
        ->check(CLI::ExistingFile);
    app.add_option("--report", options.report_file, "write the JSON report to this file at the end");
    app.add_flag("--record-audio", options.record_audio,
                 "keep what recognisers received as raw PCM in --state-dir");
    app.add_flag("--fail-on-violation", options.fail_on_violation, "exit code 3 when a client broke a rule");
    app.add_flag("--verbose", options.verbose, "log warnings about clients, not only violations");
    try {
        app.parse(argc, argv);
        return {};
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 1;
    }
}

std::string state_directory(const Options& options) {
    if (!options.state_directory.empty()) {
        std::filesystem::create_directories(options.state_directory);
        return options.state_directory;
    }
    std::string pattern = (std::filesystem::temp_directory_path() / "atlas-sandbox-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error("cannot make a directory like " + pattern + "; give one with --state-dir");
    return pattern;
}

void write_file(const std::string& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void set_up_script(const Options& options, sandbox::Script& script) {
    for (const std::string& profile : options.profiles)
        if (const auto problem = script.apply_profile(profile); !problem.empty())
            throw std::runtime_error("--profile: " + problem);
    if (options.script_file.empty()) return;
    if (const auto problem = script.apply(read_file(options.script_file)); !problem.empty())
        throw std::runtime_error("--script " + options.script_file + ": " + problem);
}

sandbox::Engines make_engines(const Options& options, sandbox::Script& script, const sandbox::Post& post) {
    if (options.mode == "scripted") return sandbox::make_scripted_engines(script, post);
#ifdef ATLAS_SANDBOX_SPEECH
    return sandbox::make_live_engines({options.models, options.threads, options.seed, options.recognizer},
                                      post);
#else
    throw std::runtime_error(
        "--mode live: this program was built without the speech engines; use --mode scripted");
#endif
}

int run(const Options& options) {
    asio::io_context loop(1);
    sandbox::Report report;
    sandbox::Script script(options.seed);
    set_up_script(options, script);
    const sandbox::Post post = [&loop](std::function<void()> task) { asio::post(loop, std::move(task)); };
    sandbox::Engines engines = make_engines(options, script, post);

    const std::string directory = state_directory(options);
    const sandbox::Certificates certificates = sandbox::make_certificates();
    const std::string ca = directory + "/ca.pem";
    write_file(ca, certificates.ca_pem);

    sandbox::World world{loop, report, script, engines, options.record_audio ? directory : ""};
    sandbox::Routes routes(world);
    const sandbox::ServerSettings settings{options.address, options.port, options.plain_port,
                                           certificates.chain_pem, certificates.key_pem};
    const auto server = sandbox::open_server(loop, routes, report, settings);

    asio::signal_set signals(loop, SIGTERM, SIGINT);
    signals.async_wait([&](boost::system::error_code, int) {
        routes.end();
        server->close();
    });
    nlohmann::ordered_json ready{{"ready", true}, {"mode", options.mode}, {"port", server->port()}};
    if (server->plain_port() != 0) ready["plain_port"] = server->plain_port();
    ready["ca"] = ca;
    std::cout << ready.dump() << std::endl;

    loop.run();
    engines = {};
    loop.restart();
    loop.poll();  // what the engines' threads posted last
    if (!options.report_file.empty()) write_file(options.report_file, report.to_json());
    std::cerr << report.summary();
    return options.fail_on_violation && report.violations() > 0 ? 3 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    Options options;
    if (const auto code = read_options(argc, argv, options)) return *code;
    spdlog::set_default_logger(spdlog::stderr_color_mt("sandbox"));
    spdlog::set_level(options.verbose ? spdlog::level::info : spdlog::level::warn);
    try {
        return run(options);
    } catch (const std::exception& error) {
        std::cerr << "atlas-sandbox: " << error.what() << "\n";
        return 1;
    }
}
