#include "system/system_under_test.hpp"

#include "support/run_until.hpp"

#include <cstdlib>
#include <optional>
#include <stdexcept>

namespace atlas::test {
namespace {

std::filesystem::path make_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "atlas-system-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    return pattern;
}

}  // namespace

int port_in(const std::string& ready_line, const std::string& name) {
    return Json::parse(ready_line).at(name).get<int>();
}

SystemUnderTest::SystemUnderTest(const std::string& sandbox_mode,
                                 std::vector<std::string> gateway_environment)
    : client_(net::make_http_client(loop_)), folder_(make_folder()) {
    std::vector<std::string> arguments{"--mode", sandbox_mode,  "--plain-port",
                                       "0",      "--state-dir", folder_.string()};
    if (sandbox_mode == "live") arguments.insert(arguments.end(), {"--models", ATLAS_TEST_MODELS});
    sandbox_ = std::make_unique<ChildProcess>(ATLAS_SANDBOX, arguments);
    const auto ready = sandbox_->wait_for_line("\"ready\"");
    if (!ready) throw std::runtime_error("the sandbox did not start: " + sandbox_->all());
    const auto told = Json::parse(*ready);
    sandbox_port_ = told.at("port");
    sandbox_plain_port_ = told.at("plain_port");
    ca_ = told.at("ca");

    gateway_ = start_gateway(std::move(gateway_environment));
    const auto line = gateway_->wait_for_line("gateway.ready");
    if (!line) throw std::runtime_error("the gateway did not start: " + gateway_->all());
    port_ = port_in(*line);
}

SystemUnderTest::~SystemUnderTest() {
    gateway_.reset();
    sandbox_.reset();
    client_.reset();
    run_out(loop_);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::unique_ptr<ChildProcess> SystemUnderTest::start_gateway(std::vector<std::string> environment) {
    const std::string host = "localhost:" + std::to_string(sandbox_port_);
    // Claude has an address of its own, or it would share one HTTP/2 connection with OpenAI.
    // What a test sets stands first and wins: getenv takes the first of two.
    for (const std::string& line :
         {std::string("PORT=0"), std::string("METRICS_PORT=0"), "DEEPGRAM_URL=wss://" + host,
          "ANTHROPIC_BASE_URL=https://127.0.0.1:" + std::to_string(sandbox_port_),
          "OPENAI_BASE_URL=https://" + host + "/v1", std::string("DEEPGRAM_API_KEY=test-deepgram"),
          std::string("ANTHROPIC_API_KEY=test-claude"), std::string("OPENAI_API_KEY=test-openai"),
          "ATLAS_CA_FILE=" + ca_, std::string("ATLAS_LOG_FORMAT=json"),
          std::string("ATLAS_DRAIN_SECONDS=2")}) {
        environment.push_back(line);
    }
    return std::make_unique<ChildProcess>(ATLAS_VOICE, std::vector<std::string>{}, std::move(environment));
}

std::unique_ptr<ChildProcess> SystemUnderTest::start_call(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--url", url(), "--json"});
    return std::make_unique<ChildProcess>(ATLAS_CALL, std::move(arguments));
}

SystemUnderTest::CallResult SystemUnderTest::call(std::vector<std::string> arguments,
                                                  std::chrono::seconds budget) {
    const auto caller = start_call(std::move(arguments));
    CallResult result;
    result.exit_code = caller->wait_for_exit(budget).value_or(-1);
    result.output = caller->all();
    result.json = Json::parse(caller->out(), nullptr, false);
    return result;
}

SystemUnderTest::Answer SystemUnderTest::http(const std::string& method, const std::string& url,
                                              const std::string& body) {
    Answer answer;
    bool done = false;
    net::HttpRequest request;
    request.method = method;
    request.url = url;
    request.body = body;
    if (!body.empty()) request.headers.add("content-type", "application/json");
    net::TransferHandlers handlers;
    handlers.on_head = [&answer](int status, const net::HttpHeaders& headers) {
        answer.status = status;
        answer.headers = headers;
    };
    handlers.on_body = [&answer](std::string_view bytes) { answer.body += bytes; };
    handlers.on_done = [&done](const net::TransferResult&) { done = true; };
    const auto transfer = client_->start(std::move(request), std::move(handlers));
    EXPECT_TRUE(run_until(loop_, method + " " + url, [&done] { return done; }));
    return answer;
}

void SystemUnderTest::script(const Json& script) {
    const auto answer = http(
        "POST", "http://127.0.0.1:" + std::to_string(sandbox_plain_port_) + "/sandbox/script", script.dump());
    if (answer.status != 200) throw std::runtime_error("the sandbox refused the script: " + answer.body);
}

void SystemUnderTest::hang_up() {
    http("POST", "http://127.0.0.1:" + std::to_string(sandbox_plain_port_) + "/sandbox/hang_up", "{}");
}

Json SystemUnderTest::report() {
    return Json::parse(
        http("GET", "http://127.0.0.1:" + std::to_string(sandbox_plain_port_) + "/sandbox/report").body);
}

std::string SystemUnderTest::violations() {
    const auto found = report().at("violations");
    return found.empty() ? std::string() : found.dump(2);
}

}  // namespace atlas::test
