#include "sandbox/services/claude_cache.hpp"

#include <algorithm>

namespace atlas::sandbox {
namespace {

constexpr std::size_t look_back = 20;  // blocks, the marked one included
constexpr std::size_t max_entries = 20000;
constexpr int hours_worth = 12;  // an hour is so many times five minutes

// FNV-1a, continued from block to block.
std::uint64_t extend(std::uint64_t hash, const std::string& text) {
    const auto mix = [&hash](unsigned char byte) { hash = (hash ^ byte) * 1099511628211ull; };
    for (const char c : text) mix(static_cast<unsigned char>(c));
    mix(0xFF);  // no byte of UTF-8: the end of a block
    return hash;
}

struct Position {
    std::uint64_t prefix;
    int tokens;  // of the prompt up to here
};

std::vector<Position> positions_of(const Prompt& prompt) {
    std::vector<Position> positions;
    std::uint64_t prefix = extend(14695981039346656037ull, prompt.model);
    std::size_t bytes = 0;
    for (const PromptBlock& block : prompt.blocks) {
        prefix = extend(prefix, block.identity);
        bytes += block.bytes;
        positions.push_back({prefix, static_cast<int>((bytes + 2) / 4)});
    }
    return positions;
}

}  // namespace

PromptCache::Use PromptCache::read(const Prompt& prompt, Time now, std::chrono::milliseconds lifetime) {
    const std::vector<Position> positions = positions_of(prompt);
    Use use;
    for (std::size_t mark = 0; mark < positions.size(); ++mark) {
        if (!prompt.blocks[mark].marked) continue;
        ++use.usage.marks;
        const std::size_t first = mark + 1 - std::min(mark + 1, look_back);
        for (std::size_t at = mark + 1; at-- > first;) {
            if (!refresh(positions[at].prefix, now)) continue;
            use.usage.read = std::max(use.usage.read, positions[at].tokens);
            break;
        }
    }
    int covered = use.usage.read;
    for (std::size_t mark = 0; mark < positions.size(); ++mark) {
        if (!prompt.blocks[mark].marked || positions[mark].tokens < prompt.smallest_cached) continue;
        const bool for_an_hour = prompt.blocks[mark].for_an_hour;
        const int more = std::max(0, positions[mark].tokens - covered);
        (for_an_hour ? use.usage.written_1h : use.usage.written_5m) += more;
        covered += more;
        use.writes.push_back({positions[mark].prefix, for_an_hour ? hours_worth * lifetime : lifetime});
    }
    use.usage.input = positions.empty() ? 0 : positions.back().tokens - covered;
    return use;
}

void PromptCache::write(const Use& use, Time now) {
    for (const Use::Write& write : use.writes) {
        const auto [entry, is_new] =
            entries_.insert_or_assign(write.prefix, Entry{now + write.lifetime, write.lifetime});
        if (is_new) order_.push_back(write.prefix);
    }
    while (order_.size() > max_entries) {
        entries_.erase(order_.front());
        order_.pop_front();
    }
}

bool PromptCache::refresh(std::uint64_t prefix, Time now) {
    const auto entry = entries_.find(prefix);
    if (entry == entries_.end() || entry->second.until <= now) return false;
    entry->second.until = now + entry->second.lifetime;
    return true;
}

}  // namespace atlas::sandbox
