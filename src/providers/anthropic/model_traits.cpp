#include "model_traits.hpp"

namespace atlas::providers::anthropic {

namespace {

// "claude-haiku-4-5" also stands for "claude-haiku-4-5-20251001", but not for "claude-haiku-4-51".
bool is_model(std::string_view model, std::string_view name) {
    if (!model.starts_with(name)) return false;
    const std::string_view rest = model.substr(name.size());
    return rest.empty() || rest.starts_with("-20");
}

}  // namespace

ModelTraits traits_of_model(std::string_view model) {
    if (is_model(model, "claude-haiku-5-5")) return {Thinking::disabled, "", 512};
    if (is_model(model, "claude-sonnet-5-5")) return {Thinking::between_tools, "", 512};
    // Always think; less is all one can ask for.
    if (is_model(model, "claude-opus-5-5") || model.starts_with("claude-fable-"))
        return {Thinking::omitted, "low", 512};
    if (is_model(model, "claude-haiku-4-5")) return {Thinking::omitted, "", 4096};
    if (is_model(model, "claude-sonnet-4-6")) return {Thinking::omitted, "", 1024};
    return {};
}

}  // namespace atlas::providers::anthropic
