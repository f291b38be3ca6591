#include "conversation/chance.hpp"
#include "conversation/fuzz_run.hpp"
#include "conversation/shrink.hpp"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>

// Random events in random order, watched by the rules of invariants.hpp. A seed whose story breaks one is
// printed with the command that replays it and the shortest story found that breaks the same rule.

namespace {

using namespace atlas::conversation;

struct Options {
    std::uint64_t events = 1'000'000;
    std::optional<std::uint64_t> seed;  // only this one
    std::uint64_t first = 1;
    std::uint64_t steps = 400;     // in one story
    std::uint64_t keep_going = 1;  // so many different rules may break before it stops
};

bool take(std::string_view text, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

std::optional<Options> parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; i += 2) {
        const std::string_view name = argv[i];
        std::uint64_t value = 0;
        if (i + 1 >= argc || !take(argv[i + 1], value)) return std::nullopt;
        if (name == "--events")
            options.events = value;
        else if (name == "--seed")
            options.seed = value;
        else if (name == "--first-seed")
            options.first = value;
        else if (name == "--steps")
            options.steps = value;
        else if (name == "--rules")
            options.keep_going = value;
        else
            return std::nullopt;
    }
    return options;
}

struct Told {
    FuzzCase story;
    std::optional<Broken> broken;
    std::size_t events = 0;
};

Told tell(std::uint64_t seed, std::uint64_t steps) {
    Chance chance(seed);
    Told told;
    told.story.settings = chance.settings();
    FuzzRun run(told.story.settings);
    for (std::uint64_t i = 0; i < steps; ++i) {
        told.story.steps.push_back(chance.next(run.world()));
        if (!run.play(told.story.steps.back())) break;
    }
    if (!run.broken()) run.leave_alone();
    told.broken = run.broken();
    told.events = run.events();
    return told;
}

void report(std::uint64_t seed, std::uint64_t steps, Told told) {
    std::cout << "seed " << seed << " breaks: " << told.broken->rule << "\n  " << told.broken->detail
              << "\nreplay it with: conversation_fuzz --seed " << seed << " --steps " << steps << "\n";
    const auto same = [&](const FuzzCase& story) {
        const auto broken = play(story);
        return broken && broken->rule == told.broken->rule;
    };
    const auto before = told.story.steps.size();
    const FuzzCase shortest = shrink(std::move(told.story), same);
    const auto broken = play(shortest);
    std::cout << "shrunk from " << before << " events to " << shortest.steps.size() << ": " << broken->detail
              << "\n"
              << to_code(shortest) << std::endl;
}

int fuzz(const Options& options) {
    const auto began = std::chrono::steady_clock::now();
    std::uint64_t events = 0;
    std::uint64_t seed = options.seed.value_or(options.first);
    std::map<std::string, std::uint64_t> broken;
    for (; events < options.events && broken.size() < options.keep_going; ++seed) {
        Told told = tell(seed, options.steps);
        events += told.events;
        if (told.broken && broken[told.broken->rule]++ == 0) report(seed, options.steps, std::move(told));
        if (options.seed) break;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::cout << events << " events, seeds " << options.seed.value_or(options.first) << " to " << seed << ", "
              << static_cast<std::uint64_t>(static_cast<double>(events) / took.count()) << " events/s\n";
    for (const auto& [rule, times] : broken) std::cout << times << " x broken: " << rule << "\n";
    return broken.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = parse(argc, argv);
    if (!options) {
        std::cerr << "conversation_fuzz [--events N] [--seed S | --first-seed S] [--steps K] [--rules R]\n"
                     "  --rules R   goes on until R different rules are broken\n";
        return 2;
    }
    return fuzz(*options);
}
