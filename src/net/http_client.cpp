#include "atlas/net/http_client.hpp"

#include "atlas/net/asio_loop.hpp"
#include "atlas/net/url.hpp"
#include "curl_multi.hpp"
#include "header_rules.hpp"
#include "trust_store.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace atlas::net {
namespace {

struct FreeHandle {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// What curl reported of one request and its owner has not been told yet.
struct News {
    std::optional<int> status;
    HttpHeaders headers;
    std::string body;
    std::optional<TransferResult> result;
};

// One request. curl's callbacks only note what happened; tell() passes it on when curl has returned.
class Exchange final : public std::enable_shared_from_this<Exchange> {
public:
    using List = std::vector<std::shared_ptr<Exchange>>;

    // `with_news`: where it enters itself when there is something to tell.
    Exchange(HttpRequest request, TransferHandlers handlers, std::size_t max_pending, List& with_news)
        : request_(std::move(request)),
          handlers_(std::move(handlers)),
          max_pending_(max_pending),
          with_news_(with_news) {}

    bool prepare(const HttpClientSettings& settings, TrustStore& trust);
    CURL* easy() const { return easy_.get(); }
    void end(CURLcode result);
    void fail(const std::string& why);
    void abandon() { abandoned_ = true; }
    void tell();

    bool in_multi = false;

private:
    void note();
    void set_request(const Url& url);
    void set_headers();
    void set_connection(const Url& url, const HttpClientSettings& settings, TrustStore& trust);
    void take_header(std::string_view line);
    bool take_body(std::string_view bytes);
    static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
    static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);

    HttpRequest request_;
    TransferHandlers handlers_;
    std::size_t max_pending_;
    List& with_news_;
    std::unique_ptr<CURL, FreeHandle> easy_;
    std::unique_ptr<curl_slist, FreeList> header_list_;
    std::array<char, CURL_ERROR_SIZE> error_text_{};
    News news_;
    int status_ = 0;
    HttpHeaders headers_;
    bool noted_ = false;  // is in the list
    bool head_done_ = false;
    bool too_large_ = false;
    bool abandoned_ = false;
};

bool Exchange::prepare(const HttpClientSettings& settings, TrustStore& trust) {
    std::string problem;
    const auto url = parse_url(request_.url, problem);
    if (url && url->websocket()) problem = "the URL must begin with http:// or https://";
    if (problem.empty()) problem = header_problem(request_.headers);
    if (!problem.empty()) {
        fail(problem);
        return false;
    }
    easy_.reset(curl_easy_init());
    if (!easy_) {
        fail("out of memory");
        return false;
    }
    set_request(*url);
    set_headers();
    set_connection(*url, settings, trust);
    return true;
}

void Exchange::set_request(const Url& url) {
    CURL* const easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_URL, url.text().c_str());
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
    curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
    if (request_.method == "HEAD") {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (request_.method == "POST" || !request_.body.empty()) {
        // Not copied: request_ lives as long as the handle.
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
    }
    if (request_.method != "GET" && request_.method != "POST" && request_.method != "HEAD") {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    } else if (request_.method == "GET" && !request_.body.empty()) {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "GET");
    }
}

void Exchange::set_headers() {
    curl_slist* list = curl_slist_append(nullptr, "Expect:");  // no 100-continue
    if (!request_.headers.contains("Content-Type")) list = curl_slist_append(list, "Content-Type:");
    for (const auto& [name, value] : request_.headers.fields()) {
        const std::string line = value.empty() ? name + ";" : name + ": " + value;
        list = curl_slist_append(list, line.c_str());
    }
    header_list_.reset(list);
    curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, list);
}

void Exchange::set_connection(const Url& url, const HttpClientSettings& settings, TrustStore& trust) {
    CURL* const easy = easy_.get();
    const long limit =
        std::chrono::duration_cast<std::chrono::milliseconds>(request_.connect_timeout).count();
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, url.tls() ? "https" : "http");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");  // what the environment says is for other programs
    curl_easy_setopt(easy, CURLOPT_USERAGENT, settings.user_agent.c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::max(limit, 1L));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    // Without it, cancelling while the name is resolved joins the resolver's thread: seconds (§D.5).
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 300L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, 90L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 30L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 10L);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, request_.http1_only ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, request_.fresh_connection ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     static_cast<long>(request_.http1_only ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    // Its own would read all of the system's authorities.
    curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &TrustStore::give_to_curl);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &trust);
}

std::size_t Exchange::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
    static_cast<Exchange*>(self)->take_header({bytes, size * count});
    return size * count;
}

std::size_t Exchange::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
    const bool taken = static_cast<Exchange*>(self)->take_body({bytes, size * count});
    return taken ? size * count : CURL_WRITEFUNC_ERROR;
}

// Lines of the head, of any 1xx head before it, and of trailers after the body.
void Exchange::take_header(std::string_view line) {
    if (head_done_) return;
    if (line.starts_with("HTTP/")) {
        headers_ = {};
        status_ = 0;
        const std::size_t space = std::min(line.find(' '), line.size());
        const std::string_view number = trimmed(line.substr(space)).substr(0, 3);
        std::from_chars(number.data(), number.data() + number.size(), status_);
        return;
    }
    if (!trimmed(line).empty()) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return;
        headers_.add(std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
        return;
    }
    if (status_ < 200) return;
    head_done_ = true;
    news_.status = status_;
    news_.headers = std::move(headers_);
    note();
}

bool Exchange::take_body(std::string_view bytes) {
    if (news_.body.size() + bytes.size() > max_pending_) {
        too_large_ = true;
        return false;
    }
    news_.body.append(bytes);
    note();
    return true;
}

void Exchange::end(CURLcode code) {
    TransferResult result;
    result.delivered = code == CURLE_OK;
    result.reached_server = status_ != 0;
    result.timed_out = code == CURLE_OPERATION_TIMEDOUT;
    if (too_large_) {
        result.error = "response larger than " + std::to_string(max_pending_) + " bytes at once";
    } else if (code != CURLE_OK) {
        result.error = curl_easy_strerror(code);
        const std::string_view detail = trimmed(error_text_.data());
        if (!detail.empty() && detail != result.error) result.error += ": " + std::string(detail);
    }
    for (char& c : result.error) {
        if (c == '\n' || c == '\r') c = ' ';
    }
    news_.result = std::move(result);
    note();
}

void Exchange::fail(const std::string& why) {
    TransferResult result;
    result.reached_server = status_ != 0;
    result.error = why;
    news_.result = std::move(result);
    note();
}

void Exchange::note() {
    if (!std::exchange(noted_, true)) with_news_.push_back(shared_from_this());
}

// Any handler may destroy the Transfer, and so abandon this.
void Exchange::tell() {
    const News news = std::exchange(news_, {});
    noted_ = false;
    if (news.status && !abandoned_ && handlers_.on_head) handlers_.on_head(*news.status, news.headers);
    if (!news.body.empty() && !abandoned_ && handlers_.on_body) handlers_.on_body(news.body);
    if (news.result && !abandoned_ && handlers_.on_done) handlers_.on_done(*news.result);
}

using ExchangeRef = std::shared_ptr<Exchange>;

// Shared by the client and its transfers, whichever lives longer.
class Core final : public std::enable_shared_from_this<Core> {
public:
    Core(AsioLoop& loop, HttpClientSettings settings)
        : loop_(loop), settings_(std::move(settings)), trust_(settings_.trust) {
        build();
    }

    ExchangeRef start(HttpRequest request, TransferHandlers handlers) {
        auto exchange = std::make_shared<Exchange>(std::move(request), std::move(handlers),
                                                   settings_.max_pending_bytes, with_news_);
        if (exchange->prepare(settings_, trust_)) {
            exchange->in_multi = multi_->add(exchange->easy());
            if (!exchange->in_multi) exchange->fail("the request could not be started");
        }
        if (exchange->in_multi) {
            active_.insert(exchange);
        } else {
            loop_.post([self = shared_from_this()] { self->tell_all(); });
        }
        return exchange;
    }

    void cancel(const ExchangeRef& exchange) {
        exchange->abandon();
        if (!exchange->in_multi) return;
        leave(exchange);
        multi_->remove(exchange->easy());
    }

    // The client is gone: nothing is reported any more.
    void close() {
        closed_ = true;
        for (const auto& exchange : std::exchange(active_, {})) {
            exchange->abandon();
            exchange->in_multi = false;
            multi_->remove(exchange->easy());
        }
        for (const auto& exchange : with_news_) exchange->abandon();
        for (const auto& exchange : being_told_) exchange->abandon();
        multi_.reset();
    }

private:
    void build() {
        CurlMulti::Events events;
        events.on_done = [this](CURL* easy, CURLcode result) { done(easy, result); };
        events.on_returned = [this] { tell_all(); };
        events.on_broken = [this](const char* why) { rebuild(why); };
        multi_ = std::make_unique<CurlMulti>(loop_.context(), settings_.max_host_connections,
                                             settings_.max_pooled_connections, std::move(events));
    }

    void leave(const ExchangeRef& exchange) {
        exchange->in_multi = false;
        active_.erase(exchange);
    }

    void done(CURL* easy, CURLcode result) {
        char* found = nullptr;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &found);
        const auto exchange = reinterpret_cast<Exchange*>(found)->shared_from_this();
        exchange->end(result);
        leave(exchange);
    }

    // Tells everybody who is still there; each handler may start and cancel transfers, or end the client.
    void tell_all() {
        const auto keep = shared_from_this();
        being_told_.swap(with_news_);
        for (const auto& exchange : being_told_) exchange->tell();
        being_told_.clear();
    }

    void rebuild(const char* why) {
        for (const auto& exchange : std::exchange(active_, {})) {
            exchange->in_multi = false;
            multi_->remove(exchange->easy());
            exchange->fail(std::string("the HTTP client had to start anew: ") + why);
        }
        loop_.post([self = shared_from_this()] {
            if (!self->closed_) self->build();
            self->tell_all();
        });
    }

    AsioLoop& loop_;
    HttpClientSettings settings_;
    TrustStore trust_;
    std::unique_ptr<CurlMulti> multi_;
    std::set<ExchangeRef> active_;
    Exchange::List with_news_;
    Exchange::List being_told_;  // while tell_all() is at it
    bool closed_ = false;
};

class CurlTransfer final : public Transfer {
public:
    CurlTransfer(std::shared_ptr<Core> core, ExchangeRef exchange)
        : core_(std::move(core)), exchange_(std::move(exchange)) {}
    ~CurlTransfer() override { core_->cancel(exchange_); }

private:
    std::shared_ptr<Core> core_;
    ExchangeRef exchange_;
};

class CurlClient final : public HttpClient {
public:
    CurlClient(AsioLoop& loop, HttpClientSettings settings)
        : core_(std::make_shared<Core>(loop, std::move(settings))) {}
    ~CurlClient() override { core_->close(); }

    std::unique_ptr<Transfer> start(HttpRequest request, TransferHandlers handlers) override {
        return std::make_unique<CurlTransfer>(core_, core_->start(std::move(request), std::move(handlers)));
    }

private:
    std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<HttpClient> make_http_client(AsioLoop& loop, HttpClientSettings settings) {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (ready != CURLE_OK) throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(ready));
    return std::make_unique<CurlClient>(loop, std::move(settings));
}

}  // namespace atlas::net
