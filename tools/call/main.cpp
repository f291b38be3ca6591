#include "atlas/net/asio_loop.hpp"
#include "atlas/net/websocket_connect.hpp"
#include "call/call_options.hpp"
#include "call/load_run.hpp"
#include "call/replay.hpp"
#include "call/single_call.hpp"

#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace atlas;

// Runs until nothing is left on the loop: the close handshake included.
int place_call(const caller::CallOptions& options) {
    net::AsioLoop loop;
    const auto connector = net::make_websocket_connector(loop, net::TlsTrust{options.ca_file});
    const caller::Streams streams{std::cout, std::cerr, caller::detect_style(STDOUT_FILENO),
                                  caller::detect_style(STDERR_FILENO)};
    caller::SingleCall call(loop, *connector, options, streams, [&loop] { loop.ignore_signals(); });
    if (!call.start()) return call.exit_code();
    loop.on_signal({SIGINT, SIGTERM}, [&call](int) { call.hang_up(); });
    loop.run();
    return call.exit_code();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::vector<std::string> arguments(argv + 1, argv + argc);
        if (!arguments.empty() && arguments.front() == "replay") {
            return caller::replay_files({arguments.begin() + 1, arguments.end()}, std::cout, std::cerr);
        }
        if (!arguments.empty() && arguments.front() == "load") {
            return caller::run_load({arguments.begin() + 1, arguments.end()}, std::cout, std::cerr);
        }
        const auto parsed = caller::parse_options(arguments);
        if (const auto* none = std::get_if<caller::NoCall>(&parsed)) {
            (none->exit_code == 0 ? std::cout : std::cerr) << none->text;
            return none->exit_code;
        }
        return place_call(std::get<caller::CallOptions>(parsed));
    } catch (const std::exception& error) {
        std::cerr << "atlas-call: " << error.what() << '\n';
        return caller::exit_usage;
    }
}
