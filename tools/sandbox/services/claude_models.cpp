#include "sandbox/services/claude_models.hpp"

#include <algorithm>
#include <array>

namespace atlas::sandbox {
namespace {

constexpr auto any_sampling = ClaudeModel::Sampling::any;
constexpr auto neutral = ClaudeModel::Sampling::neutral_only;
constexpr std::array models{
    ClaudeModel{"claude-haiku-5-5", true, "adaptive disabled", false, neutral},
    ClaudeModel{"claude-sonnet-5-5", true, "adaptive between_tools", false, neutral, false},
    ClaudeModel{"claude-opus-5-5", true, "adaptive", false, neutral},
    ClaudeModel{"claude-fable-5-2", true, "adaptive", false, neutral},
    ClaudeModel{"claude-fable-5-1", true, "adaptive", false, neutral, false},
    ClaudeModel{"claude-fable-5", true, "adaptive", false, neutral},
    ClaudeModel{"claude-sonnet-5", true, "adaptive disabled", false, neutral, true, 1024},
    ClaudeModel{"claude-opus-5", true, "adaptive disabled", false, neutral},
    ClaudeModel{"claude-opus-4-8", false, "adaptive disabled", false, neutral, true, 1024},
    ClaudeModel{"claude-opus-4-7", false, "adaptive disabled", false, neutral, true, 2048},
    ClaudeModel{"claude-opus-4-6", false, "adaptive disabled enabled", false, any_sampling, true, 4096},
    ClaudeModel{"claude-opus-4-5", false, "disabled enabled", true, any_sampling, true, 4096},
    ClaudeModel{"claude-sonnet-4-6", false, "adaptive disabled enabled", false, any_sampling, true, 1024},
    ClaudeModel{"claude-sonnet-4-5", false, "disabled enabled", true, any_sampling, true, 1024},
    ClaudeModel{"claude-haiku-4-5", false, "disabled enabled", true, any_sampling, true, 4096},
    ClaudeModel{"claude-haiku-4-5-20251001", false, "disabled enabled", true, any_sampling, true, 4096},
};

}  // namespace

const ClaudeModel* find_claude_model(std::string_view id) {
    const auto found = std::ranges::find(models, id, &ClaudeModel::id);
    return found == models.end() ? nullptr : &*found;
}

std::vector<std::string> claude_models() {
    std::vector<std::string> ids;
    for (const ClaudeModel& model : models) ids.emplace_back(model.id);
    return ids;
}

}  // namespace atlas::sandbox
