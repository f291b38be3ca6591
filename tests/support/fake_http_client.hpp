#pragma once

#include "atlas/net/http_client.hpp"
#include "atlas/net/loop.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// An HTTP client without a network, on any Loop. A test plays the server:
//
//     FakeHttpClient http(loop);
//     ... the client under test asks something ...
//     http.last().head(200, {{"content-type", "text/event-stream"}});
//     http.last().body("data: {}\n\n");
//     http.last().done();
//     loop.run_ready();
//
// Everything the client gets, it gets from the loop, as with the real one.
namespace atlas::test {

// One request, and the server's side of it. It stays when the client has let go of its Transfer.
class FakeExchange : public std::enable_shared_from_this<FakeExchange> {
public:
    FakeExchange(net::Loop& loop, net::HttpRequest asked, net::TransferHandlers handlers)
        : request(std::move(asked)),
          at(loop.now()),
          loop_(loop),
          handlers_(std::make_shared<net::TransferHandlers>(std::move(handlers))) {}

    const net::HttpRequest request;
    const net::TimePoint at;

    // Under way: neither ended nor cancelled.
    bool open() const { return handlers_ != nullptr && !ended_; }
    bool cancelled() const { return cancelled_; }  // before its end

    // --- what the server does; each arrives from the loop, in order
    void head(int status, net::HttpHeaders headers = {}) {
        has_head_ = true;
        come([status, headers = std::move(headers)](const net::TransferHandlers& to) {
            if (to.on_head) to.on_head(status, headers);
        });
    }
    void body(std::string bytes) {
        come([bytes = std::move(bytes)](const net::TransferHandlers& to) {
            if (to.on_body) to.on_body(bytes);
        });
    }
    void done() { end({true, has_head_, false, ""}); }
    void break_off(std::string error = "stream was reset") {
        end({false, has_head_, false, std::move(error)});
    }
    void time_out_connecting() { end({false, false, true, "Connection timed out"}); }
    // A whole answer.
    void answer(int status, net::HttpHeaders headers, std::string bytes) {
        head(status, std::move(headers));
        if (!bytes.empty()) body(std::move(bytes));
        done();
    }

    // Gives bytes to the client at once, on the caller's stack, without allocating: for measuring.
    void body_now(std::string_view bytes) { handlers_->on_body(bytes); }

private:
    friend class FakeHttpClient;
    using Delivery = std::function<void(const net::TransferHandlers&)>;

    void come(Delivery delivery) {
        incoming_.push_back(std::move(delivery));
        loop_.post([self = shared_from_this()] { self->deliver(); });
    }

    // The handlers are held here while one runs: it may destroy the Transfer.
    void deliver() {
        if (!handlers_ || incoming_.empty()) return;
        const auto handlers = handlers_;
        const Delivery delivery = std::move(incoming_.front());
        incoming_.pop_front();
        delivery(*handlers);
    }

    void end(net::TransferResult result) {
        come([this, result = std::move(result)](const net::TransferHandlers& to) {
            ended_ = true;
            if (to.on_done) to.on_done(result);
        });
    }

    void client_lets_go() {
        cancelled_ = !ended_;
        handlers_.reset();
        incoming_.clear();
    }

    net::Loop& loop_;
    std::shared_ptr<net::TransferHandlers> handlers_;
    std::deque<Delivery> incoming_;
    bool has_head_ = false;
    bool ended_ = false;
    bool cancelled_ = false;
};

class FakeHttpClient final : public net::HttpClient {
public:
    explicit FakeHttpClient(net::Loop& loop) : loop_(loop) {}

    std::vector<std::shared_ptr<FakeExchange>> requests;  // all of them, in order
    std::function<void(FakeExchange&)> on_request;  // from the loop; for a server that answers by itself

    FakeExchange& last() { return *requests.back(); }
    FakeExchange& request(std::size_t index) { return *requests.at(index); }

    std::unique_ptr<net::Transfer> start(net::HttpRequest request, net::TransferHandlers handlers) override {
        requests.push_back(std::make_shared<FakeExchange>(loop_, std::move(request), std::move(handlers)));
        if (on_request) loop_.post([this, exchange = requests.back()] { on_request(*exchange); });
        return std::make_unique<FakeTransfer>(requests.back());
    }

private:
    class FakeTransfer final : public net::Transfer {
    public:
        explicit FakeTransfer(std::shared_ptr<FakeExchange> exchange) : exchange_(std::move(exchange)) {}
        ~FakeTransfer() override { exchange_->client_lets_go(); }

    private:
        std::shared_ptr<FakeExchange> exchange_;
    };

    net::Loop& loop_;
};

}  // namespace atlas::test
