#include "atlas/call/call_services.hpp"
#include "atlas/call/canned_lines.hpp"
#include "atlas/net/asio_loop.hpp"
#include "atlas/net/http_client.hpp"
#include "atlas/net/websocket_connect.hpp"
#include "atlas/protocol/native_codec.hpp"
#include "atlas/providers/anthropic/claude.hpp"
#include "atlas/providers/deepgram/deepgram_recognizer.hpp"
#include "atlas/providers/openai/openai_speech.hpp"
#include "atlas/providers/resilient_model.hpp"
#include "atlas/providers/resilient_synthesizer.hpp"
#include "atlas/server/config.hpp"
#include "atlas/server/gateway.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace atlas;

constexpr int exit_bad_config = 2;

std::optional<std::string> environment(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
}

std::chrono::year_month_day today() {
    return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

// The parts in the order in which they need each other; they go in the opposite order.
class Process {
public:
    explicit Process(const server::Config& config)
        : config_(config),
          log_(config.log),
          connector_(net::make_websocket_connector(loop_, net::TlsTrust{config.ca_file})),
          http_(net::make_http_client(
              loop_, {.user_agent = "atlas-voice/" + config.call.server.version, .trust = {config.ca_file}})),
          recognizers_(config.deepgram, *connector_, loop_),
          claude_(std::make_unique<providers::anthropic::Claude>(config.claude, *http_, loop_)),
          openai_(providers::openai::make_openai_synthesizer(config.speech, *http_, *connector_, loop_)),
          model_(std::make_unique<providers::ResilientModel>(
              std::vector<providers::ResilientModel::Provider>{
                  {"anthropic", *claude_, config.model_resilience}},
              loop_, reports())),
          synthesizer_(std::make_unique<providers::ResilientSynthesizer>(
              std::vector<providers::ResilientSynthesizer::Provider>{
                  {"openai", *openai_, config.speech_resilience}},
              loop_, reports())),
          canned_(std::make_unique<call::CannedLines>(
              loop_, *synthesizer_,
              call::CannedLines::Texts{config.call.conversation.lines.trouble,
                                       config.call.conversation.lines.cannot_hear,
                                       config.call.conversation.lines.one_moment})),
          services_{loop_,  recognizers_, *model_,  *synthesizer_, *canned_,
                    codec_, log_,         metrics_, config_.call},
          gateway_(std::make_unique<server::Gateway>(loop_, config_, services_)) {}

    void run(const std::vector<std::string>& warnings) {
        // First of all: whoever reads "ready" may send a signal at once.
        loop_.start_lag_probe([this](net::Duration late) { metrics_.loop_was_late(late); });
        loop_.on_signal({SIGTERM, SIGINT}, [this](int signal) {
            log_.info("signal", {{"number", signal}});
            gateway_->drain([this] { let_go(); });
        });
        gateway_->open();
        for (const auto& warning : warnings) log_.warning("config.warning", {{"message", warning}});
        log_.info("gateway.ready", {{"version", config_.call.server.version},
                                    {"address", config_.listen.bind},
                                    {"port", gateway_->port()},
                                    {"tls_port", gateway_->tls_port()},
                                    {"metrics_port", gateway_->metrics_port()},
                                    {"callers_need_key", !config_.admission.api_keys.empty()},
                                    {"recognizer", config_.deepgram.model},
                                    {"model", config_.claude.messages.model},
                                    {"speech", config_.speech.voice.model}});
        model_->warm_up();
        synthesizer_->warm_up();
        canned_->prepare();
        loop_.run();  // returns because nothing is left
        log_.info("gateway.stopped");
    }

private:
    providers::ResilienceReports reports() {
        providers::ResilienceReports reports;
        reports.on_outcome = [this](const providers::ProviderOutcome& outcome) {
            metrics_.provider_answered(outcome.provider, name(outcome.kind), outcome.story.hedges > 0,
                                       outcome.story.hedge_won, outcome.time_to_first);
        };
        reports.on_breaker = [this](const providers::BreakerChanged& changed) {
            metrics_.breaker(changed.provider, name(changed.to));
            log_.warning("provider.breaker", {{"provider", changed.provider},
                                              {"state", name(changed.to)},
                                              {"cause", name(changed.cause)}});
        };
        return reports;
    }

    // Everything that keeps the loop busy. Connections close politely in what the loop still has to do.
    void let_go() {
        gateway_.reset();
        canned_.reset();
        synthesizer_.reset();
        model_.reset();
        openai_.reset();
        claude_.reset();
        http_.reset();
        loop_.stop_lag_probe();
        loop_.ignore_signals();
    }

    const server::Config& config_;
    observe::Log log_;
    observe::Metrics metrics_;
    protocol::NativeCodec codec_;
    net::AsioLoop loop_;
    std::unique_ptr<net::WebsocketConnector> connector_;
    std::unique_ptr<net::HttpClient> http_;
    providers::deepgram::DeepgramRecognizerService recognizers_;
    std::unique_ptr<providers::LanguageModel> claude_;
    std::unique_ptr<providers::SpeechSynthesizer> openai_;
    std::unique_ptr<providers::LanguageModel> model_;  // claude_, with a second try beside a slow one
    std::unique_ptr<providers::SpeechSynthesizer> synthesizer_;
    std::unique_ptr<call::CannedLines> canned_;
    call::CallServices services_;
    std::unique_ptr<server::Gateway> gateway_;
};

}  // namespace

int main(int argc, char** argv) {
    try {
        const auto read =
            server::load_config(std::vector<std::string>(argv + 1, argv + argc), environment, today());
        if (!read.text.empty())
            return std::fputs(read.text.c_str(), stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        if (!read.config) {
            std::fputs("atlas-voice cannot start with this configuration:\n", stderr);
            for (const auto& problem : read.problems) std::fprintf(stderr, "  %s\n", problem.c_str());
            return exit_bad_config;
        }
        Process(*read.config).run(read.warnings);
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "atlas-voice: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
