#include "call/single_call.hpp"

#include <utility>

namespace atlas::caller {

SingleCall::SingleCall(net::Loop& loop, net::WebsocketConnector& connector, const CallOptions& options,
                       Streams streams, std::function<void()> on_over)
    : loop_(loop),
      connector_(connector),
      options_(options),
      streams_(streams),
      on_over_(std::move(on_over)),
      terminal_(options.json ? streams.err : streams.out,
                options.json ? streams.err_style : streams.out_style, [&loop] { return loop.now(); }) {}

bool SingleCall::start() {
    auto made = make_plan(options_);
    if (const auto* problem = std::get_if<std::string>(&made)) return refuse(*problem);
    auto plan = std::get<0>(std::move(made));
    if (!open_out_file(*plan)) return false;
    // Encoding takes time, which the call does not have.
    for (const Utterance& utterance : plan->utterances) {
        if (utterance.recording) sounds_.speech(utterance.recording, plan->hello.audio_in);
    }
    terminal_.calling(plan->url);
    CallObserver* observer = this;
    caller_ = std::make_unique<VirtualCaller>(loop_, connector_, sounds_, std::move(plan), observer,
                                              [this] { finish(); });
    return true;
}

bool SingleCall::open_out_file(const CallPlan& plan) {
    if (!options_.out) return true;
    const auto error = out_file_.open(*options_.out, plan.hello.audio_out.rate);
    return !error || refuse(error->message);
}

bool SingleCall::refuse(const std::string& problem) {
    streams_.err << "atlas-call: " << printable(problem) << '\n';
    exit_code_ = exit_usage;
    return false;
}

void SingleCall::hang_up() {
    if (caller_) caller_->hang_up("hung up");
}

void SingleCall::heard(std::span<const std::int16_t> samples) {
    if (!out_error_) out_error_ = out_file_.write(samples);
}

void SingleCall::finish() {
    const CallResult& result = caller_->result();
    terminal_.over(result);
    exit_code_ = static_cast<int>(judge(result));
    if (options_.json) streams_.out << to_json(result) << std::endl;
    auto closing = out_file_.close();
    if (!out_error_) out_error_ = std::move(closing);
    if (out_error_) refuse(out_error_->message);
    on_over_();
}

}  // namespace atlas::caller
