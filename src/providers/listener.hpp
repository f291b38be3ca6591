#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace atlas::providers {

// The handler of whoever asked. It may destroy the object that owns this Listener; the handler itself
// stays alive until it returns.
template <class Event>
class Listener {
public:
    explicit Listener(std::function<void(Event)> handler)
        : handler_(std::make_shared<std::function<void(Event)>>(std::move(handler))) {}

    // False when the handler destroyed the owner: nothing of it may be touched any more.
    [[nodiscard]] bool tell(Event event) const {
        const auto kept = handler_;
        (*kept)(std::forward<Event>(event));
        return kept.use_count() > 1;
    }

private:
    std::shared_ptr<std::function<void(Event)>> handler_;
};

}  // namespace atlas::providers
