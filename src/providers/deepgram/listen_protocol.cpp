#include "atlas/providers/deepgram/listen_protocol.hpp"

#include "atlas/providers/deepgram/listen_v1.hpp"
#include "atlas/providers/deepgram/listen_v2.hpp"

namespace atlas::providers::deepgram {

std::unique_ptr<ListenProtocol> make_listen_protocol(const DeepgramSettings& settings,
                                                     const RecognizerRequest& request,
                                                     const StreamClock& clock) {
    if (uses_flux(settings)) return std::make_unique<ListenV2>(settings, request, clock);
    return std::make_unique<ListenV1>(settings, request, clock);
}

}  // namespace atlas::providers::deepgram
