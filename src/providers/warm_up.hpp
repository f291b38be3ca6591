#pragma once

#include "atlas/net/http_client.hpp"
#include "atlas/net/loop.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace atlas::providers {

// Keeps a connection of the HTTP client open by asking something cheap now and then; the answer does not
// matter. Asks at most once per interval, and never waits longer than the limit.
class WarmUp {
public:
    WarmUp(net::HttpClient& http, net::Loop& loop, net::Duration interval, net::Duration limit)
        : http_(http),
          loop_(loop),
          interval_(interval),
          limit_(limit),
          give_up_(loop.make_timer([this] { transfer_.reset(); })) {}

    bool due() const { return !last_ || loop_.now() - *last_ >= interval_; }

    void ask(net::HttpRequest request) {
        last_ = loop_.now();
        net::TransferHandlers handlers;
        handlers.on_done = [this](const net::TransferResult&) { end(); };
        transfer_ = http_.start(std::move(request), std::move(handlers));
        give_up_->expire_after(limit_);
    }

private:
    void end() {
        give_up_->cancel();
        transfer_.reset();
    }

    net::HttpClient& http_;
    net::Loop& loop_;
    net::Duration interval_;
    net::Duration limit_;
    std::optional<net::TimePoint> last_;
    std::unique_ptr<net::Timer> give_up_;
    std::unique_ptr<net::Transfer> transfer_;
};

}  // namespace atlas::providers
