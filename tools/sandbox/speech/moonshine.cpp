#include "sandbox/speech/moonshine.hpp"

#include "sandbox/speech/audio_cut.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <stdexcept>

namespace atlas::sandbox::speech {

namespace {

constexpr std::size_t one_second = model_sample_rate;
constexpr std::size_t longest_piece = 15 * one_second;  // past 20 s the text breaks down
constexpr std::size_t cut_search = 5 * one_second;
constexpr std::size_t padding = one_second / 5;
constexpr std::size_t shortest = one_second / 10;
constexpr std::size_t longest_word = 3 * one_second / 2;
constexpr double least_confidence = 0.3;      // below, forced words are made up: measured on hums and breaths
constexpr std::size_t tokens_per_second = 6;  // also what ends a loop of repetitions
constexpr std::int64_t begin_token = 1;
constexpr std::int64_t end_token = 2;
constexpr std::int64_t text_tokens = 32000;  // what follows has no text

Ort::MemoryInfo cpu_memory() { return Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault); }

constexpr std::array<std::uint8_t, 256> base64_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(64);  // not a digit
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::uint8_t i = 0; i < digits.size(); ++i) values[static_cast<unsigned char>(digits[i])] = i;
    return values;
}();

std::string decode_base64(std::string_view text) {
    std::string bytes;
    unsigned bits = 0;
    int held = 0;
    for (const char c : text) {
        const unsigned value = base64_values[static_cast<unsigned char>(c)];
        if (value == 64) break;  // padding
        bits = (bits << 6 | value) & 0xffff;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes.push_back(static_cast<char>(bits >> held & 0xff));
    }
    return bytes;
}

struct Choice {
    std::int64_t token = end_token;
    double probability = 0;
};

// The likeliest token after the last position, and how likely it is. Not the end, if that is not allowed.
Choice choose(const Ort::Value& logits, bool may_end) {
    const auto shape = logits.GetTensorTypeAndShapeInfo().GetShape();  // batch, positions, tokens
    const auto count = static_cast<std::size_t>(shape[2]);
    const float* all = logits.GetTensorData<float>();
    const std::span last(all + static_cast<std::size_t>(shape[1] - 1) * count, count);
    const auto top = std::max_element(last.begin(), last.end());
    double sum = 0;
    for (const float logit : last) sum += std::exp(double{logit} - double{*top});
    auto best = top;
    if (!may_end) {  // the first tokens and those after the vocabulary have no text
        best =
            std::max_element(last.begin() + end_token + 1,
                             last.begin() + std::min<std::ptrdiff_t>(text_tokens, last.end() - last.begin()));
    }
    return {best - last.begin(), std::exp(double{*best} - double{*top}) / sum};
}

}  // namespace

// The values of one decode. Every step's `present` outputs are the next step's `past` inputs, moved.
struct Moonshine::Decoding {
    std::int64_t token = begin_token;
    bool use_cache = false;
    float nothing = 0;
    std::vector<Ort::Value> inputs;
};

Moonshine::Moonshine(const OnnxRuntime& runtime, const std::filesystem::path& folder,
                     const std::filesystem::path& tokens)
    : encoder_(runtime.open(folder / "encoder_model.onnx")),
      decoder_(runtime.open(folder / "decoder_model_merged.onnx")) {
    Ort::AllocatorWithDefaultOptions allocator;
    encoder_input_ = encoder_.GetInputNameAllocated(0, allocator).get();
    encoder_output_ = encoder_.GetOutputNameAllocated(0, allocator).get();
    read_decoder();
    read_tokens(tokens);
}

// The number of layers, heads and their size differ between tiny and base: all of it is read from the model.
void Moonshine::read_decoder() {
    Ort::AllocatorWithDefaultOptions allocator;
    for (std::size_t i = 0; i < decoder_.GetInputCount(); ++i) {
        const std::string name = decoder_.GetInputNameAllocated(i, allocator).get();
        Feed feed = Feed::past;
        if (name == "input_ids") feed = Feed::token;
        if (name == "encoder_hidden_states") feed = Feed::encoding;
        if (name == "use_cache_branch") feed = Feed::cache_switch;
        inputs_.push_back({name, feed});
        if (feed != Feed::past) continue;
        const auto type = decoder_.GetInputTypeInfo(i);
        const auto shape = type.GetTensorTypeAndShapeInfo().GetShape();  // batch, heads, positions, size
        if (shape.size() != 4) throw std::runtime_error("the decoder has an unknown input: " + name);
        heads_ = shape[1];
        head_size_ = shape[3];
    }
    for (std::size_t i = 0; i < decoder_.GetOutputCount(); ++i) {
        const std::string name = decoder_.GetOutputNameAllocated(i, allocator).get();
        Output output{name, 0, name.find(".decoder.") != std::string::npos};
        if (i > 0) {  // present.0.decoder.key -> past_key_values.0.decoder.key
            const std::string wanted = "past_key_values" + name.substr(std::min(name.find('.'), name.size()));
            const auto same = [&](const Input& input) { return input.name == wanted; };
            const auto input = std::find_if(inputs_.begin(), inputs_.end(), same);
            if (input == inputs_.end())
                throw std::runtime_error("the decoder has an unknown output: " + name);
            output.past = static_cast<std::size_t>(input - inputs_.begin());
        }
        outputs_.push_back(std::move(output));
    }
    for (const Input& input : inputs_) input_names_.push_back(input.name.c_str());
    for (const Output& output : outputs_) output_names_.push_back(output.name.c_str());
}

void Moonshine::read_tokens(const std::filesystem::path& file) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) tokens_.push_back(decode_base64(line));
    if (tokens_.size() < std::size_t{text_tokens})
        throw std::runtime_error(file.string() + " is not the vocabulary of the model");
}

Transcript Moonshine::transcribe(std::span<const float> samples, bool sure_of_speech) {
    if (samples.size() > longest_piece) {
        const std::size_t cut = quietest_cut(samples.first(longest_piece), cut_search);
        Transcript first = transcribe(samples.first(cut), sure_of_speech);
        const Transcript rest = transcribe(samples.subspan(cut), sure_of_speech);
        if (first.text.empty()) return rest;
        if (rest.text.empty()) return first;
        return {first.text + " " + rest.text, (first.confidence + rest.confidence) / 2};
    }
    if (samples.size() < shortest) return {};
    Transcript found = decode(samples, true);
    if (!found.text.empty() || !sure_of_speech) return found;
    if (samples.size() <= longest_word) {
        found = decode(samples, false);
        return found.confidence < least_confidence ? Transcript{} : found;
    }
    std::vector<float> padded(samples.size() + 2 * padding);
    std::copy(samples.begin(), samples.end(), padded.begin() + padding);
    return decode(padded, true);
}

Ort::Value Moonshine::encode(std::span<const float> samples) {
    const Ort::MemoryInfo memory = cpu_memory();
    const std::array<std::int64_t, 2> shape{1, static_cast<std::int64_t>(samples.size())};
    const Ort::Value input = Ort::Value::CreateTensor<float>(  // only read
        memory, const_cast<float*>(samples.data()), samples.size(), shape.data(), shape.size());
    const char* input_name = encoder_input_.c_str();
    const char* output_name = encoder_output_.c_str();
    auto outputs = encoder_.Run(Ort::RunOptions{}, &input_name, &input, 1, &output_name, 1);
    return std::move(outputs[0]);
}

Transcript Moonshine::decode(std::span<const float> samples, bool may_be_nothing) {
    const Ort::MemoryInfo memory = cpu_memory();
    const std::array<std::int64_t, 2> token_shape{1, 1};
    const std::array<std::int64_t, 4> no_past{0, heads_, 1, head_size_};
    Decoding state;
    for (const Input& input : inputs_) {
        switch (input.feed) {
            case Feed::token:
                state.inputs.push_back(Ort::Value::CreateTensor(memory, &state.token, 1, token_shape.data(),
                                                                token_shape.size()));
                break;
            case Feed::encoding:
                state.inputs.push_back(encode(samples));
                break;
            case Feed::cache_switch:
                state.inputs.push_back(
                    Ort::Value::CreateTensor(memory, &state.use_cache, 1, token_shape.data(), 1));
                break;
            case Feed::past:
                state.inputs.push_back(
                    Ort::Value::CreateTensor(memory, &state.nothing, 0, no_past.data(), no_past.size()));
                break;
        }
    }
    const std::size_t most = std::max<std::size_t>(1, samples.size() * tokens_per_second / one_second);
    std::vector<std::int64_t> tokens;
    double probability = 0;
    while (tokens.size() < most) {
        auto outputs = decoder_.Run(Ort::RunOptions{}, input_names_.data(), state.inputs.data(),
                                    state.inputs.size(), output_names_.data(), output_names_.size());
        const Choice choice = choose(outputs[0], may_be_nothing || !tokens.empty());
        if (choice.token == end_token) break;
        tokens.push_back(choice.token);
        probability += choice.probability;
        for (std::size_t i = 1; i < outputs.size(); ++i) {
            if (state.use_cache && !outputs_[i].every_step) continue;
            state.inputs[outputs_[i].past] = std::move(outputs[i]);
        }
        state.token = choice.token;
        state.use_cache = true;
    }
    if (tokens.empty()) return {};
    return {text_of(tokens), probability / static_cast<double>(tokens.size())};
}

std::string Moonshine::text_of(const std::vector<std::int64_t>& tokens) const {
    std::string text;
    for (const std::int64_t token : tokens) {
        const auto id = static_cast<std::size_t>(token);
        if (id < tokens_.size()) text += tokens_[id];
    }
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace atlas::sandbox::speech
