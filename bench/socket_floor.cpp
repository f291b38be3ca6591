// What the operating system takes for a call's sockets alone: a relay that reads callers' frames, sends each
// 80 ms of sound on to a recogniser and 120 ms of sound to a caller who listens, looks at its sockets every
// 10 ms, and does nothing else: no TLS, no protocol, no words. No gateway on this machine can cost less than
// it.
//
//   atlas-socket-floor CALLS FRAME_MS SECONDS   prints the CPU time of a call-second in ms
//   atlas-socket-floor turns COUNT              prints the time of each of so many turns in ms: three
//   messages
//                                               that go from a peer to the relay and are answered at once, as
//                                               the stages of a turn are
//
// The relay runs on the first core that it may use, its peers on the last.

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t heard_bytes_per_ms = 32;   // pcm16, 16 kHz
constexpr std::size_t spoken_bytes_per_ms = 48;  // pcm16, 24 kHz
constexpr std::size_t frame_header = 12;
constexpr auto relay_tick = 10ms;
constexpr auto peer_tick = 5ms;
constexpr auto spoken_together = 120ms;
constexpr auto turn = 3s;  // a caller talks for so long, then listens for so long

void check(long result, const char* what) {
    if (result < 0) throw std::runtime_error(std::string(what) + " failed");
}

struct Pair {
    int relay = -1;
    int peer = -1;
};

Pair connected_pair(int listener, const sockaddr_in& address) {
    Pair pair;
    pair.peer = ::socket(AF_INET, SOCK_STREAM, 0);
    check(pair.peer, "socket");
    check(::connect(pair.peer, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
    pair.relay = ::accept(listener, nullptr, nullptr);
    check(pair.relay, "accept");
    const int yes = 1;
    for (const int one : {pair.relay, pair.peer})
        check(::setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes), "setsockopt");
    return pair;
}

void run_on(std::size_t which_of_ours) {
    cpu_set_t ours;
    check(::sched_getaffinity(0, sizeof ours, &ours), "sched_getaffinity");
    std::vector<std::size_t> cores;
    for (std::size_t core = 0; core < CPU_SETSIZE; ++core)
        if (CPU_ISSET(core, &ours)) cores.push_back(core);
    CPU_ZERO(&ours);
    CPU_SET(which_of_ours == 0 ? cores.front() : cores.back(), &ours);
    check(::sched_setaffinity(0, sizeof ours, &ours), "sched_setaffinity");
}

struct Call {
    Pair caller;
    Pair recognizer;
    std::size_t heard = 0;          // bytes that have not gone on
    Clock::time_point speaks_at{};  // the relay's next sound for the caller
    Clock::time_point sends_at{};   // the caller's next frame
    Clock::duration offset{};       // calls do not talk in chorus
    bool listens(Clock::time_point now) const { return (now.time_since_epoch() + offset) / turn % 2 == 0; }
};

class Watch {
public:
    Watch() : set_(::epoll_create1(0)) { check(set_, "epoll_create1"); }
    ~Watch() { ::close(set_); }
    void add(int socket, Call* call) {
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        wanted.data.ptr = call;
        check(::epoll_ctl(set_, EPOLL_CTL_ADD, socket, &wanted), "epoll_ctl");
    }
    template <class Do>
    void each_ready(Do action) {
        for (;;) {
            const int count = ::epoll_wait(set_, found_.data(), static_cast<int>(found_.size()), 0);
            for (int i = 0; i < count; ++i)
                action(*static_cast<Call*>(found_[static_cast<std::size_t>(i)].data.ptr));
            if (count < static_cast<int>(found_.size())) return;
        }
    }

private:
    int set_;
    std::array<epoll_event, 16> found_{};
};

std::array<char, 64 * 1024> bytes;  // whatever is sent and received

void send_bytes(int socket, std::size_t size) {
    check(::send(socket, bytes.data(), size, MSG_NOSIGNAL), "send");
}

double cpu_ms() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto ms = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
    };
    return ms(used.ru_utime) + ms(used.ru_stime);
}

template <class Do>
void every(Clock::duration tick, Clock::time_point end, Do action) {
    for (auto due = Clock::now(); due < end; due += tick) {
        std::this_thread::sleep_until(due);
        action(Clock::now());
    }
}

double relay(std::vector<Call>& calls, Clock::time_point begin, Clock::time_point end) {
    run_on(0);
    Watch callers;
    for (Call& call : calls) callers.add(call.caller.relay, &call);
    double before = 0;
    every(relay_tick, end, [&](Clock::time_point now) {
        if (before == 0 && now >= begin) before = cpu_ms();
        callers.each_ready([&](Call& call) {
            const auto got = ::recv(call.caller.relay, bytes.data(), bytes.size(), MSG_DONTWAIT);
            if (got <= 0) return;
            call.heard += static_cast<std::size_t>(got);
            if (call.heard < 80 * heard_bytes_per_ms) return;
            call.heard -= 80 * heard_bytes_per_ms;
            send_bytes(call.recognizer.relay, 80 * heard_bytes_per_ms + 8);
        });
        for (Call& call : calls) {
            if (now < call.speaks_at || !call.listens(now)) continue;
            call.speaks_at = now + spoken_together;
            send_bytes(call.caller.relay,
                       static_cast<std::size_t>(spoken_together.count()) * spoken_bytes_per_ms);
        }
    });
    return cpu_ms() - before;
}

void peers(std::vector<Call>& calls, std::chrono::milliseconds frame, Clock::time_point end) {
    run_on(1);
    Watch sockets;
    for (Call& call : calls) {
        sockets.add(call.caller.peer, &call);
        sockets.add(call.recognizer.peer, &call);
    }
    every(peer_tick, end, [&](Clock::time_point now) {
        for (Call& call : calls) {
            if (now < call.sends_at) continue;
            call.sends_at = std::max(call.sends_at + frame, now);
            send_bytes(call.caller.peer,
                       static_cast<std::size_t>(frame.count()) * heard_bytes_per_ms + frame_header);
        }
        sockets.each_ready([](Call& call) {
            for (const int socket : {call.caller.peer, call.recognizer.peer})
                while (::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
                }
        });
    });
}

// Both sides sleep until the other wakes them; between two turns they sleep for long.
void time_turns(const Pair& pair, int count) {
    const pid_t child = ::fork();
    check(child, "fork");
    if (child == 0) {
        run_on(0);
        ::close(pair.peer);
        while (::recv(pair.relay, bytes.data(), bytes.size(), 0) > 0) send_bytes(pair.relay, 200);
        ::_exit(0);
    }
    run_on(1);
    ::close(pair.relay);
    for (int number = 0; number < count; ++number) {
        std::this_thread::sleep_for(13ms);
        const auto begin = Clock::now();
        for (int stage = 0; stage < 3; ++stage) {
            send_bytes(pair.peer, 200);
            check(::recv(pair.peer, bytes.data(), bytes.size(), 0), "recv");
        }
        const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
        std::printf("%.4f\n", took.count());
    }
    ::close(pair.peer);
    ::waitpid(child, nullptr, 0);
}

}  // namespace

int main(int argc, char** argv) try {
    const bool turns = argc == 3 && std::string(argv[1]) == "turns";
    if (argc != 4 && !turns)
        throw std::runtime_error("usage: atlas-socket-floor CALLS FRAME_MS SECONDS, or turns COUNT");

    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    check(listener, "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    check(::bind(listener, reinterpret_cast<const sockaddr*>(&address), size), "bind");
    check(::listen(listener, 16), "listen");
    check(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");

    if (turns) {
        time_turns(connected_pair(listener, address), std::stoi(argv[2]));
        return 0;
    }
    const auto count = static_cast<std::size_t>(std::stoul(argv[1]));
    const std::chrono::milliseconds frame{std::stoi(argv[2])};
    const std::chrono::seconds length{std::stoi(argv[3])};
    const auto begin = Clock::now() + 1s;
    std::vector<Call> calls(count);
    for (std::size_t i = 0; i < count; ++i) {
        calls[i].caller = connected_pair(listener, address);
        calls[i].recognizer = connected_pair(listener, address);
        calls[i].sends_at = begin + frame * i / count;
        calls[i].speaks_at = begin + spoken_together * i / count;
        calls[i].offset = 2 * turn * i / count;
    }

    const pid_t child = ::fork();
    check(child, "fork");
    if (child == 0) {
        peers(calls, frame, begin + length + 500ms);
        ::_exit(0);
    }
    const double used = relay(calls, begin, begin + length);
    ::waitpid(child, nullptr, 0);
    std::printf("%.4f\n", used / static_cast<double>(count) / static_cast<double>(length.count()));
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "atlas-socket-floor: %s\n", error.what());
    return 1;
}
