#include "call/player.hpp"

#include "atlas/audio/audio_format.hpp"

#include <algorithm>
#include <utility>

namespace atlas::caller {
namespace {

constexpr std::size_t most_turns = 8;                    // that can wait to be heard
constexpr std::size_t chunk = 4800;                      // samples handed to the loudspeaker at once
constexpr std::int64_t longest_turn_ms = 1'000'000'000;  // keeps the arithmetic in its bounds

std::int64_t samples_within(net::Duration time, int rate) {
    return std::chrono::nanoseconds(time).count() * rate / 1'000'000'000;
}

}  // namespace

Player::Player(const PlayerSettings& settings, Loudspeaker loudspeaker)
    : settings_(settings),
      loudspeaker_(std::move(loudspeaker)),
      room_(audio::samples_in(settings.room, settings.rate)) {
    notes_.reserve(8);
    if (loudspeaker_) scratch_.resize(chunk);
}

// ---- what comes

Received Player::receive(std::uint32_t turn, std::uint32_t timestamp, bool last,
                         std::span<const std::int16_t> samples, net::TimePoint now) {
    play(now);
    received_ += static_cast<std::int64_t>(samples.size());
    Turn* found = open(turn, now);
    if (found == nullptr || found->complete) return Received::ignored;
    const Received outcome = append(*found, timestamp, samples);
    found->complete = last;
    if (found->dry && found->end > found->played) {
        found->dry = false;
        ++found->underruns;
        run_clock(*found, now);
        tell(PlaybackNote::Kind::resumed, *found, now);
    }
    play(now);
    return outcome;
}

void Player::flush(std::uint32_t turn, std::int64_t keep_ms, net::TimePoint now) {
    play(now);
    Turn* found = find(turn);
    if (found == nullptr) {
        if (turn <= done_up_to_) return;
        found = open(turn, now);
        if (found == nullptr) return;
    }
    const auto wanted = std::chrono::milliseconds(std::clamp<std::int64_t>(keep_ms, 0, longest_turn_ms));
    found->end = std::clamp(audio::samples_in(wanted, settings_.rate), found->played, found->received);
    found->complete = found->flushed = true;
    play(now);
}

void Player::end_turn(std::uint32_t turn, net::TimePoint now) {
    play(now);
    if (Turn* found = find(turn)) {
        found->complete = true;
    } else {
        done_up_to_ = std::max(done_up_to_, turn);
    }
    play(now);
}

Player::Turn* Player::find(std::uint32_t number) {
    const auto found = std::find_if(turns_.begin(), turns_.end(),
                                    [number](const Turn& turn) { return turn.number == number; });
    return found == turns_.end() ? nullptr : &*found;
}

Player::Turn* Player::open(std::uint32_t number, net::TimePoint now) {
    if (Turn* found = find(number)) return found;
    if (number <= done_up_to_ || turns_.size() == most_turns) return nullptr;
    for (Turn& earlier : turns_) earlier.complete = true;
    return &turns_.emplace_back(number, loudspeaker_ ? static_cast<std::size_t>(room_) : 0, now);
}

Received Player::append(Turn& turn, std::uint32_t timestamp, std::span<const std::int16_t> samples) {
    Received outcome = Received::played;
    const std::int64_t missing =
        static_cast<std::int32_t>(timestamp - static_cast<std::uint32_t>(turn.received));
    if (missing > 0) {
        if (missing > room_left(turn)) return Received::no_room;
        keep_silence(turn, missing);
        outcome = Received::gap;
    } else if (missing < 0) {
        const auto again = std::min<std::uint64_t>(static_cast<std::uint64_t>(-missing), samples.size());
        samples = samples.subspan(static_cast<std::size_t>(again));
        outcome = Received::repeated;
    }
    const auto fits = std::min<std::uint64_t>(static_cast<std::uint64_t>(room_left(turn)), samples.size());
    if (fits < samples.size()) outcome = Received::no_room;
    keep(turn, samples.first(static_cast<std::size_t>(fits)));
    return outcome;
}

void Player::keep(Turn& turn, std::span<const std::int16_t> samples) {
    if (loudspeaker_) turn.sound.write(samples);
    turn.end = turn.received += static_cast<std::int64_t>(samples.size());
}

void Player::keep_silence(Turn& turn, std::int64_t count) {
    std::fill(scratch_.begin(), scratch_.end(), std::int16_t{0});
    for (std::int64_t left = loudspeaker_ ? count : 0; left > 0; left -= static_cast<std::int64_t>(chunk)) {
        turn.sound.write(std::span(scratch_).first(std::min(chunk, static_cast<std::size_t>(left))));
    }
    turn.end = turn.received += count;
}

// ---- what is heard

void Player::poll(net::TimePoint now, std::vector<PlaybackNote>& notes) {
    play(now);
    notes.insert(notes.end(), notes_.begin(), notes_.end());
    notes_.clear();
}

std::optional<net::TimePoint> Player::next_due() const {
    if (turns_.empty() || !turns_.front().started || turns_.front().dry) return std::nullopt;
    const Turn& turn = turns_.front();
    return std::min(turn.report_at, time_of(turn, turn.end));
}

void Player::play(net::TimePoint now) {
    while (!turns_.empty() && play_turn(turns_.front(), now)) {
        done_up_to_ = std::max(done_up_to_, turns_.front().number);
        turns_.pop_front();
    }
}

// True when it was heard to its end.
bool Player::play_turn(Turn& turn, net::TimePoint now) {
    if (!turn.started && turn.end == 0) {
        if (turn.complete)
            tell(turn.flushed ? PlaybackNote::Kind::flushed : PlaybackNote::Kind::finished, turn, now);
        return turn.complete;
    }
    if (!turn.started) {
        turn.started = true;
        run_clock(turn, std::max(turn.came_at, free_at_));
        tell(PlaybackNote::Kind::started, turn, turn.clock_at);
    }
    const net::TimePoint out_at = time_of(turn, turn.end);
    if (now < out_at) {
        play_to(turn, turn.clock_played + samples_within(now - turn.clock_at, settings_.rate));
        if (now >= turn.report_at) tell(PlaybackNote::Kind::progress, turn, now);
        while (turn.report_at <= now) turn.report_at += settings_.report_interval;
        return false;
    }
    play_to(turn, turn.end);
    if (turn.complete) {
        tell(turn.flushed ? PlaybackNote::Kind::flushed : PlaybackNote::Kind::finished, turn, out_at);
        free_at_ = out_at;
    } else if (!std::exchange(turn.dry, true)) {
        tell(PlaybackNote::Kind::ran_dry, turn, out_at);
    }
    return turn.complete;
}

void Player::run_clock(Turn& turn, net::TimePoint from) {
    turn.clock_at = from;
    turn.clock_played = turn.played;
    turn.report_at = from + settings_.report_interval;
    play_silence(from);
    line_at_ = from;
}

net::TimePoint Player::time_of(const Turn& turn, std::int64_t position) const {
    return turn.clock_at + audio::duration_of(position - turn.clock_played, settings_.rate);
}

void Player::play_to(Turn& turn, std::int64_t position) {
    const std::int64_t count = position - turn.played;
    if (count <= 0) return;
    for (std::int64_t left = loudspeaker_ ? count : 0; left > 0;) {
        const auto piece = std::span(scratch_).first(std::min(chunk, static_cast<std::size_t>(left)));
        const std::size_t size = turn.sound.read(piece);
        if (size == 0) break;
        loudspeaker_(piece.first(size));
        left -= static_cast<std::int64_t>(size);
    }
    turn.played = position;
    heard_ += count;
    line_at_ = time_of(turn, position);
}

void Player::play_silence(net::TimePoint until) {
    if (!loudspeaker_ || !line_at_ || until <= *line_at_) return;
    std::fill(scratch_.begin(), scratch_.end(), std::int16_t{0});
    for (auto left = samples_within(until - *line_at_, settings_.rate); left > 0;
         left -= static_cast<std::int64_t>(chunk)) {
        loudspeaker_(std::span(scratch_).first(std::min(chunk, static_cast<std::size_t>(left))));
    }
}

void Player::tell(PlaybackNote::Kind kind, const Turn& turn, net::TimePoint at) {
    protocol::Playback report;
    report.turn = turn.number;
    report.played_ms = audio::ms_in(turn.played, settings_.rate);
    report.buffered_ms = audio::ms_in(turn.end - turn.played, settings_.rate);
    report.underruns = turn.underruns;
    notes_.push_back({kind, report, at});
}

}  // namespace atlas::caller
