#include "atlas/net/http_listener.hpp"

#include "atlas/net/asio_loop.hpp"
#include "http_connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/ssl/context.hpp>

#include <stdexcept>

namespace atlas::net {
namespace {

using tcp = asio::ip::tcp;

constexpr Duration accept_pause = std::chrono::milliseconds(50);

class AsioListener final : public HttpListener {
public:
    AsioListener(AsioLoop& loop, ListenerSettings settings, ListenerHandlers handlers)
        : state_(std::make_shared<State>(loop)) {
        state_->shared->settings = std::move(settings);
        state_->shared->handlers = std::move(handlers);
        state_->open();
        auto ended = [state = state_](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        };
        asio::co_spawn(loop.context(), State::accept_all(state_), std::move(ended));
    }

    ~AsioListener() override { state_->stop(); }

    std::uint16_t port() const override { return state_->port; }
    std::size_t connections() const override { return *state_->shared->open; }

private:
    struct State {
        explicit State(AsioLoop& loop)
            : shared(std::make_shared<ListenerState>(loop)),
              acceptor(loop.context()),
              pause(loop.context()) {}

        void open() {
            const ListenerSettings& settings = shared->settings;
            if (settings.tls) shared->tls = make_server_tls(*settings.tls);
            ErrorCode failure;
            const auto address = asio::ip::make_address(settings.address, failure);
            if (failure) refuse("it is no IP address");
            const tcp::endpoint endpoint(address, settings.port);
            acceptor.open(endpoint.protocol(), failure);
            if (!failure && address.is_v6()) acceptor.set_option(asio::ip::v6_only(false), failure);
            if (!failure) acceptor.set_option(Acceptor::reuse_address(true), failure);
            if (!failure) acceptor.bind(endpoint, failure);
            if (!failure) acceptor.listen(1024, failure);
            if (failure) refuse(failure.message());
            port = acceptor.local_endpoint().port();
        }

        [[noreturn]] void refuse(const std::string& why) const {
            throw std::runtime_error("Cannot listen on " + shared->settings.address + " port " +
                                     std::to_string(shared->settings.port) + ": " + why);
        }

        // The loop outlives everything but a listener that is destroyed, which closes the acceptor.
        static asio::awaitable<void> accept_all(std::shared_ptr<State> self) {
            while (!self->shared->stopped) {
                Socket socket(self->acceptor.get_executor());
                auto [failure] = co_await self->acceptor.async_accept(socket, as_result);
                if (self->shared->stopped) break;
                if (!failure) {
                    self->take(std::move(socket));
                } else if (failure != asio::error::connection_aborted) {
                    // Out of descriptors or memory: calls that are going on will give some back.
                    self->shared->bad("", "accept: " + failure.message());
                    self->pause.expires_after(accept_pause);
                    co_await self->pause.async_wait(as_result);
                }
            }
        }

        void take(Socket socket) {
            ErrorCode failure;
            const auto peer = socket.remote_endpoint(failure);
            if (failure) return;  // gone already
            const std::string address = plain_address(peer.address());
            if (*shared->open >= shared->settings.max_connections) {
                socket.close(failure);
                return shared->bad(address, "too many connections");
            }
            serve(shared, Transport(std::move(socket)), address);
        }

        // A dual-stack socket shows IPv4 peers as ::ffff:1.2.3.4.
        static std::string plain_address(const asio::ip::address& address) {
            if (address.is_v6() && address.to_v6().is_v4_mapped()) {
                return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
            }
            return address.to_string();
        }

        void stop() {
            shared->stopped = true;
            ErrorCode ignored;
            acceptor.close(ignored);
            pause.cancel();
            for (AwaitedTransport* stream : shared->waiting) stream->close();
        }

        std::shared_ptr<ListenerState> shared;
        Acceptor acceptor;
        LoopTimer pause;
        std::uint16_t port = 0;
    };

    std::shared_ptr<State> state_;
};

}  // namespace

std::unique_ptr<HttpListener> open_listener(AsioLoop& loop, ListenerSettings settings,
                                            ListenerHandlers handlers) {
    return std::make_unique<AsioListener>(loop, std::move(settings), std::move(handlers));
}

}  // namespace atlas::net
