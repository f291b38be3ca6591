#pragma once

#include "call/load_caller.hpp"
#include "call/load_report.hpp"
#include "call/load_sandbox.hpp"

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace atlas::caller {

// One load run from the first call to the report: tells the sandbox what to do, lets the calls begin over the
// ramp, measures for the duration, hangs up. One thread, one tick for all callers. It ends by itself: every
// phase has a deadline.
class LoadRun {
public:
    // `http` is used when the options name a sandbox. `on_over` is called once, from the loop.
    LoadRun(net::Loop& loop, net::WebsocketConnector& connector, net::HttpClient& http,
            const LoadOptions& options, std::function<void()> on_over);

    void start();
    void stop();  // the person does not want to wait: what was measured by now is reported

    const LoadResult& result() const { return result_; }
    const LoadTally& tally() const { return tally_; }

private:
    enum class Phase { preparing, ramping, measuring, asking, ending, over };

    void ask_sandbox(const char* method, const char* path, std::string body,
                     void (LoadRun::*next)(std::string));
    void script_given(std::string);
    void begin_ramp(std::string);
    void begin_measuring(net::TimePoint now);
    void sandbox_met(std::string text);
    void stamps_begun(std::string) {}
    void end_measuring(net::TimePoint now);
    void take_stamps(std::string text);
    void hang_up();
    void finish();
    void fail(std::string why);
    void tick();
    void tick_callers(net::TimePoint now);
    void probe();
    void place_call(std::unique_ptr<LoadCaller>& slot);
    void start_due_callers(net::TimePoint now);
    void renew_calls(net::TimePoint now);

    net::Loop& loop_;
    net::WebsocketConnector& connector_;
    LoadOptions options_;
    std::function<void()> on_over_;
    LoadPlan plan_;
    LoadTally tally_;
    LoadResult result_;
    LoadSandbox sandbox_;
    std::vector<std::unique_ptr<LoadCaller>> callers_;
    std::unique_ptr<net::Timer> ticker_;
    std::unique_ptr<net::Timer> prober_;
    Phase phase_ = Phase::preparing;
    net::TimePoint due_{};
    net::TimePoint probe_due_{};
    net::TimePoint ramp_began_{};
    net::TimePoint began_{};  // the measured time
    net::TimePoint ended_{};
    net::TimePoint give_up_at_{};
    net::TimePoint last_count_{};
    Samples lag_ms_;
    pid_t sandbox_pid_ = 0;
    net::TimePoint sandbox_began_{};
    SandboxStamps stamps_;
    std::optional<ProcessUsage> own_;
    std::optional<ProcessUsage> gateway_;
    std::optional<ProcessUsage> sandbox_usage_;
};

// `atlas-call load ARGUMENTS`: runs and prints; the exit code.
int run_load(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace atlas::caller
