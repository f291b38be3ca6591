#include "system/child_process.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace atlas::test {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (auto& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

void inherit(std::vector<std::string>& environment) {
    for (const char* name :
         {"PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "ATLAS_MODELS"}) {
        if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
    }
}

}  // namespace

ChildProcess::ChildProcess(std::string program, std::vector<std::string> arguments,
                           std::vector<std::string> environment) {
    std::array<int, 2> out{}, error{};
    if (pipe2(out.data(), O_CLOEXEC) != 0 || pipe2(error.data(), O_CLOEXEC) != 0)
        throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, error[1], STDERR_FILENO);
    arguments.insert(arguments.begin(), program);
    inherit(environment);
    auto argv = pointers(arguments);
    auto envp = pointers(environment);
    const int failure = posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), envp.data());
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    close(error[1]);
    out_pipe_ = out[0];
    error_pipe_ = error[0];
    if (failure != 0) throw std::runtime_error("cannot run " + program);
}

ChildProcess::~ChildProcess() {
    if (running()) {
        signal(SIGTERM);
        if (!wait_for_exit(std::chrono::seconds(10))) {
            signal(SIGKILL);
            wait_for_exit(std::chrono::seconds(10));
        }
    }
    if (out_pipe_ >= 0) close(out_pipe_);
    if (error_pipe_ >= 0) close(error_pipe_);
}

void ChildProcess::signal(int number) {
    if (running()) kill(pid_, number);
}

// Waits for output and takes it; false when there will be none before `until`.
bool ChildProcess::read_more(Clock::time_point until) {
    std::array<pollfd, 2> pipes{pollfd{out_pipe_, POLLIN, 0}, pollfd{error_pipe_, POLLIN, 0}};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0 || poll(pipes.data(), pipes.size(), static_cast<int>(left)) <= 0) return false;
    bool any = false;
    for (auto& from : pipes) {
        if (from.revents == 0) continue;
        std::array<char, 8192> bytes;
        const auto count = read(from.fd, bytes.data(), bytes.size());
        if (count > 0) {
            any = true;
            const std::string_view text(bytes.data(), static_cast<std::size_t>(count));
            all_ += text;
            if (from.fd == out_pipe_) out_ += text;
        } else {
            int& pipe = from.fd == out_pipe_ ? out_pipe_ : error_pipe_;
            close(pipe);
            pipe = -1;
        }
    }
    return any || out_pipe_ >= 0 || error_pipe_ >= 0;
}

std::optional<std::string> ChildProcess::wait_for_line(const std::string& text,
                                                       std::chrono::milliseconds budget) {
    const auto until = Clock::now() + budget;
    std::size_t looked = 0;
    while (true) {
        for (auto end = all_.find('\n', looked); end != std::string::npos; end = all_.find('\n', looked)) {
            auto line = all_.substr(looked, end - looked);
            looked = end + 1;
            if (line.find(text) != std::string::npos) return line;
        }
        if (!read_more(until)) return std::nullopt;
    }
}

std::optional<int> ChildProcess::wait_for_exit(std::chrono::milliseconds budget) {
    const auto until = Clock::now() + budget;
    while ((out_pipe_ >= 0 || error_pipe_ >= 0) && read_more(until)) {
    }
    while (running()) {
        int status = 0;
        const auto ended = waitpid(pid_, &status, WNOHANG);
        if (ended == pid_) note_exit(status);
        if (running() && Clock::now() >= until) return std::nullopt;
        if (running()) poll(nullptr, 0, 5);
    }
    return exit_code_;
}

void ChildProcess::note_exit(int status) {
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace atlas::test
