#include "atlas/audio/wav.hpp"

#include "audio/sounds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace atlas::audio {
namespace {

using Samples = std::vector<std::int16_t>;
using testing::HasSubstr;
using testing::StartsWith;

// Puts a file together chunk by chunk, right or wrong.
struct File {
    std::string bytes = "RIFF\xFF\xFF\xFF\xFFWAVE";

    File& chunk(std::string_view tag, std::string_view content, std::optional<std::uint32_t> size = {}) {
        bytes += tag;
        number(size.value_or(static_cast<std::uint32_t>(content.size())));
        bytes += content;
        if (content.size() % 2 == 1) bytes += '\0';
        return *this;
    }
    File& format(int encoding, int channels, std::uint32_t rate, int bits, std::string_view more = {}) {
        File content{""};
        content.half(encoding).half(channels).number(rate).number(0).half(0).half(bits);
        return chunk("fmt ", content.bytes + std::string(more));
    }
    File& data(const Samples& samples, std::optional<std::uint32_t> size = {}) {
        return chunk("data", {reinterpret_cast<const char*>(samples.data()), samples.size() * 2}, size);
    }
    File& number(std::uint32_t value) { return append(&value, 4); }
    File& half(int value) { return append(&value, 2); }
    File& append(const void* value, std::size_t size) {
        bytes.append(static_cast<const char*>(value), size);
        return *this;
    }
    std::variant<WavAudio, WavError> parse() const { return parse_wav(std::as_bytes(std::span(bytes))); }
};

WavAudio sound_of(const std::variant<WavAudio, WavError>& result) {
    if (const auto* error = std::get_if<WavError>(&result)) ADD_FAILURE() << error->message;
    const auto* audio = std::get_if<WavAudio>(&result);
    return audio ? *audio : WavAudio{};
}

std::string error_of(const std::variant<WavAudio, WavError>& result) {
    const auto* error = std::get_if<WavError>(&result);
    return error ? error->message : "(no error)";
}

// A folder of its own for each test, gone after it.
class WavFiles : public testing::Test {
protected:
    ~WavFiles() override { std::filesystem::remove_all(folder); }

    std::filesystem::path temporary(const std::string& name) const { return folder / name; }

    const std::filesystem::path folder = [] {
        std::string pattern = testing::TempDir() + "atlas_wav_XXXXXX";
        if (mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no folder " << pattern;
        return pattern;
    }();
};

TEST(WavReader, ReadsMono) {
    const auto audio = sound_of(File().format(1, 1, 16000, 16).data({1, -2, 3}).parse());
    EXPECT_EQ(audio.rate, 16000);
    EXPECT_EQ(audio.samples, (Samples{1, -2, 3}));
}

TEST(WavReader, MixesStereoToMono) {
    const auto audio =
        sound_of(File().format(1, 2, 48000, 16).data({100, 200, -32768, -32768, 32767, 32767, 7}).parse());
    EXPECT_EQ(audio.samples, (Samples{150, -32768, 32767})) << "half a pair at the end is left out";
}

TEST(WavReader, SkipsChunksItDoesNotNeed) {
    const auto audio = sound_of(File()
                                    .chunk("LIST", "odd")
                                    .format(1, 1, 8000, 16)
                                    .chunk("fact", "1234")
                                    .data({5})
                                    .chunk("id3 ", "x")
                                    .parse());
    EXPECT_EQ(audio.rate, 8000);
    EXPECT_EQ(audio.samples, Samples{5});
}

TEST(WavReader, ReadsTheExtensibleFormat) {
    const std::string extension =
        std::string("\x16\0\x10\0\4\0\0\0", 8) + std::string("\1\0", 2) + std::string(14, 'g');
    const auto audio = sound_of(File().format(0xFFFE, 1, 24000, 16, extension).data({5, 6}).parse());
    EXPECT_EQ(audio.samples, (Samples{5, 6}));
    EXPECT_THAT(error_of(File().format(0xFFFE, 1, 24000, 16).data({5}).parse()), HasSubstr("encoding 65534"));
}

TEST(WavReader, ReadsToTheEndWhenTheLengthWasNotKnown) {
    for (const std::uint32_t size : {0xFFFFFFFFu, 0x7FFFFFFFu, 0x80000000u - 36})
        EXPECT_EQ(sound_of(File().format(1, 1, 24000, 16).data({5, 6}, size).parse()).samples,
                  (Samples{5, 6}));
}

TEST(WavReader, TakesAFileWithoutSound) {
    EXPECT_TRUE(sound_of(File().format(1, 1, 24000, 16).data({}).parse()).samples.empty());
}

TEST(WavReader, NamesWhatItFoundInsteadOfAWavFile) {
    EXPECT_EQ(error_of(File{"OggS and so on and on"}.parse()),
              "not a WAV file: it must begin with \"RIFF\" and \"WAVE\", found \"OggS\" and \" so \"");
    EXPECT_THAT(error_of(File{std::string("ID3\3\0\0\0\0\0\0\0\0\0", 13)}.parse()),
                HasSubstr("\"ID3?\" and \"????\""));
    EXPECT_EQ(error_of(File{""}.parse()), "not a WAV file: it has only 0 bytes");
    EXPECT_EQ(error_of(File{"RIFF"}.parse()), "not a WAV file: it has only 4 bytes");
}

TEST(WavReader, NamesAnEncodingItCannotRead) {
    EXPECT_EQ(error_of(File().format(3, 1, 16000, 32).data({1}).parse()),
              "a WAV file must be PCM of 16 bits, found floating point of 32 bits");
    EXPECT_THAT(error_of(File().format(7, 1, 8000, 8).data({1}).parse()),
                HasSubstr("found mu-law of 8 bits"));
    EXPECT_THAT(error_of(File().format(1, 1, 8000, 24).data({1}).parse()), HasSubstr("found PCM of 24 bits"));
    EXPECT_THAT(error_of(File().format(4711, 1, 8000, 16).data({1}).parse()),
                HasSubstr("found encoding 4711"));
}

TEST(WavReader, NamesChannelsAndRatesItCannotRead) {
    EXPECT_EQ(error_of(File().format(1, 6, 16000, 16).data({1}).parse()),
              "a WAV file must have 1 or 2 channels, found 6");
    EXPECT_THAT(error_of(File().format(1, 0, 16000, 16).data({1}).parse()), HasSubstr("found 0"));
    EXPECT_EQ(error_of(File().format(1, 1, 96000, 16).data({1}).parse()),
              "a WAV file must have 8000..48000 Hz, found 96000");
    EXPECT_THAT(error_of(File().format(1, 1, 0, 16).data({1}).parse()), HasSubstr("found 0"));
    EXPECT_THAT(error_of(File().format(1, 1, 0xFFFFFFFF, 16).data({1}).parse()),
                HasSubstr("found 4294967295"));
}

TEST(WavReader, SaysWhichPartIsMissing) {
    EXPECT_EQ(error_of(File().format(1, 1, 16000, 16).parse()), "the WAV file has no \"data\" chunk");
    EXPECT_THAT(error_of(File().data({1}).parse()), HasSubstr("no \"fmt \" chunk before"));
    EXPECT_THAT(error_of(File().chunk("fmt ", "short").parse()), HasSubstr("at least 16 bytes, found 5"));
}

TEST(WavReader, SaysWhenTheFileIsCutOff) {
    EXPECT_EQ(error_of(File().format(1, 1, 16000, 16).data({1, 2}, 100).parse()),
              "the WAV file is cut off: chunk \"data\" says 100 bytes, 4 are there");
    EXPECT_THAT(error_of(File().chunk("LIST", "ab", 0xFFFFFFFF).parse()),
                HasSubstr("chunk \"LIST\" says 4294967295"));
}

TEST(WavReader, NeverReadsOutsideACutOrDamagedFile) {
    File whole;
    whole.chunk("LIST", "abc").format(1, 2, 16000, 16).data(test::ramp(50));
    for (std::size_t length = 0; length < whole.bytes.size(); ++length)
        EXPECT_NE(error_of(File{whole.bytes.substr(0, length)}.parse()), "(no error)") << length;
    std::mt19937 random(1);
    for (int i = 0; i < 5000; ++i) {
        File damaged = whole;
        for (int hit = 0; hit < 3; ++hit)
            damaged.bytes[random() % damaged.bytes.size()] = static_cast<char>(random());
        const auto result = damaged.parse();
        const auto* audio = std::get_if<WavAudio>(&result);
        EXPECT_LE(audio ? audio->samples.size() : 0, 100u);
    }
}

TEST_F(WavFiles, AreNamedWhenTheyCannotBeRead) {
    EXPECT_THAT(error_of(read_wav(temporary("no_such_file.wav"))),
                HasSubstr("no_such_file.wav: No such file"));
    EXPECT_THAT(error_of(read_wav(folder)), StartsWith(folder.string()));
}

TEST_F(WavFiles, ComeBackAsTheyWereWritten) {
    const auto path = temporary("roundtrip.wav");
    const Samples sound = test::tone(440, 24000, 12345);
    WavWriter writer;
    ASSERT_FALSE(writer.open(path, 24000));
    EXPECT_FALSE(writer.write(std::span(sound).first(5000)));
    EXPECT_FALSE(writer.write({}));
    EXPECT_FALSE(writer.write(std::span(sound).subspan(5000)));
    EXPECT_EQ(writer.samples_written(), 12345u);
    EXPECT_FALSE(writer.close());
    const auto audio = sound_of(read_wav(path));
    EXPECT_EQ(audio.rate, 24000);
    EXPECT_EQ(audio.samples, sound);
    EXPECT_EQ(std::filesystem::file_size(path), 44u + 2 * 12345);
}

TEST_F(WavFiles, HaveTheHeaderEveryPlayerKnows) {
    const auto path = temporary("header.wav");
    WavWriter writer;
    ASSERT_FALSE(writer.open(path, 16000));
    EXPECT_FALSE(writer.write(Samples{1, 2}));
    EXPECT_FALSE(writer.close());
    std::ifstream file(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    EXPECT_EQ(
        bytes,
        std::string("RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3E\0\0\0\x7D\0\0\2\0\x10\0data\4\0\0\0"
                    "\1\0\2\0",
                    48));
}

TEST_F(WavFiles, AreCompletedWhenTheWriterIsDestroyed) {
    const auto path = temporary("destroyed.wav");
    {
        WavWriter writer;
        ASSERT_FALSE(writer.open(path, 16000));
        EXPECT_FALSE(writer.write(Samples{1, 2, 3}));
    }
    EXPECT_EQ(sound_of(read_wav(path)).samples, (Samples{1, 2, 3}));
}

TEST_F(WavFiles, AreWrittenOneAfterAnother) {
    WavWriter writer;
    ASSERT_FALSE(writer.open(temporary("one.wav"), 16000));
    EXPECT_FALSE(writer.write(Samples{1, 2, 3}));
    ASSERT_FALSE(writer.open(temporary("two.wav"), 48000));
    EXPECT_FALSE(writer.write(Samples{4}));
    EXPECT_FALSE(writer.close());
    EXPECT_EQ(sound_of(read_wav(temporary("one.wav"))).samples, (Samples{1, 2, 3}));
    EXPECT_EQ(sound_of(read_wav(temporary("two.wav"))).samples, Samples{4});
    EXPECT_EQ(sound_of(read_wav(temporary("two.wav"))).rate, 48000);
}

TEST_F(WavFiles, AreNamedWhenTheyCannotBeCreated) {
    WavWriter writer;
    const auto error = writer.open(temporary("no_such_folder") / "out.wav", 16000);
    ASSERT_TRUE(error);
    EXPECT_THAT(error->message,
                HasSubstr("no_such_folder/out.wav: cannot be created: No such file or directory"));
    EXPECT_TRUE(writer.write(Samples{1}));
    EXPECT_FALSE(writer.close());
}

TEST(WavWriter, SaysWhenTheDiskIsFull) {
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
    WavWriter writer;
    std::optional<WavError> error = writer.open("/dev/full", 16000);
    if (!error) error = writer.write(Samples(100000));
    if (!error) error = writer.close();
    ASSERT_TRUE(error);
    EXPECT_THAT(error->message, HasSubstr("/dev/full: cannot be "));
}

}  // namespace
}  // namespace atlas::audio
