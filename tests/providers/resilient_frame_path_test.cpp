#include "audio/allocation_count.hpp"
#include "resilience_listener.hpp"

#include <array>

namespace atlas::providers {
namespace {

// Hands on what the test gives it, without a loop between.
class DirectSynthesizer final : public SpeechSynthesizer {
public:
    std::function<void(const SynthesisEvent&)> tell;

    std::unique_ptr<Synthesis> synthesize(SynthesisRequest,
                                          std::function<void(const SynthesisEvent&)> on_event) override {
        tell = std::move(on_event);
        return std::make_unique<Synthesis>();
    }
    void warm_up() override {}
};

TEST(ResilientFramePath, AllocatesNothingForFurtherAudio) {
    test::ManualLoop loop;
    DirectSynthesizer client;
    ResilientSynthesizer synthesizer({{"openai", client}}, loop, {});
    std::size_t samples = 0;
    const auto synthesis =
        synthesizer.synthesize({"call", "Hello."}, [&samples](const SynthesisEvent& event) {
            if (const auto* audio = std::get_if<SynthesisAudio>(&event)) samples += audio->samples.size();
        });
    const std::array<std::int16_t, 480> sound{};
    const SynthesisEvent piece = SynthesisAudio{sound};
    client.tell(piece);
    const auto before = test::allocation_count();
    for (int i = 0; i < 1000; ++i) client.tell(piece);
    EXPECT_EQ(test::allocation_count() - before, 0);
    EXPECT_EQ(samples, 1001u * 480u);
}

}  // namespace
}  // namespace atlas::providers
