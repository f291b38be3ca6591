#include "call/load_sandbox.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace atlas::caller {
namespace {

constexpr auto time_limit = std::chrono::seconds(30);
constexpr std::size_t longest_answer = 512UL * 1024 * 1024;

using Json = nlohmann::ordered_json;

}  // namespace

// The label comes last in what the caller says, and in the first clause of the reply: that one is measured.
std::string load_sandbox_script(const LoadOptions& options) {
    Json json;
    json["seed"] = options.seed;
    json["transcripts"] = {"Could you look this up for me, my number is {label}.",
                           "Please look once more, what else stands there under {label}?"};
    json["replies"] = {
        "I found {label} for you, and it looks good. The order left our warehouse this morning. It should be "
        "with "
        "you tomorrow before noon.",
        "About {label} I know this much, it is on its way. Nothing else has changed since yesterday. Please "
        "ask "
        "me again tonight."};
    json["limits"] = {{"deepgram.concurrency", 1'000'000}, {"openai.parallel_responses", 10'000}};
    json["profile"] = "fast";
    for (const std::string& latency : options.latencies) {
        const std::size_t equals = latency.find('=');
        if (equals == std::string::npos)
            json["profile"] = latency;
        else
            json["profiles"][latency.substr(0, equals)] = latency.substr(equals + 1);
    }
    return json.dump();
}

LoadSandbox::LoadSandbox(net::Loop& loop, net::HttpClient& http, std::string address)
    : http_(http),
      address_(std::move(address)),
      timer_(loop.make_timer([this] { finish("no answer in time"); })) {}

void LoadSandbox::request(const std::string& method, const std::string& path, std::string body, Done done) {
    done_ = std::move(done);
    body_.clear();
    status_ = 0;
    timer_->expire_after(time_limit);
    net::HttpRequest request;
    request.method = method;
    request.url = address_ + path;
    request.body = std::move(body);
    if (!request.body.empty()) request.headers.add("content-type", "application/json");
    net::TransferHandlers handlers;
    handlers.on_head = [this](int status, const net::HttpHeaders&) { status_ = status; };
    handlers.on_body = [this](std::string_view bytes) {
        if (body_.size() + bytes.size() > longest_answer) return finish("the answer is too long");
        body_ += bytes;
    };
    handlers.on_done = [this](const net::TransferResult& result) {
        if (!result.delivered) return finish(result.error.empty() ? "no answer" : result.error);
        finish(status_ == 200 ? "" : "status " + std::to_string(status_) + ": " + body_.substr(0, 300));
    };
    transfer_ = http_.start(std::move(request), std::move(handlers));
}

void LoadSandbox::finish(std::string error) {
    timer_->cancel();
    transfer_.reset();
    if (!error.empty()) error = "the sandbox at " + address_ + ": " + error;
    const Done done = std::exchange(done_, nullptr);
    if (done) done(std::move(error), std::move(body_));
}

}  // namespace atlas::caller
