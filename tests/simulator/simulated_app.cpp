#include "simulator/simulated_app.hpp"

#include "atlas/audio/audio_format.hpp"

#include <algorithm>
#include <utility>

namespace atlas::sim {
namespace {

constexpr auto block = std::chrono::milliseconds(1000 / blocks_per_second);
constexpr std::size_t out_block_bytes = 24000 / blocks_per_second * 2;

std::uint32_t number(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i)
        value = value << 8U | static_cast<unsigned char>(bytes[i - 1]);
    return value;
}

}  // namespace

// ---- the ear

void Ear::hear(int turn, int code, TimePoint at) {
    if (code == 0) {
        contiguous_ = false;
        return;
    }
    const bool goes_on = !words_.empty() && words_.back().code == code && words_.back().turn == turn;
    if (!goes_on || !contiguous_) words_.push_back({turn, code, at, at, 0});
    contiguous_ = true;
    words_.back().to = at + block;
    ++words_.back().blocks;
}

bool Ear::counts(const Word& word) const { return word.blocks * 2 >= sounds_.word(word.code).blocks; }
bool Ear::whole(const Word& word) const { return word.blocks == sounds_.word(word.code).blocks; }

std::vector<std::string> Ear::heard(int turn) const {
    std::vector<std::string> heard;
    for (const auto& word : words_)
        if (word.turn == turn && counts(word)) heard.push_back(plain_word(sounds_.word(word.code).text));
    return heard;
}

std::vector<Ear::Word> Ear::sounds(int turn) const {
    std::vector<Word> found;
    for (const auto& word : words_)
        if (word.turn == turn) found.push_back(word);
    return found;
}

bool Ear::heard_word(const std::string& wanted, std::size_t since) const {
    for (std::size_t i = since; i < words_.size(); ++i)
        if (counts(words_[i]) && plain_word(sounds_.word(words_[i].code).text) == wanted) return true;
    return false;
}

// ---- the network

TimePoint SimulatedApp::arrival(TimePoint& last, Duration latency) {
    if (network_.jitter > Duration::zero())
        latency +=
            Duration(std::uniform_int_distribution<Duration::rep>(0, network_.jitter.count())(random_));
    return last = std::max(last, agenda_.now() + latency);
}

void SimulatedApp::connect(std::shared_ptr<test::FakePeer> peer) {
    peer_ = std::move(peer);
    peer_->on_message = [this](test::FakePeer&, const test::SentMessage& message) {
        agenda_.at(arrival(last_down_, network_.down), [this, message] { receive(message); });
    };
    Json hello{
        {"t", "hello"},
        {"proto", "atlas.v1"},
        {"audio",
         {{"in", Json::array({{{"codec", "pcm16"}, {"rate", mic_rate}, {"frame_ms", mic_frame_ms}}})},
          {"out", Json::array({{{"codec", "pcm16"}, {"rate", 24000}, {"frame_ms", speaker_frame_ms}}})}}}};
    if (pauses) hello["features"] = Json::array({"pause"});
    if (!config.empty()) hello["config"] = config;
    send(std::move(hello));
}

void SimulatedApp::send(Json message) {
    agenda_.at(arrival(last_up_, network_.up), [peer = peer_, text = message.dump()] { peer->text(text); });
}

void SimulatedApp::record(const std::vector<SoundPiece>& pieces) {
    for (const auto& piece : pieces) WordSounds::append(recorded_, piece, mic_rate);
    const auto frame = static_cast<std::size_t>(mic_frame_ms * mic_rate / 1000);
    std::size_t sent = 0;
    for (; sent + frame <= recorded_.size(); sent += frame)
        send_frame(std::span(recorded_).subspan(sent, frame));
    recorded_.erase(recorded_.begin(), recorded_.begin() + static_cast<std::ptrdiff_t>(sent));
}

void SimulatedApp::send_frame(std::span<const std::int16_t> samples) {
    std::string bytes(8, '\0');
    bytes[0] = 1;
    for (std::size_t i = 0; i < 4; ++i) bytes[4 + i] = static_cast<char>(mic_position_ >> (8 * i) & 0xFFU);
    mic_position_ += static_cast<std::uint32_t>(samples.size());
    const auto payload = audio::pcm16_bytes(samples);
    bytes.append(reinterpret_cast<const char*>(payload.data()), payload.size());
    agenda_.at(arrival(last_up_, network_.up),
               [peer = peer_, bytes = std::move(bytes)] { peer->binary(bytes); });
}

void SimulatedApp::lose_connection() {
    closed = cut_off_ = true;
    peer_->lose();
}

// ---- what the server says

void SimulatedApp::receive(const test::SentMessage& message) {
    if (closed) return;
    play_on();
    if (message.binary) return receive_audio(message.bytes);
    receive_text(Json::parse(message.bytes));
}

void SimulatedApp::receive_audio(const std::string& bytes) {
    const auto of_turn = static_cast<int>(number(std::string_view(bytes).substr(2, 2)));
    if ((static_cast<unsigned char>(bytes[1]) & 2U) != 0) got_last_[of_turn] = true;
    if (keep_until_.contains(of_turn)) return;
    for (std::size_t at = 8; at + out_block_bytes <= bytes.size(); at += out_block_bytes) {
        const auto sample = static_cast<std::int16_t>(number(std::string_view(bytes).substr(at, 2)));
        queue_.push_back({of_turn, WordSounds::code_of(sample)});
    }
    if (playing_ || queue_.empty()) return;
    playing_ = true;
    clock_ = agenda_.now() + buffers;
}

void SimulatedApp::receive_text(const Json& message) {
    received.emplace_back(agenda_.now(), message);
    const std::string type = message["t"];
    if (type == "ready") ready = true;
    if (type == "closed") closed = true;
    if (type == "turn.start") turn = message["turn"];
    if (type == "tool.call") answer_tool(message);
    if (type == "audio.flush") flush(message["turn"], message["keep_ms"]);
    if (type != "state") return;
    state = message["state"];
    if (!pauses) return;
    if (state == "paused") hold(true);
    if (state == "speaking") hold(false);
}

void SimulatedApp::answer_tool(const Json& call) {
    const auto found = tools.find(call["name"].get<std::string>());
    if (found == tools.end() || (!found->second.result && found->second.error.empty())) return;
    Json answer{{"t", "tool.result"}, {"call", call["call"]}};
    if (found->second.result) {
        answer["result"] = *found->second.result;
    } else {
        answer["error"] = found->second.error;
    }
    agenda_.after(found->second.after, [this, answer] {
        if (!closed) send(answer);
    });
}

// ---- the player

std::chrono::milliseconds SimulatedApp::played(int of_turn) const {
    const auto found = played_.find(of_turn);
    return found == played_.end() ? std::chrono::milliseconds(0) : block * found->second;
}

void SimulatedApp::play_on() {
    if (!playing_ || held_) return;
    while (!queue_.empty() && clock_ + block <= agenda_.now()) {
        const Sound sound = queue_.front();
        queue_.pop_front();
        ear.hear(sound.turn, sound.code, clock_);
        clock_ += block;
        const bool first = played_[sound.turn]++ == 0;
        playing_turn_ = sound.turn;
        if (first) report(playing_turn_);
    }
    if (!queue_.empty()) return;
    playing_ = false;
    if (!got_last_[playing_turn_]) ++underruns_;
    report(playing_turn_);
}

void SimulatedApp::hold(bool held) {
    if (held_ == held) return;
    held_ = held;
    if (held) return report(playing_turn_);
    clock_ = agenda_.now();
}

void SimulatedApp::flush(int flushed, std::int64_t keep_ms) {
    ++flushes;
    if (!obeys_flush) return;
    const auto keep = held_ ? 0 : static_cast<int>(keep_ms / block.count());
    keep_until_[flushed] = keep;
    int position = played_[flushed];
    std::deque<Sound> kept;
    for (const Sound& sound : queue_)
        if (sound.turn != flushed || position++ < keep) kept.push_back(sound);
    queue_ = std::move(kept);
    if (queue_.empty()) playing_ = false;
    held_ = false;
    clock_ = std::max(clock_, agenda_.now() - block);
    report(flushed);
}

void SimulatedApp::report(int about) {
    if (!reports || about == 0 || closed) return;
    reported_at_ = agenda_.now();
    auto ms = played(about).count();
    if (talks_nonsense) ms = std::uniform_int_distribution<std::int64_t>(0, 100'000'000)(random_);
    const auto left = std::count_if(queue_.begin(), queue_.end(),
                                    [about](const Sound& sound) { return sound.turn == about; });
    send({{"t", "playback"},
          {"turn", about},
          {"played_ms", ms},
          {"buffered_ms", left * block.count()},
          {"underruns", underruns_}});
}

void SimulatedApp::tick() {
    if (cut_off_) return;
    play_on();  // what it has is heard to its end, even when the call is over
    const bool due = playing_ && !held_ && agenda_.now() >= clock_ - buffers &&
                     agenda_.now() - reported_at_ >= report_every;
    if (due) report(playing_turn_);
}

}  // namespace atlas::sim
