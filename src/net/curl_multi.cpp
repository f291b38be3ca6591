#include "curl_multi.hpp"

#include <boost/asio/error.hpp>

#include <chrono>
#include <new>

namespace atlas::net {
namespace asio = boost::asio;
using asio::posix::stream_descriptor;

CurlMulti::CurlMulti(asio::io_context& context, long max_host_connections, long max_pooled_connections,
                     Events events)
    : context_(context), events_(std::move(events)), multi_(curl_multi_init()), timer_(context) {
    if (multi_ == nullptr) throw std::bad_alloc();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::socket_changed);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::timer_changed);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
    curl_multi_setopt(multi_, CURLMOPT_MAX_CONCURRENT_STREAMS, 100L);
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, max_host_connections);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, max_pooled_connections);
}

CurlMulti::~CurlMulti() {
    *alive_ = false;
    curl_multi_cleanup(multi_);  // may still report sockets
    for (const auto& [number, watch] : watches_) watch->descriptor.release();
}

bool CurlMulti::add(CURL* easy) { return curl_multi_add_handle(multi_, easy) == CURLM_OK; }

void CurlMulti::remove(CURL* easy) { curl_multi_remove_handle(multi_, easy); }

int CurlMulti::socket_changed(CURL*, curl_socket_t number, int what, void* self, void*) {
    auto* multi = static_cast<CurlMulti*>(self);
    if (what == CURL_POLL_REMOVE) {
        multi->forget(number);
    } else {
        multi->watch(number, what);
    }
    return 0;
}

int CurlMulti::timer_changed(CURLM*, long milliseconds, void* self) {
    static_cast<CurlMulti*>(self)->set_timer(milliseconds);
    return 0;
}

void CurlMulti::watch(curl_socket_t number, int what) {
    WatchRef& watch = watches_[number];
    if (!watch) {
        watch = std::make_shared<Watch>(context_);
        watch->number = number;
        boost::system::error_code failure;
        watch->descriptor.assign(number, failure);
        if (failure) {
            watches_.erase(number);  // the transfer runs into its owner's deadline
            return;
        }
    }
    watch->wanted = what;
    arm(watch);
}

// release(), never close(): the descriptor is curl's, and its number may be in use again at once.
void CurlMulti::forget(curl_socket_t number) {
    const auto found = watches_.find(number);
    if (found == watches_.end()) return;
    found->second->wanted = 0;
    found->second->descriptor.release();
    watches_.erase(found);
}

// curl tells its interest once; the wait has to be renewed after every event.
void CurlMulti::arm(const WatchRef& watch) {
    const auto wait = [&](stream_descriptor::wait_type type, int event) {
        watch->descriptor.async_wait(type,
                                     [this, alive = alive_, watch, event](boost::system::error_code failure) {
                                         if (*alive) ready(watch, event, failure);
                                     });
    };
    if ((watch->wanted & CURL_POLL_IN) != 0 && !watch->reading) {
        watch->reading = true;
        wait(stream_descriptor::wait_read, CURL_CSELECT_IN);
    }
    if ((watch->wanted & CURL_POLL_OUT) != 0 && !watch->writing) {
        watch->writing = true;
        wait(stream_descriptor::wait_write, CURL_CSELECT_OUT);
    }
}

void CurlMulti::ready(const WatchRef& watch, int event, boost::system::error_code failure) {
    (event == CURL_CSELECT_IN ? watch->reading : watch->writing) = false;
    if (failure == asio::error::operation_aborted) return;
    const int wanted = event == CURL_CSELECT_IN ? CURL_POLL_IN : CURL_POLL_OUT;
    if ((watch->wanted & wanted) == 0) return;  // curl has lost interest, or the number is another socket's
    act(watch->number, failure ? CURL_CSELECT_ERR : event);
}

void CurlMulti::act(curl_socket_t number, int event) {
    int running = 0;
    const CURLMcode result = curl_multi_socket_action(multi_, number, event, &running);
    if (result != CURLM_OK) {
        events_.on_broken(curl_multi_strerror(result));
        return;
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL* const easy = message->easy_handle;
        const CURLcode outcome = message->data.result;
        curl_multi_remove_handle(multi_, easy);  // `message` is gone with this
        events_.on_done(easy, outcome);
    }
    const auto found = watches_.find(number);
    if (found != watches_.end()) arm(found->second);
    const auto returned = events_.on_returned;  // may destroy this object
    returned();
}

// One single shot timer, replaced by every call; curl must not be called from inside this one.
void CurlMulti::set_timer(long milliseconds) {
    ++timer_armed_;
    timer_.cancel();
    if (milliseconds < 0) return;
    timer_.expires_after(std::chrono::milliseconds(milliseconds));
    timer_.async_wait([this, alive = alive_, armed = timer_armed_](boost::system::error_code failure) {
        if (!failure && *alive && armed == timer_armed_) act(CURL_SOCKET_TIMEOUT, 0);
    });
}

}  // namespace atlas::net
