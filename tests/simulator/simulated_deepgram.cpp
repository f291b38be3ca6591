#include "simulator/simulated_deepgram.hpp"

namespace atlas::sim {

SimulatedDeepgram::SimulatedDeepgram(test::ManualLoop& loop, const WordSounds& sounds, RecognizerKind kind)
    : connector(loop), hearing(loop, connector, kind == RecognizerKind::flux), loop_(loop), kind_(kind) {
    settings.api_key = "secret-key-123456";
    settings.model = flux() ? "flux-general-en" : "nova-3";
    connector.connect_delay = 300ms;
    hearing.spoken.number_of = WordSounds::code_of;
    hearing.spoken.text_of = [&sounds](int code) { return sounds.word(code).text; };
    hearing.spoken.length_of = [&sounds](int code) {
        return static_cast<std::size_t>(sounds.word(code).blocks) * 1000 / blocks_per_second;
    };
}

providers::SpeechRecognizerService& SimulatedDeepgram::service() {
    service_ = std::make_unique<providers::deepgram::DeepgramRecognizerService>(settings, connector, loop_,
                                                                                [] { return 0.5; });
    return *service_;
}

}  // namespace atlas::sim
