#include "sandbox/services/listen_session.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace atlas::sandbox {
namespace {

constexpr auto tick_every = std::chrono::milliseconds(100);
constexpr std::size_t kept_texts = 200;
constexpr double throttle_burst_ms = 1000;  // taken at once before the throttle is felt
constexpr double most_waiting_ms = 5000;

double ms_between(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double, std::milli>(to - from).count();
}

bool starts_like_json(std::span<const std::uint8_t> message) {
    constexpr std::string_view start = "{\"type\"";
    const std::string_view text(reinterpret_cast<const char*>(message.data()), message.size());
    return text.starts_with(start) || text.starts_with("{ \"type\"");
}

}  // namespace

ListenSession::ListenSession(World& world, WebsocketPeer& peer, const Request& request, Opening opening)
    : world_(world),
      peer_(peer),
      opening_(std::move(opening)),
      record_(world.report.connection(opening_.service, peer.connection())),
      audio_(opening_.audio),
      timer_(world.loop),
      hash_(EVP_MD_CTX_new(), EVP_MD_CTX_free),
      file_(nullptr, std::fclose) {
    EVP_DigestInit_ex(hash_.get(), EVP_sha256(), nullptr);
    for (const auto& [name, value] : request.query) record_->parameters.push_back(name + "=" + value);
    record_->facts["auth"] = opening_.key_scheme;
    record_->facts["request_id"] = opening_.request_id;
    if (opening_.fault)
        for (const std::string& name : opening_.fault->names) record_->facts["fault"] += name + " ";
    if (!world.audio_directory.empty()) {
        const std::string path =
            world.audio_directory + "/" + opening_.service + "-" + std::to_string(peer.connection()) + ".pcm";
        file_.reset(std::fopen(path.c_str(), "wb"));
    }
    if (has("fragment")) peer.split_into(static_cast<std::size_t>(opening_.fault->number("bytes", 20)));
    if (has("withhold")) silent_ = true;
    if (audio_.heard()) {
        const RecognizerRequest wanted{audio_.sample_rate(), opening_.language, opening_.keyterms,
                                       peer.connection()};
        recognizer_ = world.engines.recognizer->start(wanted, [this](const RecognizerEvent& event) {
            if (!closing_) recognised(event);
        });
    }
    schedule();
}

ListenSession::~ListenSession() { finish_verdict(); }

double ListenSession::ms_open() const { return ms_between(opened_, Clock::now()); }
double ListenSession::ms_since_message() const { return ms_between(last_message_, Clock::now()); }
double ListenSession::ms_since_frame() const { return ms_between(last_frame_, Clock::now()); }
std::optional<double> ListenSession::ms_since_audio() const {
    if (!last_audio_) return {};
    return ms_between(*last_audio_, Clock::now());
}

void ListenSession::violation(std::string_view rule, std::string_view detail) {
    world_.report.violation(opening_.service, peer_.connection(), rule, detail);
}
void ListenSession::warning(std::string_view rule, std::string_view detail) {
    world_.report.warning(opening_.service, peer_.connection(), rule, detail);
}

void ListenSession::send(std::string json) {
    if (silent_) return;
    if (has("large_text"))
        json.insert(json.size() - 1, ",\"x_padding\":\"" + std::string(100000, 'x') + "\"");
    if (has("ping_flood"))
        for (int i = 0; i < 50; ++i) peer_.ping();
    peer_.send_text(std::move(json));
}

void ListenSession::close(std::optional<std::uint16_t> code, std::string reason) {
    closing_ = true;
    record_->facts["closed_by"] = "sandbox";
    record_->numbers["close_code"] = code.value_or(1005);
    peer_.close(code, std::move(reason));
}

void ListenSession::close_stream_seen() {
    close_stream_ = true;
    record_->facts["close_stream"] = "yes";
}

std::string ListenSession::audio_hash() const {
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> copy(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_MD_CTX_copy_ex(copy.get(), hash_.get());
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(copy.get(), digest.data(), &size);
    static constexpr std::string_view hex = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text += hex[digest[i] >> 4];
        text += hex[digest[i] & 15];
    }
    return text;
}

void ListenSession::text(std::string_view message) {
    last_message_ = last_frame_ = Clock::now();
    record_->numbers["text_messages"] += 1;
    if (record_->texts.size() < kept_texts) record_->texts.emplace_back(message.substr(0, 120));
    if (closing_) return;
    said(message);
}

void ListenSession::ping() {
    last_frame_ = Clock::now();
    record_->numbers["pings"] += 1;
}

void ListenSession::binary(std::span<const std::uint8_t> message) {
    last_message_ = last_frame_ = Clock::now();
    if (close_stream_ && !message.empty())
        return violation("audio_after_close_stream", std::to_string(message.size()) + " bytes");
    if (closing_) return;
    if (message.empty()) {
        record_->numbers["empty_frames"] += 1;
        violation("empty_frame", "a binary message without bytes");
        if (opening_.service == "deepgram_v1") said("{\"type\":\"CloseStream\"}");
        return;
    }
    if (starts_like_json(message)) violation("json_as_binary", "a control message was sent as audio");
    if (close_stream_)
        return violation("audio_after_close_stream", std::to_string(message.size()) + " bytes");
    take(message);
}

void ListenSession::take(std::span<const std::uint8_t> message) {
    const Clock::time_point now = Clock::now();
    if (!first_audio_) {
        first_audio_ = now;
        record_->numbers["first_audio_ms"] = ms_between(opened_, now);
    }
    if (last_audio_) longest_gap_ms_ = std::max(longest_gap_ms_, ms_between(*last_audio_, now));
    last_audio_ = now;
    record_->numbers["audio_messages"] += 1;
    record_->numbers["audio_bytes"] += static_cast<double>(message.size());
    EVP_DigestUpdate(hash_.get(), message.data(), message.size());
    if (file_) std::fwrite(message.data(), 1, message.size(), file_.get());
    const double ms = audio_.ms_of(message.size());
    received_ms_ += ms;
    if (opening_.audio.encoding == "linear16" && message.size() % 2 != 0)
        violation("odd_bytes", std::to_string(message.size()) + " bytes of linear16");
    if (audio_.heard()) {
        const int length = static_cast<int>(std::lround(ms));
        ++record_->chunk_ms[length];
        const bool flux = opening_.service == "deepgram_v2";
        if (flux ? (ms < 40 || ms > 120) : (ms < 20 || ms > 250)) {
            if (record_->numbers["unusual_chunks"] == 0)
                warning("chunk_length", std::to_string(length) + " ms; later ones are only counted");
            record_->numbers["unusual_chunks"] += 1;
        }
    }
    if (throttle_ <= 0) return pass(message);
    waiting_.emplace_back(message.begin(), message.end());
    waiting_ms_ += ms;
    pass_throttled();
}

// Passes on what may have been spoken by now; what came too fast waits, and reading stops when it is much.
void ListenSession::pass_throttled() {
    while (!waiting_.empty()) {
        const double allowed = ms_between(*first_audio_, Clock::now()) * throttle_ + throttle_burst_ms;
        const std::vector<std::uint8_t>& next = waiting_.front();
        const double ms = audio_.ms_of(next.size());
        if (passed_ms_ > 0 && passed_ms_ + ms > allowed) {
            record_->facts["throttled"] = "yes";
            break;
        }
        const std::vector<std::uint8_t> bytes = std::move(waiting_.front());
        waiting_.pop_front();
        waiting_ms_ -= ms;
        pass(bytes);
    }
    if (!has("stop_reading")) peer_.pause_reading(waiting_ms_ > most_waiting_ms);
    if (waiting_.empty() && when_all_passed_) std::exchange(when_all_passed_, nullptr)();
}

void ListenSession::pass(std::span<const std::uint8_t> bytes) {
    const double ms = audio_.ms_of(bytes.size());
    passed_ms_ += ms;
    const auto samples = audio_.decode(bytes);
    if (recognizer_ && !samples.empty()) recognizer_->push(samples);
    if (closing_) return;
    heard(ms);
    check_faults();
}

void ListenSession::check_faults() {
    if (!opening_.fault || fault_done_ || closing_) return;
    const Fault& fault = *opening_.fault;
    if (passed_ms_ < fault.number("after_ms", 1000)) return;
    fault_done_ = true;
    if (fault.has("close")) {
        const int code = static_cast<int>(fault.number("code", 1011));
        const auto sent = code == 1005 ? std::optional<std::uint16_t>() : static_cast<std::uint16_t>(code);
        close(sent, fault.text("reason", ""));
    } else if (fault.has("drop")) {
        closing_ = true;
        peer_.drop();
    } else if (fault.has("reset")) {
        closing_ = true;
        peer_.abort();
    } else if (fault.has("stall")) {
        silent_ = true;
    } else if (fault.has("stop_reading")) {
        silent_ = true;
        peer_.pause_reading(true);
    } else if (fault.has("garbage")) {
        peer_.send_text(fault.text("value", "{not json"));
    } else if (fault.has("wrong_type")) {
        peer_.send_binary(fault.text("value", "\x01\xff not text"));
    } else {
        fault_struck(fault);
    }
}

void ListenSession::schedule() {
    timer_.start(tick_every, [this] {
        schedule();
        if (throttle_ > 0) pass_throttled();
        const bool deaf = fault_done_ && has("stop_reading");  // our own silence is not the client's fault
        if (!closing_ && !deaf) tick();
    });
}

void ListenSession::ended(const WebsocketEnd& end) {
    if (end.by_client) {
        record_->facts["closed_by"] = "client";
        record_->numbers["close_code"] = end.code;
        const bool spoiled = opening_.fault.has_value();
        if (!close_stream_ && !spoiled)
            violation("no_close_stream", "the client ended the connection without CloseStream (code " +
                                             std::to_string(end.code) + ")");
    } else if (!record_->facts.contains("closed_by")) {
        record_->facts["closed_by"] = "fault";
    }
    if (!end.by_client && end.code == 1006) record_->facts["end"] = end.reason;
    finish_verdict();
}

void ListenSession::finish_verdict() {
    if (record_->closed) return;
    closing_ = true;
    record_->numbers["audio_ms"] = received_ms_;
    record_->numbers["max_gap_ms"] = longest_gap_ms_;
    record_->facts["audio_sha256"] = audio_hash();
    if (!record_->facts.contains("close_stream")) record_->facts["close_stream"] = "no";
    if (first_audio_) {
        const double span = ms_between(*first_audio_, *last_audio_);
        if (span > 0) record_->numbers["real_time_factor"] = received_ms_ / span;
    }
    file_.reset();
    recognizer_.reset();
    world_.report.connection_closed(*record_);
}

}  // namespace atlas::sandbox
