// The warm frame path, a fixed number of times, for valgrind's callgrind to count instructions in:
//     atlas-frame-path
// It counts inside hear_frame() and speak_frame() when told so (--toggle-collect); the way there, the passing
// of time between them and the change of turns stay out. tests/checks/frame_path_instructions.sh runs it.
// PCM at the synthesiser's rate: Opus and the resampler are libraries whose instructions depend on the
// machine.

#include "frame_path.hpp"
#include "samples.hpp"

#include <cstdio>

// Names that callgrind finds whatever the compiler does.
extern "C" {
[[gnu::noinline]] void hear_frame(atlas::bench::FramePath& path, const std::string& message) {
    path.hear(message);
}
// The next 20 ms of speech arrive, and the timer of the frame that is due fires.
[[gnu::noinline]] void speak_frame(atlas::bench::FramePath& path, const std::string& message) {
    path.speak(message);
    path.pass(std::chrono::milliseconds(20));
}
}

int main() {
    constexpr int frames = 1000;
    constexpr int frames_in_turn = 250;
    using atlas::audio::Codec;
    atlas::bench::FramePath path({{Codec::pcm16, 16000, 20}, {Codec::pcm16, 24000, 20}});
    const std::string heard = atlas::bench::pcm_message(16000, 20);
    const auto sound = atlas::bench::voice(24000, 20);
    for (int frame = 0; frame < frames; ++frame) {
        if (frame % frames_in_turn == 0) path.begin_reply();
        const std::string spoken = atlas::bench::realtime_audio(std::string(path.response()), sound);
        hear_frame(path, heard);
        speak_frame(path, spoken);
    }
    std::printf("frames %d heard %lld spoken %lld errors %lld\n", frames,
                static_cast<long long>(path.frames_heard()), static_cast<long long>(path.frames_spoken()),
                static_cast<long long>(path.errors()));
    // 80 ms to the recogniser; all 20 ms frames that were queued were sent.
    return path.frames_heard() == frames / 4 && path.frames_spoken() == frames && path.errors() == 0 ? 0 : 1;
}
