#include "sandbox/transport/byte_writer.hpp"
#include "sandbox/transport/connection.hpp"

#include <boost/asio/post.hpp>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

namespace atlas::sandbox {
namespace {

constexpr std::size_t write_ahead = 256 * 1024;  // bytes given to TLS before nghttp2 is asked for more

class Http2Connection;

// One stream: a request, then the answer to it.
class Http2Stream final : public Response {
public:
    Http2Stream(Http2Connection& connection, std::int32_t id) : connection_(connection), id_(id) {}
    ~Http2Stream() override { exchange.reset(); }  // while it can still look at this stream

    void head(int status, Headers headers) override;
    void body(std::string_view bytes) override;
    void finish() override;
    std::size_t unsent() const override { return out_.size() - sent_; }
    void reset(std::uint32_t code) override;
    void hang_up() override;
    void abort() override;
    void go_away() override;
    void split_into(std::size_t bytes) override { piece_ = bytes; }
    std::uint32_t client_code() const override { return client_code_; }

    Request request;
    std::unique_ptr<Exchange> exchange;
    bool too_large = false;

    // Called by nghttp2 for the next bytes of the body.
    ssize_t read(std::uint8_t* into, std::size_t size, std::uint32_t* flags);
    void closed_by(std::uint32_t code) { client_code_ = code; }
    bool finished() const { return finished_; }

private:
    Http2Connection& connection_;
    std::int32_t id_;
    std::string out_;
    std::size_t sent_ = 0;
    std::size_t piece_ = SIZE_MAX;
    bool finished_ = false;
    std::uint32_t client_code_ = 0;
};

class Http2Connection final : public Connection, public std::enable_shared_from_this<Http2Connection> {
public:
    Http2Connection(Stream stream, ConnectionContext context)
        : stream_(std::move(stream)), context_(context), writer_(stream_, [this] { pump_soon(); }) {}
    ~Http2Connection() override { nghttp2_session_del(session_); }

    void start() override;
    void kill() override;
    void pump_soon();
    void end_streams();

    nghttp2_session* session() { return session_; }
    ByteWriter& writer() { return writer_; }
    Stream& stream() { return stream_; }

private:
    void pump();
    void read();
    void settle();
    void serve(Http2Stream& stream);

    static Http2Connection& of(void* user_data) { return *static_cast<Http2Connection*>(user_data); }
    static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user_data);
    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                         std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                         std::uint8_t, void* user_data);
    static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                       std::size_t size, void* user_data);
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user_data);
    static int on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user_data);

    Stream stream_;
    ConnectionContext context_;
    ByteWriter writer_;
    nghttp2_session* session_ = nullptr;
    std::map<std::int32_t, std::unique_ptr<Http2Stream>> streams_;
    std::vector<std::unique_ptr<Http2Stream>> ended_;  // destroyed when no code of theirs is on the stack
    std::array<char, 16 * 1024> in_{};
    bool pump_posted_ = false;
    bool dead_ = false;
};

// ---- Stream --------------------------------------------------------------------------------------------

void Http2Stream::head(int status, Headers headers) {
    const std::string code = std::to_string(status);
    std::vector<nghttp2_nv> pairs;
    const auto add = [&pairs](const std::string& name, const std::string& value) {
        nghttp2_nv pair{};
        pair.name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
        pair.namelen = name.size();
        pair.value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
        pair.valuelen = value.size();
        pairs.push_back(pair);
    };
    const std::string status_name = ":status";
    add(status_name, code);
    for (const auto& [name, value] : headers) add(name, value);
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size,
                                std::uint32_t* flags, nghttp2_data_source* source, void*) {
        return static_cast<Http2Stream*>(source->ptr)->read(into, size, flags);
    };
    nghttp2_submit_response(connection_.session(), id_, pairs.data(), pairs.size(), &provider);
    connection_.pump_soon();
}

ssize_t Http2Stream::read(std::uint8_t* into, std::size_t size, std::uint32_t* flags) {
    const std::size_t amount = std::min({size, unsent(), piece_});
    if (amount == 0 && !finished_) return NGHTTP2_ERR_DEFERRED;
    std::memcpy(into, out_.data() + sent_, amount);
    sent_ += amount;
    if (sent_ == out_.size()) {
        out_.clear();
        sent_ = 0;
        if (finished_) *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return static_cast<ssize_t>(amount);
}

void Http2Stream::body(std::string_view bytes) {
    out_ += bytes;
    nghttp2_session_resume_data(connection_.session(), id_);
    connection_.pump_soon();
}

void Http2Stream::finish() {
    finished_ = true;
    nghttp2_session_resume_data(connection_.session(), id_);
    connection_.pump_soon();
}

void Http2Stream::reset(std::uint32_t code) {
    finished_ = true;
    nghttp2_submit_rst_stream(connection_.session(), NGHTTP2_FLAG_NONE, id_, code);
    connection_.pump_soon();
}

void Http2Stream::hang_up() { connection_.stream().socket().drop(); }
void Http2Stream::abort() { connection_.stream().socket().abort(); }

void Http2Stream::go_away() {
    nghttp2_session_terminate_session(connection_.session(), NGHTTP2_NO_ERROR);
    connection_.pump_soon();
}

// ---- Connection ----------------------------------------------------------------------------------------

void Http2Connection::start() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_server_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const std::array settings{
        nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
                               context_.services.max_concurrent_streams()},
        nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1u << 20},
    };
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 4 << 20);
    context_.report.count("h2_connections");
    pump();
    read();
}

void Http2Connection::read() {
    auto self = shared_from_this();
    stream_.async_read_some(asio::buffer(in_), [this, self](error_code error, std::size_t size) {
        if (error || dead_) return end_streams();
        const auto used =
            nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(in_.data()), size);
        if (used < 0) {
            context_.report.violation("transport", context_.number, "http2_protocol",
                                      nghttp2_strerror(static_cast<int>(used)));
            nghttp2_session_terminate_session(session_, NGHTTP2_PROTOCOL_ERROR);
        }
        pump();
        if (!dead_) read();
    });
}

void Http2Connection::pump_soon() {
    if (pump_posted_ || dead_) return;
    pump_posted_ = true;
    auto self = shared_from_this();
    asio::post(stream_.get_executor(), [this, self] {
        pump_posted_ = false;
        pump();
    });
}

void Http2Connection::pump() {
    if (dead_) return;
    while (writer_.unsent() < write_ahead) {
        const std::uint8_t* data = nullptr;
        const auto size = nghttp2_session_mem_send(session_, &data);
        if (size <= 0) break;
        writer_.append({reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)},
                       shared_from_this());
    }
    settle();
    if (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0)
        writer_.close_when_written(shared_from_this());
}

// Lets go of streams that ended inside nghttp2's callbacks.
void Http2Connection::settle() {
    auto ended = std::move(ended_);
    ended_.clear();
}

void Http2Connection::end_streams() {
    dead_ = true;
    auto streams = std::move(streams_);
    streams_.clear();
    settle();
    stream_.socket().drop();
}

void Http2Connection::kill() {
    auto self = shared_from_this();
    stream_.socket().drop();
    asio::post(stream_.get_executor(), [this, self] { end_streams(); });
}

void Http2Connection::serve(Http2Stream& stream) {
    context_.report.count("h2_streams");
    if (stream.too_large) {
        stream.head(413, {{"content-type", "text/html"}});
        stream.body(too_large_page);
        return stream.finish();
    }
    stream.exchange = context_.services.serve(std::move(stream.request), stream);
}

int Http2Connection::on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Http2Connection& self = of(user_data);
    auto stream = std::make_unique<Http2Stream>(self, frame->hd.stream_id);
    stream->request.http2 = true;
    stream->request.connection = self.context_.number;
    self.streams_[frame->hd.stream_id] = std::move(stream);
    return 0;
}

int Http2Connection::on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                               std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                               std::uint8_t, void* user_data) {
    Http2Connection& self = of(user_data);
    const auto found = self.streams_.find(frame->hd.stream_id);
    if (found == self.streams_.end()) return 0;
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    Request& request = found->second->request;
    if (key == ":method")
        request.method = text;
    else if (key == ":path")
        read_target(text, request);
    else if (key == ":authority")
        request.headers.emplace_back("host", text);
    else if (!key.starts_with(':'))
        request.headers.emplace_back(key, text);
    return 0;
}

int Http2Connection::on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                             std::size_t size, void* user_data) {
    Http2Connection& self = of(user_data);
    const auto found = self.streams_.find(id);
    if (found == self.streams_.end()) return 0;
    Http2Stream& stream = *found->second;
    if (stream.request.body.size() + size > max_request_body)
        stream.too_large = true;
    else
        stream.request.body.append(reinterpret_cast<const char*>(data), size);
    return 0;
}

int Http2Connection::on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    const bool ends_request = (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
                              (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (!ends_request) return 0;
    Http2Connection& self = of(user_data);
    const auto found = self.streams_.find(frame->hd.stream_id);
    if (found != self.streams_.end()) self.serve(*found->second);
    return 0;
}

int Http2Connection::on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user_data) {
    Http2Connection& self = of(user_data);
    const auto found = self.streams_.find(id);
    if (found == self.streams_.end()) return 0;
    // libcurl 7.88.1 resets streams that already ended (claude_openai_tts.md §D.6): not a cancel.
    if (!found->second->finished()) found->second->closed_by(code);
    self.ended_.push_back(std::move(found->second));
    self.streams_.erase(found);
    self.pump_soon();
    return 0;
}

}  // namespace

std::shared_ptr<Connection> make_http2(Stream stream, ConnectionContext context) {
    return std::make_shared<Http2Connection>(std::move(stream), context);
}

}  // namespace atlas::sandbox
