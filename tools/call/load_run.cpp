#include "call/load_run.hpp"

#include "atlas/net/asio_loop.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <fstream>
#include <numbers>
#include <ostream>
#include <utility>

namespace atlas::caller {
namespace {

constexpr auto tick_every = std::chrono::milliseconds(5);
constexpr auto probe_every =
    std::chrono::milliseconds(7);  // out of step with the tick: its length counts, too
constexpr auto goodbye_limit = std::chrono::seconds(10);

double seconds(net::Duration time) { return std::chrono::duration<double>(time).count(); }

// A voice without pauses: syllables over the faint noise of a room.
std::shared_ptr<const Recording> make_talk(std::chrono::milliseconds length) {
    constexpr int rate = 16000;
    std::vector<std::int16_t> samples(static_cast<std::size_t>(audio::samples_in(length, rate)));
    std::uint32_t noise = 1;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const double t = static_cast<double>(i) / rate;
        const double syllable = 0.35 + 0.65 * std::abs(std::sin(std::numbers::pi * t / 0.18));
        double voice = 0;
        for (int overtone = 1; overtone <= 8; ++overtone)
            voice += std::sin(2 * std::numbers::pi * 140 * overtone * t) / overtone;
        noise = noise * 1664525 + 1013904223;
        samples[i] =
            static_cast<std::int16_t>(4000 * syllable * voice + static_cast<double>(noise >> 24) - 128);
    }
    return std::make_shared<const Recording>(Recording{"talk", rate, std::move(samples)});
}

LoadPlan make_load_plan(const LoadOptions& options) {
    LoadPlan plan;
    plan.request.url = options.url;
    plan.request.headers = options.headers;
    plan.request.subprotocol = "atlas.v1";
    plan.request.connect_timeout = std::chrono::seconds(10);
    plan.hello.version = "load";
    plan.hello.audio_in = options.audio_in;
    plan.hello.audio_out = options.audio_out;
    plan.hello.greeting = "";
    plan.pace.interrupt_after = options.interrupt_after;
    plan.pace.interrupt_every = options.interrupt_every;
    plan.seed = options.seed;
    SoundStore sounds;
    plan.talk = sounds.speech(make_talk(options.talk), options.audio_in);
    plan.silence = sounds.silence(options.audio_in);
    return plan;
}

}  // namespace

LoadRun::LoadRun(net::Loop& loop, net::WebsocketConnector& connector, net::HttpClient& http,
                 const LoadOptions& options, std::function<void()> on_over)
    : loop_(loop),
      connector_(connector),
      options_(options),
      on_over_(std::move(on_over)),
      plan_(make_load_plan(options)),
      sandbox_(loop, http, options.sandbox),
      ticker_(loop.make_timer([this] { tick(); })),
      prober_(loop.make_timer([this] { probe(); })) {}

void LoadRun::start() {
    if (options_.gateway_pid != 0) {
        const auto usage = read_process_usage(options_.gateway_pid);
        if (!usage) return fail("--gateway-pid: there is no process " + std::to_string(options_.gateway_pid));
        result_.gateway_known = true;
        result_.gateway_idle = *usage;
    }
    if (options_.sandbox.empty()) return begin_ramp({});
    ask_sandbox("POST", "/sandbox/script", load_sandbox_script(options_), &LoadRun::script_given);
}

void LoadRun::ask_sandbox(const char* method, const char* path, std::string body,
                          void (LoadRun::*next)(std::string)) {
    sandbox_.request(method, path, std::move(body), [this, next](std::string error, std::string answer) {
        if (phase_ == Phase::over) return;
        if (!error.empty()) return fail(std::move(error));
        (this->*next)(std::move(answer));
    });
}

void LoadRun::script_given(std::string) {
    ask_sandbox("POST", "/sandbox/stamps", "{}", &LoadRun::begin_ramp);
}

void LoadRun::begin_ramp(std::string) {
    phase_ = Phase::ramping;
    ramp_began_ = loop_.now();
    callers_.reserve(static_cast<std::size_t>(options_.calls));
    due_ = ramp_began_;
    tick();
}

void LoadRun::tick() {
    const net::TimePoint now = loop_.now();
    switch (phase_) {
        case Phase::ramping:
            start_due_callers(now);
            renew_calls(now);
            if (now >= ramp_began_ + options_.ramp &&
                callers_.size() == static_cast<std::size_t>(options_.calls))
                begin_measuring(now);
            break;
        case Phase::measuring:
            renew_calls(now);
            if (now >= began_ + options_.duration) end_measuring(now);
            break;
        case Phase::ending:
            if (now >= give_up_at_ ||
                std::ranges::all_of(callers_, [](const auto& one) { return one->over(); }))
                return finish();
            break;
        case Phase::preparing:
        case Phase::asking:
            break;
        case Phase::over:
            return;
    }
    tick_callers(now);
    // Never faster than the clock, and no burst of ticks after a stop.
    due_ = std::max(due_ + tick_every, now);
    ticker_->expire_at(due_);
}

void LoadRun::start_due_callers(net::TimePoint now) {
    const auto ready = [&](std::size_t number) {
        return now >= ramp_began_ + options_.ramp * static_cast<std::int64_t>(number) / options_.calls;
    };
    while (callers_.size() < static_cast<std::size_t>(options_.calls) && ready(callers_.size()))
        place_call(callers_.emplace_back());
}

void LoadRun::place_call(std::unique_ptr<LoadCaller>& slot) {
    slot = std::make_unique<LoadCaller>(loop_, connector_, plan_, tally_, tally_.placed);
    slot->start();
}

// A call that failed is not followed at once: its time goes by first, so that a gateway which refuses is
// asked no more often than one which takes calls.
void LoadRun::renew_calls(net::TimePoint now) {
    if (options_.call_length == std::chrono::milliseconds(0)) return;
    for (auto& caller : callers_) {
        if (now < caller->began() + options_.call_length) continue;
        caller->over() ? place_call(caller) : caller->hang_up();
    }
}

void LoadRun::tick_callers(net::TimePoint now) {
    std::int64_t in_call = 0;
    for (const auto& caller : callers_) {
        caller->tick(now);
        if (caller->in_call()) ++in_call;
    }
    if (phase_ == Phase::measuring && last_count_ != net::TimePoint{})
        result_.call_seconds += seconds(now - last_count_) * static_cast<double>(in_call);
    last_count_ = now;
}

void LoadRun::probe() {
    const net::TimePoint now = loop_.now();
    if (phase_ != Phase::measuring) return;
    lag_ms_.add(std::max(seconds(now - probe_due_) * 1000, 0.0));
    probe_due_ = std::max(probe_due_ + probe_every, now);
    prober_->expire_at(probe_due_);
}

void LoadRun::begin_measuring(net::TimePoint now) {
    phase_ = Phase::measuring;
    began_ = now;
    own_ = read_process_usage(0);
    if (result_.gateway_known) gateway_ = read_process_usage(options_.gateway_pid);
    probe_due_ = now + probe_every;
    prober_->expire_at(probe_due_);
    if (options_.sandbox.empty()) return;
    // Its process id comes with its stamps. From here on they and its lag are of the measured time.
    ask_sandbox("GET", "/sandbox/stamps", {}, &LoadRun::sandbox_met);
}

void LoadRun::sandbox_met(std::string text) {
    const auto stamps = parse_stamps(text);
    const auto pid = stamps.facts.find("pid");
    if (pid != stamps.facts.end()) sandbox_pid_ = static_cast<pid_t>(pid->second);
    sandbox_usage_ = read_process_usage(sandbox_pid_);
    sandbox_began_ = loop_.now();
    ask_sandbox("POST", "/sandbox/stamps", "{}", &LoadRun::stamps_begun);
}

void LoadRun::end_measuring(net::TimePoint now) {
    phase_ = Phase::asking;
    ended_ = now;
    result_.seconds = seconds(ended_ - began_);
    LoadSide& side = result_.side;
    const auto own = read_process_usage(0);
    if (own && own_) side.caller_cpu_share = (own->cpu_seconds - own_->cpu_seconds) / result_.seconds;
    side.caller_lag_p99_ms = lag_ms_.percentile(0.99);
    side.caller_lag_max_ms = lag_ms_.max();
    if (result_.gateway_known) {
        const auto gateway = read_process_usage(options_.gateway_pid);
        if (!gateway || !gateway_) return fail("the gateway's process has ended");
        result_.gateway_cpu_seconds = gateway->cpu_seconds - gateway_->cpu_seconds;
        result_.gateway_busy = *gateway;
    }
    if (options_.sandbox.empty()) return take_stamps({});
    const auto usage = read_process_usage(sandbox_pid_);
    if (usage && sandbox_usage_) {
        side.sandbox_known = true;
        const double span = std::max(seconds(now - sandbox_began_), 0.001);
        side.sandbox_cpu_share = (usage->cpu_seconds - sandbox_usage_->cpu_seconds) / span;
    }
    ask_sandbox("GET", "/sandbox/stamps", {}, &LoadRun::take_stamps);
}

void LoadRun::take_stamps(std::string text) {
    stamps_ = parse_stamps(text);
    if (!stamps_.problem.empty()) tally_.note(stamps_.problem);
    if (stamps_.facts["dropped"] > 0)
        tally_.note("the sandbox could not keep all stamps: a shorter run is needed");
    result_.side.sandbox_lag_p99_ms = static_cast<double>(stamps_.facts["lag_p99_us"]) / 1000;
    result_.side.sandbox_lag_max_ms = static_cast<double>(stamps_.facts["lag_max_us"]) / 1000;
    hang_up();
}

void LoadRun::hang_up() {
    phase_ = Phase::ending;
    give_up_at_ = loop_.now() + goodbye_limit;
    for (const auto& caller : callers_) caller->hang_up();
}

void LoadRun::stop() {
    if (phase_ == Phase::measuring) return end_measuring(loop_.now());
    if (phase_ == Phase::preparing || phase_ == Phase::ramping) fail("stopped before anything was measured");
}

void LoadRun::fail(std::string why) {
    if (phase_ == Phase::over) return;
    result_.failed = std::move(why);
    const bool calls = !callers_.empty() && phase_ != Phase::ending;
    calls ? hang_up() : finish();
}

void LoadRun::finish() {
    if (std::exchange(phase_, Phase::over) == Phase::over) return;
    ticker_->cancel();
    prober_->cancel();
    const auto waiting = std::ranges::count_if(callers_, [](const auto& caller) { return !caller->over(); });
    if (waiting > 0) tally_.note("goodbye without an answer");
    if (result_.failed.empty() && tally_.ready == 0) result_.failed = "no call was taken";
    // The sandbox's stamps begin a little after the measured time does.
    const auto from = options_.sandbox.empty() ? began_ : std::max(began_, sandbox_began_);
    result_.stages = measure_stages(tally_.turns, stamps_, from, ended_);
    loop_.post(on_over_);
}

int run_load(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
    const auto parsed = parse_load_options(arguments);
    if (const auto* none = std::get_if<NoCall>(&parsed)) {
        (none->exit_code == 0 ? out : err) << none->text;
        return none->exit_code;
    }
    const auto& options = std::get<LoadOptions>(parsed);
    std::ofstream json;
    if (options.json) {
        json.open(*options.json, std::ios::binary);
        if (!json) {
            err << "atlas-call load: --json: " << options.json->string() << " cannot be written\n";
            return exit_usage;
        }
    }
    net::AsioLoop loop;
    const net::TlsTrust trust{options.ca_file};
    const auto connector = net::make_websocket_connector(loop, trust);
    net::HttpClientSettings settings;
    settings.trust = trust;
    settings.max_pending_bytes = 512UL * 1024 * 1024;
    auto http = net::make_http_client(loop, settings);
    int exit_code = 0;
    {
        std::unique_ptr<LoadRun> run;
        run = std::make_unique<LoadRun>(loop, *connector, *http, options, [&] {
            out << load_table(options, run->result(), run->tally()) << std::flush;
            if (json.is_open()) json << load_json(options, run->result(), run->tally()) << '\n';
            exit_code = load_exit_code(run->result(), run->tally());
            run.reset();
            http.reset();
            loop.ignore_signals();
        });
        loop.on_signal({SIGINT, SIGTERM}, [&run](int) {
            if (run) run->stop();
        });
        run->start();
        loop.run();
    }
    return exit_code;
}

}  // namespace atlas::caller
