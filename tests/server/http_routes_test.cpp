#include "atlas/server/http_routes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace atlas::server {
namespace {

using namespace std::chrono_literals;

net::IncomingRequest request(std::string method, std::string path) {
    net::IncomingRequest asked;
    asked.method = std::move(method);
    asked.path = std::move(path);
    return asked;
}

Health well() {
    return {.region = "fra", .machine = "3287104f", .version = "0.1.0", .calls = 3, .max_calls = 10};
}

std::string status_of(const Health& health) {
    return nlohmann::json::parse(health_answer(health).body)["status"];
}

std::string code_of(const net::OutgoingResponse& response) {
    return nlohmann::json::parse(response.body)["error"]["code"];
}

TEST(HttpRoutes, HealthIs200WithTheFactsWhileNewCallsAreWelcome) {
    const auto response = answer(request("GET", "/health"), well());
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.find("content-type"), "application/json");
    const auto json = nlohmann::json::parse(response.body);
    EXPECT_EQ(json["status"], "ok");
    EXPECT_EQ(json["region"], "fra");
    EXPECT_EQ(json["machine"], "3287104f");
    EXPECT_EQ(json["version"], "0.1.0");
    EXPECT_EQ(json["calls"], 3);
    EXPECT_EQ(json["max_calls"], 10);
    EXPECT_EQ(json["loop_lag_ms"], 0);
}

TEST(HttpRoutes, HealthIs503WhenFullLateOrDraining) {
    auto full = well();
    full.calls = 10;
    EXPECT_EQ(health_answer(full).status, 503);
    EXPECT_EQ(status_of(full), "full");
    auto late = well();
    late.loop_lag = 501ms;
    EXPECT_EQ(health_answer(late).status, 503);
    EXPECT_EQ(status_of(late), "overloaded");
    late.loop_lag = 500ms;
    EXPECT_EQ(health_answer(late).status, 200);
    auto draining = full;
    draining.draining = true;
    EXPECT_EQ(health_answer(draining).status, 503);
    EXPECT_EQ(status_of(draining), "draining");
}

TEST(HttpRoutes, HeadIsAnsweredLikeGetAndOtherMethodsAreNamed) {
    EXPECT_EQ(answer(request("HEAD", "/health"), well()).status, 200);
    const auto health = answer(request("POST", "/health"), well());
    EXPECT_EQ(health.status, 405);
    EXPECT_EQ(health.headers.find("allow"), "GET, HEAD");
    const auto voice = answer(request("POST", "/v1/voice"), well());
    EXPECT_EQ(voice.status, 405);
    EXPECT_EQ(voice.headers.find("allow"), "GET");
    EXPECT_EQ(code_of(voice), "method_not_allowed");
}

TEST(HttpRoutes, APlainRequestForACallIsToldToUpgrade) {
    const auto response = answer(request("GET", "/v1/voice"), well());
    EXPECT_EQ(response.status, 426);
    EXPECT_EQ(response.headers.find("upgrade"), "websocket");
    EXPECT_EQ(code_of(response), "upgrade_required");
}

TEST(HttpRoutes, NothingIsElsewhere) {
    const auto response = answer(request("GET", "/favicon.ico"), well());
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(code_of(response), "not_found");
}

TEST(HttpRoutes, APathThatIsNoTextOrEndlessIsStillAnsweredInJson) {
    EXPECT_EQ(answer(request("GET", "/\xFF\xFE\"\n"), well()).status, 404);
    const auto response = answer(request("GET", "/" + std::string(10'000, 'x')), well());
    EXPECT_EQ(code_of(response), "not_found");
    EXPECT_LT(response.body.size(), 500U);
}

}  // namespace
}  // namespace atlas::server
