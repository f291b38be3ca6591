#include "atlas/providers/anthropic/claude.hpp"

#include "../warm_up.hpp"
#include "atlas/net/url.hpp"
#include "generation.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace atlas::providers::anthropic {

namespace {

bool is_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    return std::count_if(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; }) == 8;
}

bool fits_in_header(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F; });
}

void check_messages(const MessagesSettings& settings, std::vector<std::string>& problems) {
    constexpr std::array<std::string_view, 6> efforts = {"", "low", "medium", "high", "xhigh", "max"};
    if (settings.model.empty()) problems.push_back("Claude's model is not set");
    if (settings.max_tokens < 1)
        problems.push_back("Claude's max_tokens must be at least 1, but is " +
                           std::to_string(settings.max_tokens));
    if (std::find(efforts.begin(), efforts.end(), settings.effort) == efforts.end())
        problems.push_back("Claude's effort must be low, medium, high, xhigh or max, but is \"" +
                           one_line(settings.effort, {}, 40) + "\"");
}

}  // namespace

std::vector<std::string> validate(const ClaudeSettings& settings) {
    std::vector<std::string> problems;
    std::string why;
    const auto url = net::parse_url(settings.base_url, why);
    if (!url)
        problems.push_back("Claude's base URL: " + why);
    else if (url->websocket())
        problems.push_back("Claude's base URL must begin with https:// or http://");
    if (settings.api_key.empty())
        problems.push_back("Claude's API key is not set");
    else if (!fits_in_header(settings.api_key))
        problems.push_back("Claude's API key holds a space, a line break or another character no key has");
    if (!is_date(settings.version))
        problems.push_back("Claude's API version must be a date such as 2023-06-01, but is \"" +
                           one_line(settings.version, {}, 40) + "\"");
    check_messages(settings.messages, problems);
    return problems;
}

net::HttpRequest claude_request(const ClaudeSettings& settings, std::string method, std::string path) {
    net::HttpRequest request;
    std::string_view base = settings.base_url;
    while (base.ends_with('/')) base.remove_suffix(1);
    request.method = std::move(method);
    request.url = std::string(base) + path;
    request.headers.add("x-api-key", settings.api_key);
    request.headers.add("anthropic-version", settings.version);
    request.headers.add("accept", "application/json");  // as the official SDKs, streams included
    request.connect_timeout = settings.timings.connect;
    return request;
}

Claude::Claude(ClaudeSettings settings, net::HttpClient& http, net::Loop& loop)
    : settings_(std::move(settings)),
      http_(http),
      loop_(loop),
      warm_up_(std::make_unique<WarmUp>(http, loop, settings_.timings.warm_interval,
                                        settings_.timings.first_text)) {}

Claude::~Claude() = default;

std::unique_ptr<Generation> Claude::generate(ModelRequest request, std::function<void(ModelEvent)> on_event) {
    const ClaudeParts parts{settings_, http_, loop_, random_};
    return std::make_unique<ClaudeGeneration>(parts, std::move(request), std::move(on_event));
}

void Claude::warm_up() {
    if (warm_up_->due()) warm_up_->ask(claude_request(settings_, "GET", "/v1/models?limit=1"));
}

}  // namespace atlas::providers::anthropic
