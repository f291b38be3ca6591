#include "conversation/shrink.hpp"

#include "atlas/conversation/fields.hpp"

#include <algorithm>
#include <concepts>
#include <string>
#include <utility>

namespace atlas::conversation {
namespace {

class Shrinker {
public:
    Shrinker(FuzzCase story, const std::function<bool(const FuzzCase&)>& fails, int attempts)
        : story_(std::move(story)), fails_(fails), attempts_(attempts) {}

    FuzzCase shrink() {
        for (bool better = true; better && attempts_ > 0;) {
            better = leave_out_steps();
            better = simplify_settings() || better;
            better = simplify_steps() || better;
        }
        return std::move(story_);
    }

private:
    // True: it still fails, and is the story from now on.
    bool take(FuzzCase candidate) {
        if (attempts_-- <= 0 || !fails_(candidate)) return false;
        story_ = std::move(candidate);
        return true;
    }

    bool leave_out_steps() {
        bool better = false;
        for (std::size_t size = std::max<std::size_t>(1, story_.steps.size() / 2); size > 0; size /= 2) {
            for (std::size_t at = 0; at < story_.steps.size();) {
                FuzzCase shorter = story_;
                const auto from = shorter.steps.begin() + static_cast<std::ptrdiff_t>(at);
                const auto count = std::min(size, shorter.steps.size() - at);
                shorter.steps.erase(from, from + static_cast<std::ptrdiff_t>(count));
                if (take(std::move(shorter))) {
                    better = true;
                } else {
                    at += size;
                }
            }
        }
        return better;
    }

    bool simplify_settings() {
        bool better = false;
        for (std::size_t which = 0; which < fields<ConversationSettings>.members.size(); ++which) {
            FuzzCase simpler = story_;
            if (make_default(simpler.settings, which)) better = take(std::move(simpler)) || better;
        }
        return better;
    }

    // Sets one group of settings back. False: it is as usual already.
    static bool make_default(ConversationSettings& settings, std::size_t which) {
        ConversationSettings usual;
        bool changed = false;
        std::size_t at = 0;
        for_each_field(settings, [&](std::string_view name, auto& member) {
            if (at++ != which) return;
            for_each_field(usual, [&](std::string_view other, auto& value) {
                if constexpr (std::is_same_v<decltype(member), decltype(value)>) {
                    if (other != name) return;
                    ConversationSettings before = settings;
                    member = value;
                    changed = to_code(before) != to_code(settings);
                }
            });
        });
        return changed;
    }

    bool simplify_steps() {
        bool better = false;
        for (std::size_t at = 0; at < story_.steps.size(); ++at) {
            better = simplify(at, [](Step& step) { return std::exchange(step.late, false); }) || better;
            better = simplify(at,
                              [](Step& step) {
                                  return std::exchange(step.after, Duration::zero()) > Duration::zero();
                              }) ||
                     better;
            better = simplify(at, round_time) || better;
            for (std::size_t which = 0; which < 8; ++which) {
                better = simplify(at, [which](Step& step) { return leave_out(step.event, which); }) || better;
            }
        }
        return better;
    }

    template <class Change>
    bool simplify(std::size_t at, Change change) {
        FuzzCase simpler = story_;
        return change(simpler.steps[at]) && take(std::move(simpler));
    }

    static bool round_time(Step& step) {
        const Duration rounded = std::chrono::ceil<std::chrono::seconds>(step.after);
        return std::exchange(step.after, rounded) != rounded;
    }

    // One member of the event becomes what it is by default, a text short.
    static bool leave_out(Event& event, std::size_t which) {
        bool changed = false;
        std::visit(
            [&](auto& fact) {
                std::size_t at = 0;
                for_each_field(fact, [&](std::string_view, auto& member) {
                    if (at++ == which) changed = make_plain(member);
                });
            },
            event);
        return changed;
    }

    static bool make_plain(std::string& text) {
        if (text.size() <= 6) return false;
        text = "Hello.";
        return true;
    }
    template <class T>
    static bool make_plain(T& member) {
        if constexpr (std::equality_comparable<T>) {
            return !(std::exchange(member, T{}) == T{});
        } else {
            return false;
        }
    }

    FuzzCase story_;
    const std::function<bool(const FuzzCase&)>& fails_;
    int attempts_;
};

}  // namespace

FuzzCase shrink(FuzzCase story, const std::function<bool(const FuzzCase&)>& fails, int attempts) {
    return Shrinker(std::move(story), fails, attempts).shrink();
}

}  // namespace atlas::conversation
