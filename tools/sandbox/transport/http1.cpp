#include "sandbox/transport/byte_writer.hpp"
#include "sandbox/transport/connection.hpp"
#include "sandbox/transport/websocket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>

namespace atlas::sandbox {
namespace {

namespace http = boost::beast::http;
constexpr auto as_result = asio::as_tuple(asio::deferred);
constexpr std::size_t max_pipelined = 256 * 1024;  // bytes read ahead while an answer is under way

using Parser = http::request_parser<http::string_body>;

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::string_view reason_phrase(int status) {
    const auto known = http::int_to_status(static_cast<unsigned>(status));
    if (known == http::status::unknown) return "Status";
    const auto reason = http::obsolete_reason(known);
    return {reason.data(), reason.size()};
}

class Http1Connection;

// The answer on an HTTP/1.1 connection; there is one at a time.
class Http1Response final : public Response {
public:
    explicit Http1Response(Http1Connection& connection) : connection_(connection) {}
    ~Http1Response() override { exchange.reset(); }
    void head(int status, Headers headers) override;
    void body(std::string_view bytes) override;
    void finish() override;
    std::size_t unsent() const override;
    void reset(std::uint32_t code) override;
    void hang_up() override;
    void abort() override;
    void go_away() override;
    void split_into(std::size_t bytes) override;
    std::uint32_t client_code() const override { return 0; }

    std::unique_ptr<Exchange> exchange;
    bool chunked = true;  // false for HTTP/1.0: the end is the end of the connection
    bool finished = false;

private:
    Http1Connection& connection_;
    std::size_t piece_ = std::numeric_limits<std::size_t>::max();
};

class Http1Connection final : public Connection, public std::enable_shared_from_this<Http1Connection> {
public:
    Http1Connection(Stream stream, ConnectionContext context)
        : stream_(std::move(stream)), context_(context), writer_(stream_, [] {}) {}

    void start() override {
        auto work = run(shared_from_this());
        auto on_end = [](const std::exception_ptr& error) {
            if (!error) return;
            try {
                std::rethrow_exception(error);
            } catch (const std::exception& failure) {
                spdlog::error("an HTTP connection failed: {}", failure.what());
            }
        };
        asio::co_spawn(stream_.get_executor(), std::move(work), std::move(on_end));
    }
    void kill() override {
        if (websocket_) {
            if (const auto websocket = websocket_->lock()) websocket->kill();
            return;
        }
        gone_ = true;
        if (delay_) delay_->cancel();
        stream_.socket().drop();
    }

    void write(std::string_view bytes) { writer_.append(bytes, shared_from_this()); }
    void close_after_answer() { close_ = true; }
    void answer_finished();
    ByteWriter& writer() { return writer_; }
    Stream& stream() { return stream_; }

private:
    static asio::awaitable<void> run(std::shared_ptr<Http1Connection> self);
    asio::awaitable<bool> read_request();
    asio::awaitable<void> answer();
    asio::awaitable<void> upgrade();
    asio::awaitable<bool> wait(std::chrono::milliseconds delay);
    void refuse(int status, std::string_view message);
    void refuse_large_body() { write_answer(413, {{"content-type", "text/html"}}, too_large_page); }
    void write_answer(int status, const Headers& headers, std::string_view body);
    Request take_request();

    Stream stream_;
    ConnectionContext context_;
    ByteWriter writer_;
    boost::beast::flat_buffer buffer_{max_pipelined};
    std::optional<Parser> parser_;
    std::unique_ptr<Http1Response> response_;
    std::optional<std::weak_ptr<Websocket>> websocket_;
    std::optional<asio::steady_timer> delay_;  // of the answer to an upgrade
    bool gone_ = false;
    bool close_ = false;
};

// ---- Response ------------------------------------------------------------------------------------------

void Http1Response::head(int status, Headers headers) {
    std::string text =
        "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_phrase(status)) + "\r\n";
    for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
    text += chunked ? "transfer-encoding: chunked\r\n\r\n" : "connection: close\r\n\r\n";
    connection_.write(text);
}

void Http1Response::body(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, piece_);
        bytes.remove_prefix(piece.size());
        if (!chunked) {
            connection_.write(piece);
            continue;
        }
        std::array<char, 20> size{};
        const auto end = std::to_chars(size.data(), size.data() + size.size(), piece.size(), 16).ptr;
        std::string chunk(size.data(), end);
        chunk += "\r\n";
        chunk += piece;
        chunk += "\r\n";
        connection_.write(chunk);
    }
}

void Http1Response::finish() {
    if (finished) return;
    finished = true;
    if (chunked) connection_.write("0\r\n\r\n");
    connection_.answer_finished();
}

std::size_t Http1Response::unsent() const { return connection_.writer().unsent(); }
void Http1Response::reset(std::uint32_t) { abort(); }
void Http1Response::hang_up() { connection_.stream().socket().drop(); }
void Http1Response::abort() { connection_.stream().socket().abort(); }
void Http1Response::go_away() {
    finished = true;
    connection_.writer().close_when_written(connection_.shared_from_this());
}

void Http1Response::split_into(std::size_t bytes) {
    piece_ = bytes;
    connection_.writer().split_into(bytes);
}

// ---- Connection ----------------------------------------------------------------------------------------

void Http1Connection::answer_finished() {
    if (close_) writer_.close_when_written(shared_from_this());
}

void Http1Connection::write_answer(int status, const Headers& headers, std::string_view body) {
    std::string text =
        "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_phrase(status)) + "\r\n";
    for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
    text += "content-length: " + std::to_string(body.size()) + "\r\nconnection: close\r\n\r\n";
    text += body;
    write(text);
    writer_.close_when_written(shared_from_this());
}

void Http1Connection::refuse(int status, std::string_view message) {
    context_.report.violation("transport", context_.number, "http1_protocol", message);
    write_answer(status, {{"content-type", "text/plain"}}, message);
}

Request Http1Connection::take_request() {
    auto message = parser_->release();
    Request request;
    request.method = std::string(message.method_string());
    request.connection = context_.number;
    const auto target = message.target();
    read_target({target.data(), target.size()}, request);
    for (const auto& field : message)
        request.headers.emplace_back(lower({field.name_string().data(), field.name_string().size()}),
                                     std::string(field.value()));
    request.body = std::move(message.body());
    return request;
}

asio::awaitable<void> Http1Connection::run(std::shared_ptr<Http1Connection> self) {
    self->context_.report.count("http1_connections");
    while (true) {
        const bool got = co_await self->read_request();
        if (!got) break;
        if (boost::beast::websocket::is_upgrade(self->parser_->get())) {
            co_await self->upgrade();
            co_return;
        }
        co_await self->answer();
        if (self->close_ || self->writer_.failed()) break;
    }
    self->response_.reset();
}

asio::awaitable<bool> Http1Connection::read_request() {
    parser_.emplace();
    parser_->header_limit(64 * 1024);
    parser_->body_limit(max_request_body);
    auto [head_error, head_size] = co_await http::async_read_header(stream_, buffer_, *parser_, as_result);
    if (head_error == http::error::end_of_stream) co_return false;
    if (head_error == http::error::body_limit) {
        refuse_large_body();
        co_return false;
    }
    if (head_error && head_error.category() == make_error_code(http::error::bad_method).category()) {
        refuse(400, head_error.message());
        co_return false;
    }
    if (head_error) co_return false;
    const auto& head = parser_->get();
    if (boost::beast::websocket::is_upgrade(head)) co_return true;
    if (lower(std::string(head[http::field::expect])) == "100-continue")
        write("HTTP/1.1 100 Continue\r\n\r\n");
    auto [error, size] = co_await http::async_read(stream_, buffer_, *parser_, as_result);
    if (error == http::error::body_limit) refuse_large_body();
    co_return !error;
}

asio::awaitable<void> Http1Connection::answer() {
    response_.reset();
    response_ = std::make_unique<Http1Response>(*this);
    response_->chunked = parser_->get().version() >= 11;
    close_ = !parser_->get().keep_alive() || !response_->chunked;
    context_.report.count("http1_requests");
    Request request = take_request();
    response_->exchange = context_.services.serve(std::move(request), *response_);
    // Reading goes on, so that a client that hangs up is noticed while the answer is under way.
    while (true) {
        if (response_->finished && buffer_.size() > 0 && !close_) co_return;
        const std::size_t room = std::min<std::size_t>(4096, max_pipelined - buffer_.size());
        if (room == 0) break;
        auto space = buffer_.prepare(room);
        auto [error, size] = co_await stream_.async_read_some(space, as_result);
        if (error) break;
        buffer_.commit(size);
        if (!response_->finished)
            context_.report.warning("transport", context_.number, "pipelined_request",
                                    "bytes arrived before the answer was finished");
    }
    close_ = true;
    response_.reset();
}

// False when the client went away before the time was over: until the 101 it has nothing to say.
asio::awaitable<bool> Http1Connection::wait(std::chrono::milliseconds delay) {
    delay_.emplace(stream_.get_executor(), delay);
    gone_ = false;
    auto on_readable = [self = shared_from_this()](error_code error) {
        if (error == asio::error::operation_aborted) return;
        self->gone_ = true;
        self->delay_->cancel();
    };
    stream_.socket().tcp().async_wait(asio::ip::tcp::socket::wait_read, std::move(on_readable));
    co_await delay_->async_wait(as_result);
    error_code ignored;
    stream_.socket().tcp().cancel(ignored);
    co_return !gone_;
}

asio::awaitable<void> Http1Connection::upgrade() {
    Request request = take_request();
    http::request<http::empty_body> handshake;
    handshake.method(http::verb::get);
    handshake.target("/");
    handshake.version(11);
    for (const auto& [name, value] : request.headers) handshake.insert(name, value);
    UpgradeAnswer decision = context_.services.upgrade(request);
    if (decision.delay.count() > 0) {
        const bool patient = co_await wait(decision.delay);
        if (!patient) {
            stream_.socket().drop();
            co_return;
        }
    }
    if (decision.kind == UpgradeAnswer::Kind::abort) {
        stream_.socket().abort();
        co_return;
    }
    if (decision.kind == UpgradeAnswer::Kind::refuse) {
        write_answer(decision.status, decision.headers, decision.body);
        co_return;
    }
    if (buffer_.size() > 0)
        context_.report.violation("transport", context_.number, "data_before_101",
                                  "WebSocket bytes arrived before the handshake was answered");
    auto websocket = make_websocket(std::move(stream_), context_, shared_from_this());
    websocket_ = websocket;
    websocket->accept(std::move(handshake), std::move(decision));
}

}  // namespace

std::shared_ptr<Connection> make_http1(Stream stream, ConnectionContext context) {
    return std::make_shared<Http1Connection>(std::move(stream), context);
}

}  // namespace atlas::sandbox
