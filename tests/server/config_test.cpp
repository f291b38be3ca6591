#include "atlas/server/config.hpp"

#include "server/settings_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <unistd.h>

namespace atlas::server {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr auto some_day = 2026y / std::chrono::November / 23;
using Variables = std::map<std::string, std::string>;

Variables keys() {
    return {{"DEEPGRAM_API_KEY", "dg-key-of-the-test"},
            {"ANTHROPIC_API_KEY", "sk-ant-key-of-the-test"},
            {"OPENAI_API_KEY", "sk-key-of-the-test"}};
}

Variables keys_and(const Variables& more) {
    auto all = keys();
    for (const auto& [name, value] : more) all[name] = value;
    return all;
}

ConfigResult load(const Variables& variables, const std::vector<std::string>& args = {},
                  std::chrono::year_month_day today = some_day) {
    const auto environment = [&variables](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
    };
    return load_config(args, environment, today);
}

std::string all_text(const ConfigResult& result) {
    std::string text = result.text;
    for (const auto& line : result.problems) text += line + "\n";
    for (const auto& line : result.warnings) text += line + "\n";
    return text;
}

// A file that is removed at the end of the test.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& text) {
        path_ = std::filesystem::temp_directory_path() /
                ("atlas_config_test_" + std::to_string(getpid()) + "_" + std::to_string(++count));
        std::ofstream(path_) << text;
    }
    ~TemporaryFile() { std::filesystem::remove(path_); }
    std::string path() const { return path_.string(); }

private:
    static inline int count = 0;
    std::filesystem::path path_;
};

// ---- what is enough

TEST(Config, ThreeKeysAreEnough) {
    const auto result = load(keys());
    EXPECT_THAT(result.problems, IsEmpty());
    ASSERT_TRUE(result.config);
    EXPECT_EQ(result.config->deepgram.api_key, "dg-key-of-the-test");
    EXPECT_EQ(result.config->listen.port, 8080);
    EXPECT_EQ(result.config->admission.max_calls, 150U);
    EXPECT_EQ(result.config->speech.voice.model, "gpt-realtime-2.1-mini");
    EXPECT_EQ(result.config->claude.messages.model, "claude-haiku-5-5");
    EXPECT_THAT(result.config->call.instructions, HasSubstr("read aloud"));
    EXPECT_EQ(result.config->call.server.region, "local");
}

TEST(Config, DocumentedDefaultsAreTheRealOnes) {
    const auto result = load(keys());
    ASSERT_TRUE(result.config);
    for (const Setting& setting : settings_table()) {
        if (setting.secret || std::string_view(setting.default_text).find(' ') != std::string_view::npos)
            continue;
        // OPENAI_BASE_URL is documented as its SDKs write it, and kept without the version.
        if (std::string_view(setting.variable) == "OPENAI_BASE_URL") continue;
        EXPECT_EQ(setting.show(*result.config), setting.default_text) << setting.variable;
    }
}

TEST(Config, AValueThatIsShownCanBeGivenAgain) {
    const auto result = load(keys());
    ASSERT_TRUE(result.config);
    for (const Setting& setting : settings_table()) {
        if (setting.secret) continue;
        const auto shown = setting.show(*result.config);
        if (shown.empty()) continue;
        const auto again = load(keys_and({{setting.variable, shown}}));
        EXPECT_THAT(again.problems, IsEmpty()) << setting.variable;
    }
}

TEST(Config, EverySettingReachesTheConfiguration) {
    const TemporaryFile file("any");
    const TemporaryFile tools(R"([{"name": "weather", "effect": false}])");
    const Variables given{{"PORT", "1"},
                          {"ATLAS_BIND", "127.0.0.2"},
                          {"ATLAS_TLS_CERT", file.path()},
                          {"ATLAS_TLS_KEY", file.path()},
                          {"ATLAS_TLS_PORT", "2"},
                          {"METRICS_PORT", "3"},
                          {"ATLAS_ALLOW_ANYONE", "true"},
                          {"ATLAS_MAX_CALLS", "4"},
                          {"ATLAS_CALLS_PER_ADDRESS", "5"},
                          {"DEEPGRAM_URL", "wss://stt.test"},
                          {"ATLAS_STT_MODEL", "nova-3"},
                          {"ATLAS_LANGUAGE", "de"},
                          {"ATLAS_KEYTERMS", "Atlas,Vienna"},
                          {"ATLAS_EOT_THRESHOLD", "0.8"},
                          {"ATLAS_EAGER_EOT_THRESHOLD", "0.35"},
                          {"ATLAS_EOT_TIMEOUT_MS", "600"},
                          {"ANTHROPIC_BASE_URL", "https://llm.test"},
                          {"ATLAS_LLM_MODEL", "claude-test"},
                          {"ATLAS_LLM_MAX_TOKENS", "77"},
                          {"ANTHROPIC_VERSION", "2024-01-01"},
                          {"OPENAI_BASE_URL", "https://tts.test"},
                          {"ATLAS_TTS_MODEL", "voice-test"},
                          {"ATLAS_TTS_VOICE", "alloy"},
                          {"ATLAS_INSTRUCTIONS", "Be a test, please."},
                          {"ATLAS_GREETING", "Hello, you."},
                          {"ATLAS_IDLE_SECONDS", "66"},
                          {"ATLAS_MAX_CALL_SECONDS", "88"},
                          {"ATLAS_GOODBYE", "Farewell."},
                          {"ATLAS_ONE_MOMENT", "A second."},
                          {"ATLAS_ONE_MOMENT_AFTER_MS", "1900"},
                          {"ATLAS_IDLE_PROMPT", "Hello?"},
                          {"ATLAS_IDLE_PROMPTS", "3"},
                          {"ATLAS_IDLE_PROMPT_SECONDS", "17"},
                          {"ATLAS_INTERRUPTIONS", "false"},
                          {"ATLAS_INTERRUPTION_WORDS", "2"},
                          {"ATLAS_PROTECT_GREETING", "true"},
                          {"ATLAS_SPECULATION", "false"},
                          {"ATLAS_TOOLS_FILE", tools.path()},
                          {"ATLAS_END_CALL_TOOL", "false"},
                          {"ATLAS_CONTEXT_TOKENS", "4321"},
                          {"ATLAS_SUMMARIZE", "false"},
                          {"ATLAS_HEDGE_SHARE", "0.1"},
                          {"ATLAS_HEDGE_QUANTILE", "0.9"},
                          {"ATLAS_LLM_HEDGE_MAX_MS", "2100"},
                          {"ATLAS_TTS_HEDGE_MAX_MS", "1100"},
                          {"ATLAS_BREAKER_FAILURES", "6"},
                          {"ATLAS_BREAKER_OPEN_MS", "7000"},
                          {"ATLAS_STT_ROTATE_SECONDS", "1800"},
                          {"ATLAS_DRAIN_SECONDS", "99"},
                          {"ATLAS_DRAIN_SPREAD_SECONDS", "9"},
                          {"ATLAS_CA_FILE", file.path()},
                          {"ATLAS_LOG_FORMAT", "text"},
                          {"ATLAS_LOG_LEVEL", "debug"},
                          {"ATLAS_LOG_WORDS", "true"},
                          {"ATLAS_EVENT_LOG_DIR", "/var/lib/atlas/calls"}};
    const auto result = load(keys_and(given));
    EXPECT_THAT(result.problems, IsEmpty());
    ASSERT_TRUE(result.config);
    for (const Setting& setting : settings_table()) {
        if (setting.secret) continue;
        ASSERT_TRUE(given.contains(setting.variable)) << setting.variable << " is missing in this test";
        EXPECT_EQ(setting.show(*result.config), given.at(setting.variable)) << setting.variable;
    }
}

TEST(Config, ToolsOfTheFileAreHeldToTheRulesOfTheProtocol) {
    const TemporaryFile good(R"([{"name": "weather", "effect": false, "timeout_ms": 500}])");
    const auto result = load(keys_and({{"ATLAS_TOOLS_FILE", good.path()}}));
    ASSERT_TRUE(result.config);
    ASSERT_EQ(result.config->call.conversation.tools.size(), 1U);
    EXPECT_EQ(result.config->call.conversation.tools[0].name, "weather");
    EXPECT_FALSE(result.config->call.conversation.tools[0].effect);
    const TemporaryFile bad(R"([{"name": "has blanks"}])");
    EXPECT_THAT(load(keys_and({{"ATLAS_TOOLS_FILE", bad.path()}})).problems,
                testing::ElementsAre(testing::HasSubstr("config.tools[0].name")));
    EXPECT_THAT(load(keys_and({{"ATLAS_TOOLS_FILE", "/does/not/exist"}})).problems,
                testing::ElementsAre(testing::HasSubstr("cannot be read")));
}

// ---- precedence

TEST(Config, AFlagWinsOverTheEnvironmentTheEnvironmentOverTheFileTheFileOverTheDefault) {
    const TemporaryFile file("max-calls = 1\nport = 1001\nidle-seconds = 11\n");
    auto variables = keys_and({{"ATLAS_CONFIG", file.path()}, {"ATLAS_MAX_CALLS", "2"}, {"PORT", "1002"}});
    const auto result = load(variables, {"--max-calls", "3"});
    ASSERT_TRUE(result.config) << all_text(result);
    EXPECT_EQ(result.config->admission.max_calls, 3U);
    EXPECT_EQ(result.config->listen.port, 1002);
    EXPECT_EQ(result.config->call.conversation.idle_limit, 11s);
    EXPECT_EQ(result.config->listen.tls_port, 8443);
}

TEST(Config, AnEmptyVariableIsNotSetAndHidesNothing) {
    const TemporaryFile file("greeting = \"From the file\"\n");
    const auto result = load(keys_and({{"ATLAS_GREETING", ""}, {"PORT", ""}, {"ATLAS_API_KEYS", ""}}),
                             {"--config", file.path()});
    ASSERT_TRUE(result.config) << all_text(result);
    EXPECT_EQ(result.config->call.conversation.lines.greeting, "From the file");
    EXPECT_EQ(result.config->listen.port, 8080);
    const auto printed = load(keys_and({{"ATLAS_API_KEYS", ""}}), {"--print-config"});
    EXPECT_THAT(printed.text, HasSubstr("ATLAS_API_KEYS=(not set)"));
}

TEST(Config, AFlagMayEmptyWhatTheEnvironmentSets) {
    const auto result = load(keys_and({{"ATLAS_GREETING", "Hello"}}), {"--greeting", ""});
    ASSERT_TRUE(result.config) << all_text(result);
    EXPECT_EQ(result.config->call.conversation.lines.greeting, "");
}

TEST(Config, AFileMayHoldSecretsListsAndSentencesWithCommas) {
    const TemporaryFile file(
        "deepgram-api-key = \"dg-from-the-file\"\n"
        "api-keys = [\"first-key-of-the-test\", \"second-key-of-the-test\"]\n"
        "instructions = \"Be kind, be brief, and say {{name}}.\"\n"
        "keyterms = \"Atlas,Vienna\"\n");
    auto variables = keys();
    variables.erase("DEEPGRAM_API_KEY");
    const auto result = load(variables, {"--config", file.path()});
    ASSERT_TRUE(result.config) << all_text(result);
    EXPECT_EQ(result.config->deepgram.api_key, "dg-from-the-file");
    EXPECT_THAT(result.config->admission.api_keys,
                ElementsAre("first-key-of-the-test", "second-key-of-the-test"));
    EXPECT_EQ(result.config->call.instructions, "Be kind, be brief, and say {{name}}.");
    EXPECT_THAT(result.config->deepgram.keyterms, ElementsAre("Atlas", "Vienna"));
}

TEST(Config, AFileWithMistakesNamesTheFileAndTheKey) {
    const TemporaryFile file("max-cals = 5\nport = \"eighty\"\n[section]\nport = 1\n");
    const auto result = load(keys(), {"--config", file.path()});
    EXPECT_FALSE(result.config);
    const auto text = all_text(result);
    EXPECT_THAT(text, HasSubstr(file.path() + ": unknown setting \"max-cals\""));
    EXPECT_THAT(text, HasSubstr(file.path() + ": unknown setting \"section.port\""));
    EXPECT_THAT(text,
                HasSubstr(file.path() + ": port: must be a whole number from 0 to 65535, not \"eighty\""));
}

TEST(Config, AFileThatIsNotThereIsAMistake) {
    const auto result = load(keys(), {"--config", "/nowhere/at/all.toml"});
    EXPECT_THAT(result.problems, ElementsAre(StartsWith("--config: cannot read \"/nowhere/at/all.toml\"")));
}

// ---- mistakes

struct Mistake {
    const char* variable;
    const char* value;
    const char* problem;  // what the line says of it
};

const std::vector<Mistake>& mistakes() {
    static const std::vector<Mistake> all{
        {"PORT", "70000", "must be a whole number from 0 to 65535, not \"70000\""},
        {"ATLAS_BIND", "localhost", "must be an IP address"},
        {"ATLAS_TLS_CERT", "/nowhere/cert.pem", "cannot read \"/nowhere/cert.pem\""},
        {"ATLAS_TLS_KEY", "/nowhere/key.pem", "cannot read \"/nowhere/key.pem\""},
        {"ATLAS_TLS_PORT", "-1", "must be a whole number"},
        {"METRICS_PORT", "9091x", "must be a whole number"},
        {"ATLAS_API_KEYS", "short", "at least 16 characters"},
        {"ATLAS_ALLOW_ANYONE", "maybe", "must be true or false, not \"maybe\""},
        {"ATLAS_MAX_CALLS", "0", "must be a whole number from 1"},
        {"ATLAS_CALLS_PER_ADDRESS", "many", "must be a whole number"},
        {"DEEPGRAM_API_KEY", "dg key", "must not contain blanks"},
        {"DEEPGRAM_URL", "api.deepgram.com", "must be a URL"},
        {"ATLAS_EOT_THRESHOLD", "1.5", "must be a number from 0.50 to 0.90"},
        {"ATLAS_EOT_TIMEOUT_MS", "5s", "must be a whole number"},
        {"ANTHROPIC_API_KEY", "sk-ant\n", "must not contain blanks"},
        {"ANTHROPIC_BASE_URL", "ftp://x", "must be a URL"},
        {"ATLAS_LLM_MAX_TOKENS", "1", "must be a whole number from 16"},
        {"OPENAI_API_KEY", " sk", "must not contain blanks"},
        {"OPENAI_BASE_URL", "https://", "must be a URL"},
        {"ATLAS_IDLE_SECONDS", "1", "must be a whole number from 5"},
        {"ATLAS_MAX_CALL_SECONDS", "1e3", "must be a whole number"},
        {"ATLAS_DRAIN_SECONDS", "-5", "must be a whole number"},
        {"ATLAS_DRAIN_SPREAD_SECONDS", "x", "must be a whole number"},
        {"ATLAS_CA_FILE", "/nowhere/ca.pem", "cannot read"},
        {"ATLAS_LOG_FORMAT", "xml", "must be json or text, not \"xml\""},
        {"ATLAS_LOG_LEVEL", "loud", "must be debug, info, warning or error"},
        {"ATLAS_LOG_WORDS", "2", "must be true or false"},
    };
    return all;
}

TEST(ConfigMistakes, EachIsToldWithItsVariableTheProblemAndTheRule) {
    for (const auto& mistake : mistakes()) {
        const auto result = load(keys_and({{mistake.variable, mistake.value}}));
        EXPECT_FALSE(result.config) << mistake.variable;
        const auto told = std::any_of(result.problems.begin(), result.problems.end(), [&](const auto& line) {
            return line.starts_with(std::string(mistake.variable) + ": ") &&
                   line.find(mistake.problem) != std::string::npos;
        });
        EXPECT_TRUE(told) << mistake.variable << ":\n" << all_text(result);
    }
}

TEST(ConfigMistakes, AllAreToldAtOnce) {
    Variables variables;
    for (const auto& mistake : mistakes()) variables[mistake.variable] = mistake.value;
    const auto result = load(variables, {"--no-such-flag", "--also-not=5"});
    EXPECT_FALSE(result.config);
    const auto text = all_text(result);
    for (const auto& mistake : mistakes()) EXPECT_THAT(text, HasSubstr(std::string(mistake.variable) + ": "));
    EXPECT_THAT(text, HasSubstr("unknown flag --no-such-flag"));
    EXPECT_THAT(text, HasSubstr("unknown flag --also-not;"));
}

TEST(ConfigMistakes, OfAFlagAreToldWithTheFlag) {
    const auto result = load(keys(), {"--port", "eighty"});
    EXPECT_THAT(result.problems,
                ElementsAre("--port: must be a whole number from 0 to 65535, not \"eighty\""));
}

TEST(ConfigMistakes, MissingKeysAreToldTogether) {
    const auto result = load({});
    EXPECT_THAT(result.problems, ElementsAre(StartsWith("DEEPGRAM_API_KEY: is not set"),
                                             StartsWith("ANTHROPIC_API_KEY: is not set"),
                                             StartsWith("OPENAI_API_KEY: is not set")));
    EXPECT_THAT(result.problems.front(), HasSubstr("script/server"));
}

TEST(ConfigMistakes, WhatOnlyAProviderCanJudgeNamesTheVariableToo) {
    const auto problems_of = [](const char* variable, const char* value) {
        return load(keys_and({{variable, value}})).problems;
    };
    EXPECT_THAT(problems_of("DEEPGRAM_URL", "wss://:443"), ElementsAre(StartsWith("DEEPGRAM_URL: ")));
    EXPECT_THAT(problems_of("ATLAS_STT_MODEL", "flux"), ElementsAre(StartsWith("ATLAS_STT_MODEL: ")));
    EXPECT_THAT(problems_of("ANTHROPIC_BASE_URL", "wss://x.test"),
                ElementsAre(StartsWith("ANTHROPIC_BASE_URL: ")));
    EXPECT_THAT(problems_of("ANTHROPIC_VERSION", "latest"), ElementsAre(StartsWith("ANTHROPIC_VERSION: ")));
    EXPECT_THAT(problems_of("OPENAI_BASE_URL", "https://:1"), ElementsAre(StartsWith("OPENAI_BASE_URL: ")));
}

TEST(ConfigMistakes, HalfOfTlsIsOne) {
    const TemporaryFile file("any");
    const auto result = load(keys_and({{"ATLAS_TLS_CERT", file.path()}}));
    EXPECT_THAT(result.problems, ElementsAre(HasSubstr("both are needed")));
}

TEST(ConfigMistakes, TwoListenersOnOnePortAreOne) {
    EXPECT_THAT(load(keys_and({{"PORT", "9091"}})).problems,
                ElementsAre(StartsWith("METRICS_PORT and PORT: ")));
    EXPECT_THAT(load(keys_and({{"PORT", "0"}, {"METRICS_PORT", "0"}})).problems, IsEmpty());
}

// ---- who may call

TEST(ConfigBind, WithoutAKeyOnlyThisMachineIsServed) {
    EXPECT_EQ(load(keys()).config->listen.bind, "127.0.0.1");
    const auto result = load(keys_and({{"ATLAS_BIND", "0.0.0.0"}}));
    EXPECT_THAT(result.problems, ElementsAre(StartsWith("ATLAS_BIND: \"0.0.0.0\" lets other machines call")));
    EXPECT_THAT(load(keys_and({{"ATLAS_BIND", "127.0.0.9"}})).problems, IsEmpty());
    EXPECT_THAT(load(keys_and({{"ATLAS_BIND", "::1"}})).problems, IsEmpty());
    EXPECT_FALSE(load(keys_and({{"ATLAS_BIND", "::"}})).config);
}

TEST(ConfigBind, WithAKeyOrWhenItIsMeantEveryoneIsServed) {
    const Variables with_key{{"ATLAS_API_KEYS", "a-key-of-the-test-1, a-key-of-the-test-2"}};
    EXPECT_EQ(load(keys_and(with_key)).config->listen.bind, "0.0.0.0");
    EXPECT_EQ(load(keys_and(with_key)).config->admission.api_keys.size(), 2U);
    EXPECT_EQ(load(keys_and({{"ATLAS_ALLOW_ANYONE", "true"}})).config->listen.bind, "0.0.0.0");
}

TEST(ConfigDrain, CallsLeaveOverAtMostHalfTheDeadline) {
    const auto result = load(keys_and({{"ATLAS_DRAIN_SECONDS", "20"}}));
    EXPECT_EQ(result.config->drain.spread, 10s);
}

// ---- speech models that OpenAI shuts down

TEST(ConfigDates, AModelThatWillBeShutDownIsWarnedAboutAndLaterRefused) {
    const Variables variables = keys_and({{"ATLAS_TTS_MODEL", "gpt-4o-mini-tts"}});
    const auto before = load(variables, {}, 2027y / std::chrono::January / 5);
    EXPECT_TRUE(before.config);
    EXPECT_THAT(before.warnings, ElementsAre(StartsWith("ATLAS_TTS_MODEL: ")));
    EXPECT_THAT(before.warnings.front(), HasSubstr("2027-01-06"));
    const auto after = load(variables, {}, 2027y / std::chrono::January / 6);
    EXPECT_FALSE(after.config);
    EXPECT_THAT(after.problems, ElementsAre(StartsWith("ATLAS_TTS_MODEL: ")));
    auto elsewhere = variables;
    elsewhere["OPENAI_BASE_URL"] = "https://tts.test/v1";
    EXPECT_TRUE(load(elsewhere, {}, 2028y / std::chrono::January / 1).config)
        << "another server decides itself";
}

// ---- what is printed

TEST(ConfigText, HelpNamesEveryVariableAndEveryFlag) {
    const auto result = load({}, {"--help"});
    EXPECT_FALSE(result.config);
    EXPECT_THAT(result.problems, IsEmpty());
    for (const Setting& setting : settings_table()) {
        EXPECT_THAT(result.text, HasSubstr(setting.variable));
        if (setting.secret) {
            EXPECT_THAT(result.text, Not(HasSubstr("--" + flag_of(setting))));
        } else {
            EXPECT_THAT(result.text, HasSubstr("--" + flag_of(setting)));
        }
    }
    for (const char* more : {"--config", "ATLAS_CONFIG", "--print-config", "--version"})
        EXPECT_THAT(result.text, HasSubstr(more));
}

TEST(ConfigText, VersionIsOneLine) {
    const auto result = load({}, {"--version"});
    EXPECT_THAT(result.text, StartsWith("atlas-voice "));
    EXPECT_EQ(std::count(result.text.begin(), result.text.end(), '\n'), 1);
    EXPECT_FALSE(result.config);
}

TEST(ConfigText, PrintConfigShowsTheEffectiveSettingsAndWhereTheyCameFrom) {
    const auto result = load(keys_and({{"ATLAS_MAX_CALLS", "7"}}), {"--print-config", "--port", "81"});
    EXPECT_FALSE(result.config);
    EXPECT_THAT(result.text, HasSubstr("ATLAS_MAX_CALLS=7    # from ATLAS_MAX_CALLS\n"));
    EXPECT_THAT(result.text, HasSubstr("PORT=81    # from --port\n"));
    EXPECT_THAT(result.text, HasSubstr("METRICS_PORT=9091\n"));
    EXPECT_THAT(result.text, HasSubstr("DEEPGRAM_API_KEY=(set, hidden)"));
}

TEST(ConfigText, PrintConfigWithMistakesTellsTheMistakes) {
    const auto result = load(keys_and({{"PORT", "x"}}), {"--print-config"});
    EXPECT_EQ(result.text, "");
    EXPECT_EQ(result.problems.size(), 1U);
}

// ---- secrets

TEST(ConfigSecrets, AreNeverShownWhereverTheyWerePut) {
    const std::string secret = "TopSecret";
    const TemporaryFile broken("deepgram-api-key " + secret + "\nopenai-api-key = \"" + secret + " x\"\n[" +
                               "a\n");
    const std::vector<ConfigResult> results{
        load(keys_and({{"DEEPGRAM_API_KEY", secret + " "}, {"ATLAS_API_KEYS", secret}})),
        load(keys_and({{"ATLAS_API_KEYS", secret + "-is-long-enough\x01"}})),
        load({{"DEEPGRAM_API_KEY", secret}, {"ANTHROPIC_API_KEY", secret}, {"OPENAI_API_KEY", secret}},
             {"--print-config"}),
        load(keys(), {"--deepgram-api-key=" + secret}),
        load(keys(), {"--deepgram-api-key", secret}),
        load(keys(), {secret}),
        load(keys(), {"--config", broken.path()}),
        load(keys_and({{"DEEPGRAM_URL", "wss://user:" + secret + "@api.test"}}), {"--print-config"}),
        load(keys_and({{"OPENAI_BASE_URL", "ftp://user:" + secret + "@api.test"}})),
        load(keys_and({{"ANTHROPIC_BASE_URL", "https://user:" + secret + "@api.test"}}), {"--print-config"}),
    };
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto text = all_text(results[i]);
        EXPECT_FALSE(text.empty()) << i;
        EXPECT_THAT(text, Not(HasSubstr(secret))) << i;
    }
}

TEST(ConfigSecrets, GivenAsFlagsAreRefusedWithTheWayToGiveThem) {
    const auto result = load(keys(), {"--openai-api-key=sk-x"});
    EXPECT_FALSE(result.config);
    EXPECT_THAT(result.problems, ElementsAre(HasSubstr("set OPENAI_API_KEY in the environment or the file")));
}

// ---- where it runs

TEST(ConfigPlace, IsReadFromFlysVariables) {
    const auto result = load(keys_and({{"FLY_REGION", "fra"}, {"FLY_MACHINE_ID", "3287104f"}}));
    EXPECT_EQ(result.config->call.server.region, "fra");
    EXPECT_EQ(result.config->call.server.machine, "3287104f");
    EXPECT_EQ(result.config->log.region, "fra");
}

// ---- the documentation

TEST(ConfigDocument, HoldsTheSameTablesAsTheProgram) {
    std::ifstream file(ATLAS_DOCS_DIR "/configuration.md");
    ASSERT_TRUE(file) << "docs/configuration.md is missing";
    std::stringstream text;
    text << file.rdbuf();
    const std::string page = text.str();
    file.close();
    const std::string begin = "<!-- settings -->";
    const auto from = page.find(begin);
    const auto to = page.find("<!-- /settings -->");
    ASSERT_NE(from, std::string::npos);
    ASSERT_NE(to, std::string::npos);
    const auto trimmed = [](std::string part) {
        part.erase(0, part.find_first_not_of('\n'));
        part.erase(part.find_last_not_of('\n') + 1);
        return part;
    };
    const std::string tables = trimmed(describe_settings_as_markdown());
    if (std::getenv("ATLAS_WRITE_DOCS") != nullptr) {
        std::ofstream(ATLAS_DOCS_DIR "/configuration.md") << page.substr(0, from) << begin << "\n\n"
                                                          << tables << "\n\n"
                                                          << page.substr(to);
        return;
    }
    EXPECT_EQ(trimmed(page.substr(from + begin.size(), to - from - begin.size())), tables)
        << "run this test with ATLAS_WRITE_DOCS=1";
}

TEST(Config, SettingsForProvidersReachTheModelAndTheVoiceAlike) {
    const auto result = load(keys_and({{"ATLAS_HEDGE_SHARE", "0"},
                                       {"ATLAS_HEDGE_QUANTILE", "0.9"},
                                       {"ATLAS_BREAKER_FAILURES", "6"},
                                       {"ATLAS_BREAKER_OPEN_MS", "7000"},
                                       {"ATLAS_TTS_HEDGE_MAX_MS", "1100"}}));
    ASSERT_TRUE(result.config);
    for (const auto* settings : {&result.config->model_resilience, &result.config->speech_resilience}) {
        EXPECT_EQ(settings->budget.share, 0);
        EXPECT_EQ(settings->budget.burst, 0) << "a share of 0 means not even the first ones";
        EXPECT_EQ(settings->hedge_quantile, 0.9);
        EXPECT_EQ(settings->breaker.failures_in_a_row, 6U);
        EXPECT_EQ(settings->breaker.open_for, 7s);
    }
    EXPECT_EQ(result.config->speech_resilience.hedge_after_at_most, 1100ms);
    EXPECT_EQ(result.config->model_resilience.hedge_after_at_most, 2500ms) << "the model's stays";
}

TEST(Config, ShareOfSecondRequestsBeyondHalfIsRefusedWithTheRule) {
    const auto result = load(keys_and({{"ATLAS_HEDGE_SHARE", "0.6"}}));
    EXPECT_THAT(result.problems, ElementsAre(AllOf(HasSubstr("ATLAS_HEDGE_SHARE"), HasSubstr("0.5"))));
}

TEST(Config, TheSocketsToTheVoiceAreEnoughForTwoChunksOfEveryCallThatIsLetIn) {
    for (const std::size_t calls : {1UL, 33UL, 150UL, 1001UL}) {
        const auto result = load(keys_and({{"ATLAS_MAX_CALLS", std::to_string(calls)}}));
        ASSERT_TRUE(result.config);
        const auto& pool = result.config->speech.pool;
        EXPECT_GE(pool.max_sockets * pool.responses_per_socket, 2 * calls);
        EXPECT_GE(pool.max_waiting, 2 * calls);
        EXPECT_GE(pool.max_sockets, 16U) << "no fewer than a small machine always had";
    }
}

TEST(ConfigDocument, HasARowForEverySettingWithoutBreakingTheTable) {
    const std::string tables = describe_settings_as_markdown();
    std::istringstream lines(tables);
    std::size_t rows = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("| `")) continue;
        ++rows;
        std::size_t bars = 0;
        for (std::size_t i = 0; i < line.size(); ++i)
            bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1 : 0;
        EXPECT_EQ(bars, 5U) << line;
    }
    EXPECT_EQ(rows, settings_table().size());
}

}  // namespace
}  // namespace atlas::server
