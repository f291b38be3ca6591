#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace atlas::sandbox {

// One block of a prompt, in the service's order: tools, system, messages.
struct PromptBlock {
    std::string identity;   // what makes it the same block again; cache marks are no part of it
    std::size_t bytes = 0;  // of what the model reads
    bool marked = false;    // cache_control
    bool for_an_hour = false;
};

struct Prompt {
    std::string model;
    int smallest_cached = 512;  // tokens
    std::vector<PromptBlock> blocks;
};

// Tokens, estimated as a quarter of the bytes, rounded. Their sum is the whole prompt.
struct PromptUsage {
    int input = 0;  // neither read from the cache nor written to it
    int read = 0;
    int written_5m = 0;
    int written_1h = 0;
    int marks = 0;  // not tokens: blocks with cache_control

    int written() const { return written_5m + written_1h; }
};

// The service's prompt cache (claude_openai_tts.md §A.8), for all keys together. An entry is the whole prompt
// up to a marked block. A mark finds the longest entry among the last 20 blocks up to its own; reading one
// keeps it alive. Bounded: the oldest entries go first. Pure; one thread.
class PromptCache {
public:
    using Time = std::chrono::steady_clock::time_point;

    // What one request reads, and what it will leave behind.
    struct Use {
        PromptUsage usage;
        struct Write {
            std::uint64_t prefix = 0;
            std::chrono::milliseconds lifetime{};
        };
        std::vector<Write> writes;
    };

    Use read(const Prompt& prompt, Time now, std::chrono::milliseconds lifetime = std::chrono::minutes(5));
    // The answer of that request begins to stream: only now others can read what it wrote.
    void write(const Use& use, Time now);

private:
    struct Entry {
        Time until;
        std::chrono::milliseconds lifetime;
    };
    bool refresh(std::uint64_t prefix, Time now);

    std::map<std::uint64_t, Entry> entries_;
    std::deque<std::uint64_t> order_;  // of their first writing
};

}  // namespace atlas::sandbox
