#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace atlas::test {

// A program of the project, run as a user would run it. Its output is kept; it is ended, by its own process
// id, when this object goes.
class ChildProcess {
public:
    // `environment` holds "NAME=value" lines; nothing else is inherited but PATH, HOME and sanitizer options.
    ChildProcess(std::string program, std::vector<std::string> arguments,
                 std::vector<std::string> environment = {});
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    // The first line of the output, of any stream, that contains `text`; nothing when the program ended or
    // the budget is used up before.
    std::optional<std::string> wait_for_line(const std::string& text,
                                             std::chrono::milliseconds budget = std::chrono::seconds(60));
    // The exit code, 128 + signal when killed by one; nothing when it still runs after the budget.
    std::optional<int> wait_for_exit(std::chrono::milliseconds budget = std::chrono::seconds(60));
    void signal(int number);

    const std::string& out() const { return out_; }  // standard output so far
    const std::string& all() const { return all_; }  // both streams so far
    bool running() const { return !exit_code_; }
    pid_t pid() const { return pid_; }

private:
    bool read_more(std::chrono::steady_clock::time_point until);
    void note_exit(int status);

    pid_t pid_ = -1;
    int out_pipe_ = -1;
    int error_pipe_ = -1;
    std::string out_;
    std::string all_;
    std::optional<int> exit_code_;
};

}  // namespace atlas::test
