#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <curl/curl.h>

#include <functional>
#include <map>
#include <memory>

namespace atlas::net {

// A curl multi handle driven by the loop (claude_openai_tts §D.1, §D.2). Says when a transfer ended and
// when curl has returned, so that its owner may call others without curl on the stack.
class CurlMulti {
public:
    struct Events {
        std::function<void(CURL* easy, CURLcode result)> on_done;  // the handle is already removed
        std::function<void()> on_returned;
        std::function<void(const char* why)> on_broken;  // the multi handle is unusable: end all and rebuild
    };

    CurlMulti(boost::asio::io_context& context, long max_host_connections, long max_pooled_connections,
              Events events);
    ~CurlMulti();
    CurlMulti(const CurlMulti&) = delete;
    CurlMulti& operator=(const CurlMulti&) = delete;

    bool add(CURL* easy);
    void remove(CURL* easy);

private:
    // curl owns the descriptor's number; we only watch it.
    struct Watch {
        explicit Watch(boost::asio::io_context& context) : descriptor(context) {}
        boost::asio::posix::stream_descriptor descriptor;
        curl_socket_t number = CURL_SOCKET_BAD;
        int wanted = 0;  // CURL_POLL_IN, _OUT, or both; 0 once curl said remove
        bool reading = false;
        bool writing = false;
    };
    using WatchRef = std::shared_ptr<Watch>;

    static int socket_changed(CURL*, curl_socket_t number, int what, void* self, void*);
    static int timer_changed(CURLM*, long milliseconds, void* self);
    void watch(curl_socket_t number, int what);
    void forget(curl_socket_t number);
    void arm(const WatchRef& watch);
    void ready(const WatchRef& watch, int event, boost::system::error_code failure);
    void act(curl_socket_t number, int event);
    void set_timer(long milliseconds);

    boost::asio::io_context& context_;
    Events events_;
    CURLM* multi_;
    std::map<curl_socket_t, WatchRef> watches_;
    boost::asio::steady_timer timer_;
    std::uint64_t timer_armed_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace atlas::net
