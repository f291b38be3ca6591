#include "atlas/providers/openai/realtime_speech.hpp"
#include "atlas/providers/openai/realtime_synthesizer.hpp"
#include "openai_listener.hpp"
#include "openai_wire.hpp"
#include "support/fake_websocket.hpp"
#include "support/manual_loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace atlas::providers::openai {
namespace {

using namespace std::chrono_literals;
using test::FakePeer;
using testing::HasSubstr;

// Connects as FakeWebsocketConnector does, but its sockets take no messages while `deaf`.
class DeafConnector final : public net::WebsocketConnector {
public:
    explicit DeafConnector(net::WebsocketConnector& inner) : inner_(inner) {}
    bool deaf = false;

    std::unique_ptr<net::PendingConnect> connect(
        net::WebsocketRequest request, std::function<void(net::WebsocketConnected)> on_done) override {
        auto wrap = [this, on_done = std::move(on_done)](net::WebsocketConnected connected) {
            connected.websocket = std::make_unique<Socket>(*this, std::move(connected.websocket));
            on_done(std::move(connected));
        };
        return inner_.connect(std::move(request), std::move(wrap));
    }

private:
    class Socket final : public net::Websocket {
    public:
        Socket(DeafConnector& connector, std::unique_ptr<net::Websocket> inner)
            : connector_(connector), inner_(std::move(inner)) {}
        void start(net::WebsocketHandlers handlers) override { inner_->start(std::move(handlers)); }
        bool send_text(std::string_view text) override { return !connector_.deaf && inner_->send_text(text); }
        bool send_binary(std::span<const std::byte>, std::span<const std::byte>) override { return false; }
        std::size_t drop_queued_binary() override { return 0; }
        std::size_t queued_bytes() const override { return 0; }
        void ping() override {}
        void close(std::uint16_t code, std::string_view reason) override { inner_->close(code, reason); }
        std::string_view subprotocol() const override { return {}; }
        std::string_view peer_address() const override { return {}; }

    private:
        DeafConnector& connector_;
        std::unique_ptr<net::Websocket> inner_;
    };

    net::WebsocketConnector& inner_;
};

class RealtimeSynthesizerTest : public testing::Test {
protected:
    RealtimeSynthesizerTest() {
        settings.api_key = "key-123456";
        settings.pool.max_sockets = 2;
        settings.pool.responses_per_socket = 2;
        settings.pool.max_waiting = 2;
        settings.pool.spare_places = 0;  // but where it is about them
        settings.pool.responses_per_spare = 100;
        use_settings();
    }

    void use_settings() { synthesizer = std::make_unique<RealtimeSynthesizer>(settings, connector, loop); }
    void say(Speaking& chunk, std::string text = "It is noon.") {
        chunk.start(*synthesizer, std::move(text));
        loop.advance(0s);
    }
    // The ids of the response.create messages a socket got, in order.
    static std::vector<std::string> asked(const FakePeer& peer) {
        std::vector<std::string> ids;
        for (const std::string& text : peer.texts()) {
            const auto message = nlohmann::json::parse(text);
            if (message["type"] == "response.create")
                ids.push_back(message["response"]["metadata"]["atlas_chunk"]);
        }
        return ids;
    }
    void send(FakePeer& peer, std::string message) {
        peer.text(std::move(message));
        loop.advance(0s);
    }
    // The socket accepts its newest request as response `id`.
    void create(FakePeer& peer, const std::string& id) {
        send(peer, response_created(id, asked(peer).back()));
    }
    void finish(FakePeer& peer, const std::string& id, const std::string& transcript) {
        send(peer, audio_done(id));
        send(peer, transcript_done(id, transcript));
        send(peer, response_done(id));
    }
    void pass(net::Duration time) { loop.advance(time); }

    test::ManualLoop loop;
    test::FakeWebsocketConnector connector{loop};
    OpenAiSpeechSettings settings;
    std::unique_ptr<RealtimeSynthesizer> synthesizer;
    std::array<Speaking, 8> chunks;
    Speaking& first = chunks[0];
    Speaking& second = chunks[1];
};

TEST_F(RealtimeSynthesizerTest, OpensASocketWithTheModelAndTheKey) {
    say(first);
    ASSERT_EQ(connector.attempts.size(), 1u);
    const net::WebsocketRequest& request = connector.last().request;
    EXPECT_EQ(request.url, "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1-mini");
    EXPECT_EQ(request.headers.find("authorization"), "Bearer key-123456");
    EXPECT_FALSE(request.headers.contains("openai-beta"));
}

TEST_F(RealtimeSynthesizerTest, SetsUpTheSessionOnceAndSpeaksWithoutWaiting) {
    say(first);
    say(second);
    const auto texts = connector.last().texts();
    ASSERT_EQ(texts.size(), 3u);
    EXPECT_THAT(texts[0], HasSubstr("session.update"));
    EXPECT_THAT(texts[1], HasSubstr("response.create"));
    EXPECT_THAT(texts[2], HasSubstr("response.create"));
}

TEST_F(RealtimeSynthesizerTest, GivesTheSoundOfItsResponseAndTheTranscript) {
    const auto sound = ramp(500);
    say(first);
    FakePeer& socket = connector.last();
    create(socket, "resp_1");
    send(socket, audio_delta("resp_1", bytes_of(sound).substr(0, 501)));
    send(socket, audio_delta("resp_1", bytes_of(sound).substr(501)));
    EXPECT_EQ(first.sound, sound);
    EXPECT_FALSE(first.ended());
    finish(socket, "resp_1", "It is noon");
    ASSERT_TRUE(first.completed);
    EXPECT_EQ(first.completed->spoken_text, "It is noon");
    EXPECT_TRUE(first.completed->word_for_word);
}

TEST_F(RealtimeSynthesizerTest, TellsWhenTheModelSaidSomethingElse) {
    say(first);
    create(connector.last(), "resp_1");
    send(connector.last(), audio_delta("resp_1", "abcd"));
    finish(connector.last(), "resp_1", "Sure, it is noon.");
    ASSERT_TRUE(first.completed);
    EXPECT_FALSE(first.completed->word_for_word);
    EXPECT_EQ(first.completed->spoken_text, "Sure, it is noon.");
}

TEST_F(RealtimeSynthesizerTest, KeepsParallelResponsesApart) {
    say(first);
    say(second, "Two.");
    FakePeer& socket = connector.last();
    const auto ids = asked(socket);
    send(socket, response_created("resp_b", ids[1]));
    send(socket, response_created("resp_a", ids[0]));
    send(socket, audio_delta("resp_b", "bb"));
    send(socket, audio_delta("resp_a", "aaaa"));
    send(socket, audio_delta("resp_x", "xxxxxx"));
    EXPECT_EQ(first.sound.size(), 2u);
    EXPECT_EQ(second.sound.size(), 1u);
    finish(socket, "resp_b", "two");
    EXPECT_TRUE(second.completed);
    EXPECT_FALSE(first.ended());
}

TEST_F(RealtimeSynthesizerTest, SpeaksManyChunksOnOneSocket) {
    for (int i = 0; i < 20; ++i) {
        Speaking chunk;
        say(chunk);
        const std::string id = "resp_" + std::to_string(i);
        create(connector.last(), id);
        send(connector.last(), audio_delta(id, "abcd"));
        finish(connector.last(), id, "It is noon.");
        EXPECT_TRUE(chunk.completed);
    }
    EXPECT_EQ(connector.attempts.size(), 1u);
}

TEST_F(RealtimeSynthesizerTest, OpensAnotherSocketWhenOneIsFullAndThenLetsChunksWaitInOrder) {
    for (int i = 0; i < 6; ++i) say(chunks[static_cast<std::size_t>(i)]);
    ASSERT_EQ(connector.attempts.size(), 2u);
    EXPECT_EQ(asked(connector.attempt(0)).size(), 2u);
    EXPECT_EQ(asked(connector.attempt(1)).size(), 2u);
    EXPECT_EQ(synthesizer->waiting_chunks(), 2u);
    FakePeer& socket = connector.attempt(0);
    send(socket, response_created("resp_1", asked(socket)[0]));
    send(socket, audio_delta("resp_1", "abcd"));
    finish(socket, "resp_1", "It is noon.");
    EXPECT_EQ(asked(socket).size(), 3u);
    EXPECT_EQ(synthesizer->waiting_chunks(), 1u);
}

TEST_F(RealtimeSynthesizerTest, RefusesAChunkWhenTooManyWait) {
    for (int i = 0; i < 6; ++i) say(chunks[static_cast<std::size_t>(i)]);
    chunks[6].start(*synthesizer, "One too many");
    EXPECT_FALSE(chunks[6].ended());
    loop.advance(0s);
    EXPECT_EQ(chunks[6].reason(), FailureReason::overloaded);
    EXPECT_EQ(synthesizer->waiting_chunks(), 2u);
}

TEST_F(RealtimeSynthesizerTest, LetsAWaitingChunkGoAfterFiveSeconds) {
    for (int i = 0; i < 4; ++i) {
        say(chunks[static_cast<std::size_t>(i)]);
        create(connector.last(), "resp_" + std::to_string(i));
    }
    say(chunks[4]);
    for (int time = 0; time < 5; ++time) {
        EXPECT_FALSE(chunks[4].ended());
        for (int i = 0; i < 4; ++i)
            send(connector.attempt(i < 2 ? 0u : 1u), audio_delta("resp_" + std::to_string(i), "abcd"));
        pass(1s);
    }
    EXPECT_EQ(chunks[4].reason(), FailureReason::timed_out);
    EXPECT_EQ(synthesizer->waiting_chunks(), 0u);
}

TEST_F(RealtimeSynthesizerTest, CancelsTheResponseWhenTheSynthesisIsDestroyed) {
    say(first);
    FakePeer& socket = connector.last();
    create(socket, "resp_1");
    send(socket, audio_delta("resp_1", "abcd"));
    first.synthesis.reset();
    EXPECT_EQ(socket.texts().back(), R"({"type":"response.cancel","response_id":"resp_1"})");
    send(socket, audio_delta("resp_1", "efgh"));
    EXPECT_EQ(first.sound.size(), 2u);
    EXPECT_TRUE(socket.open());
}

TEST_F(RealtimeSynthesizerTest, CancelsLaterWhatWasNotCreatedYet) {
    say(first);
    FakePeer& socket = connector.last();
    first.synthesis.reset();
    EXPECT_EQ(socket.texts().size(), 2u);
    create(socket, "resp_1");
    EXPECT_EQ(socket.texts().back(), R"({"type":"response.cancel","response_id":"resp_1"})");
}

TEST_F(RealtimeSynthesizerTest, CountsACancelledResponseUntilItsEnd) {
    say(first);
    say(second);
    FakePeer& socket = connector.last();
    send(socket, response_created("resp_1", asked(socket)[0]));
    first.synthesis.reset();
    say(chunks[2]);
    EXPECT_EQ(connector.attempts.size(), 2u);
    send(socket, response_done("resp_1", "cancelled", R"({"reason":"client_cancelled"})"));
    say(chunks[3]);
    say(chunks[4]);
    EXPECT_EQ(asked(socket).size() + asked(connector.attempt(1)).size(), 5u);
}

TEST_F(RealtimeSynthesizerTest, ToleratesThatThereWasNothingToCancel) {
    say(first);
    say(second);
    FakePeer& socket = connector.last();
    send(socket, response_created("resp_1", asked(socket)[0]));
    first.synthesis.reset();
    send(socket, error_event("response_cancel_not_active"));
    EXPECT_FALSE(second.ended());
    EXPECT_TRUE(socket.open());
}

TEST_F(RealtimeSynthesizerTest, ClosesASocketWhoseCancelledResponseDoesNotEnd) {
    say(first);
    create(connector.last(), "resp_1");
    first.synthesis.reset();
    pass(16s);
    EXPECT_TRUE(connector.attempt(0).let_go);
}

TEST_F(RealtimeSynthesizerTest, ForgetsAWaitingChunkThatIsDestroyed) {
    for (int i = 0; i < 5; ++i) say(chunks[static_cast<std::size_t>(i)]);
    EXPECT_EQ(synthesizer->waiting_chunks(), 1u);
    chunks[4].synthesis.reset();
    EXPECT_EQ(synthesizer->waiting_chunks(), 0u);
}

TEST_F(RealtimeSynthesizerTest, TriesAnotherSocketOnceAfterTwoSecondsWithoutSound) {
    say(first);
    create(connector.last(), "resp_1");
    pass(1999ms);
    EXPECT_EQ(connector.attempts.size(), 1u);
    pass(1ms);
    ASSERT_EQ(connector.attempts.size(), 2u);
    EXPECT_THAT(connector.attempt(0).texts().back(), HasSubstr("response.cancel"));
    EXPECT_EQ(asked(connector.attempt(1)).size(), 1u);
    pass(2999ms);
    EXPECT_FALSE(first.ended());
    pass(1ms);
    EXPECT_EQ(first.reason(), FailureReason::timed_out);
    EXPECT_EQ(first.failure->attempts, 2);
}

TEST_F(RealtimeSynthesizerTest, TakesTheSameSocketAgainWhenThereIsNoOther) {
    settings.pool.max_sockets = 1;
    use_settings();
    say(first);
    pass(2s);
    EXPECT_EQ(connector.attempts.size(), 1u);
    EXPECT_EQ(asked(connector.last()).size(), 2u);
}

TEST_F(RealtimeSynthesizerTest, TellsHowManyAttemptsItTook) {
    say(first);
    create(connector.last(), "resp_1");
    pass(2s);
    create(connector.attempt(1), "resp_2");
    send(connector.attempt(1), audio_delta("resp_2", "abcd"));
    finish(connector.attempt(1), "resp_2", "It is noon.");
    ASSERT_TRUE(first.completed);
    EXPECT_EQ(first.completed->story.attempts, 2);
    say(second);
    pass(5s);
    ASSERT_TRUE(second.failure);
    EXPECT_EQ(second.failed_story.attempts, 2);
}

TEST_F(RealtimeSynthesizerTest, SendsAHedgeOnceAndNotToASocketThatOwesAFirstSound) {
    SynthesisRequest hedge;
    hedge.text = "It is noon.";
    hedge.hedge = true;
    say(first);
    create(connector.attempt(0), "resp_1");
    second.start(*synthesizer, hedge);
    loop.advance(0s);
    ASSERT_EQ(connector.attempts.size(), 2u);
    EXPECT_EQ(asked(connector.attempt(1)).size(), 1u);
    pass(4s);
    EXPECT_FALSE(second.ended());
    pass(1s);
    EXPECT_EQ(second.reason(), FailureReason::timed_out);
    EXPECT_EQ(second.failure->attempts, 1);
}

TEST_F(RealtimeSynthesizerTest, SendsAHedgeToASocketThatSpeaks) {
    SynthesisRequest hedge;
    hedge.text = "It is noon.";
    hedge.hedge = true;
    say(first);
    create(connector.last(), "resp_1");
    send(connector.last(), audio_delta("resp_1", "abcd"));
    second.start(*synthesizer, hedge);
    loop.advance(0s);
    EXPECT_EQ(connector.attempts.size(), 1u);
    EXPECT_EQ(asked(connector.last()).size(), 2u);
}

TEST_F(RealtimeSynthesizerTest, SendsAHedgeBesideItsTwinWhenThereIsNoOtherSocket) {
    settings.pool.max_sockets = 1;
    use_settings();
    SynthesisRequest hedge;
    hedge.text = "It is noon.";
    hedge.hedge = true;
    say(first);
    second.start(*synthesizer, hedge);
    loop.advance(0s);
    EXPECT_EQ(connector.attempts.size(), 1u);
    EXPECT_EQ(asked(connector.last()).size(), 2u);
}

TEST_F(RealtimeSynthesizerTest, IgnoresTheFirstAttemptsLateSound) {
    say(first);
    create(connector.attempt(0), "resp_1");
    pass(2s);
    create(connector.attempt(1), "resp_2");
    send(connector.attempt(0), audio_delta("resp_1", "abcdefgh"));
    send(connector.attempt(1), audio_delta("resp_2", "ab"));
    EXPECT_EQ(first.sound.size(), 1u);
}

TEST_F(RealtimeSynthesizerTest, CallsTwoSecondsWithoutFurtherSoundAStall) {
    say(first);
    create(connector.last(), "resp_1");
    send(connector.last(), audio_delta("resp_1", "abcd"));
    pass(1999ms);
    EXPECT_FALSE(first.ended());
    pass(1ms);
    EXPECT_EQ(first.reason(), FailureReason::stalled);
    EXPECT_THAT(connector.last().texts().back(), HasSubstr("response.cancel"));
}

TEST_F(RealtimeSynthesizerTest, DoesNotAskASocketThatFellSilentForTheRest) {
    say(first);
    create(connector.last(), "resp_1");
    send(connector.last(), audio_delta("resp_1", "abcd"));
    pass(2s);
    ASSERT_EQ(first.reason(), FailureReason::stalled);
    say(second);
    ASSERT_EQ(connector.attempts.size(), 2u);
    EXPECT_EQ(asked(connector.attempt(0)).size(), 1u);
    EXPECT_EQ(asked(connector.attempt(1)).size(), 1u);
}

TEST_F(RealtimeSynthesizerTest, IsCompleteWithoutATranscriptThatDoesNotCome) {
    say(first);
    create(connector.last(), "resp_1");
    send(connector.last(), audio_delta("resp_1", "abcd"));
    send(connector.last(), audio_done("resp_1"));
    pass(3s);
    ASSERT_TRUE(first.completed);
    EXPECT_EQ(first.completed->spoken_text, "");
}

TEST_F(RealtimeSynthesizerTest, AsksAgainWhenACompleteAnswerHoldsNoAudio) {
    say(first);
    create(connector.last(), "resp_1");
    send(connector.last(), response_done("resp_1"));
    ASSERT_EQ(asked(connector.last()).size(), 2u);
    create(connector.last(), "resp_2");
    send(connector.last(), response_done("resp_2"));
    EXPECT_EQ(first.reason(), FailureReason::protocol);
}

TEST_F(RealtimeSynthesizerTest, MovesChunksWithoutSoundToAnotherSocketWhenOneIsLost) {
    say(first);
    say(second);
    FakePeer& socket = connector.last();
    send(socket, response_created("resp_1", asked(socket)[0]));
    send(socket, audio_delta("resp_1", "abcd"));
    socket.lose();
    loop.advance(0s);
    EXPECT_EQ(first.reason(), FailureReason::disconnected);
    EXPECT_FALSE(second.ended());
    ASSERT_EQ(connector.attempts.size(), 2u);
    ASSERT_EQ(asked(connector.last()).size(), 1u);
    connector.last().close(1011, "internal error");
    loop.advance(0s);
    EXPECT_EQ(second.reason(), FailureReason::disconnected);
    EXPECT_THAT(second.failure->message, HasSubstr("1011"));
    EXPECT_EQ(second.failure->attempts, 2);
}

TEST_F(RealtimeSynthesizerTest, FailsOnlyTheChunkAnErrorIsAbout) {
    say(first);
    say(second);
    FakePeer& socket = connector.last();
    send(socket, error_event("invalid_value", asked(socket)[1]));
    EXPECT_EQ(second.reason(), FailureReason::bad_request);
    EXPECT_FALSE(first.ended());
    EXPECT_TRUE(socket.open());
}

TEST_F(RealtimeSynthesizerTest, GivesAnErrorWithoutAnAddressToTheOnlyChunkWithoutAnAnswer) {
    say(first);
    create(connector.last(), "resp_1");
    say(second);
    send(connector.last(), error_event("invalid_value"));
    EXPECT_EQ(second.reason(), FailureReason::bad_request);
    EXPECT_FALSE(first.ended());
}

TEST_F(RealtimeSynthesizerTest, ReportsAFailedResponseWithItsId) {
    say(first);
    create(connector.last(), "resp_1");
    send(connector.last(), response_done("resp_1", "failed", R"({"error":{"code":"insufficient_quota"}})"));
    EXPECT_EQ(first.reason(), FailureReason::quota);
    EXPECT_EQ(first.failure->request_id, "resp_1");
}

TEST_F(RealtimeSynthesizerTest, ReplacesASocketWhoseSessionExpired) {
    say(first);
    create(connector.last(), "resp_1");
    send(connector.last(), error_event("session_expired"));
    EXPECT_EQ(connector.attempts.size(), 2u);
    EXPECT_EQ(asked(connector.last()).size(), 1u);
    EXPECT_FALSE(first.ended());
}

TEST_F(RealtimeSynthesizerTest, ReplacesASocketThatTalksNonsense) {
    say(first);
    send(connector.last(), "not json");
    EXPECT_TRUE(connector.attempt(0).let_go);
    pass(500ms);
    ASSERT_EQ(connector.attempts.size(), 2u);
    EXPECT_EQ(asked(connector.last()).size(), 1u);
    send(connector.last(), "not json");
    EXPECT_EQ(first.reason(), FailureReason::protocol) << "one retry is enough";
}

TEST_F(RealtimeSynthesizerTest, TellsEveryChunkWhenTheSessionIsRefused) {
    settings.pool.max_sockets = 1;
    use_settings();
    for (int i = 0; i < 3; ++i) say(chunks[static_cast<std::size_t>(i)]);
    EXPECT_EQ(synthesizer->waiting_chunks(), 1u);
    send(connector.last(), error_event("model_not_found", std::string(session_event_id)));
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(chunks[static_cast<std::size_t>(i)].reason(), FailureReason::model_retired) << i;
    EXPECT_EQ(synthesizer->waiting_chunks(), 0u);
}

TEST_F(RealtimeSynthesizerTest, FailsAtOnceWhenTheKeyIsRefused) {
    connector.refuse_next(401, {{"x-request-id", "r9"}},
                          R"({"error":{"code":"invalid_api_key","message":"m"}})");
    say(first);
    EXPECT_EQ(first.reason(), FailureReason::unauthorized);
    EXPECT_EQ(first.failure->http_status, 401);
    EXPECT_EQ(first.failure->request_id, "r9");
}

TEST_F(RealtimeSynthesizerTest, ConnectsAgainAfterAMomentWhenItFails) {
    connector.fail_next();
    say(first);
    EXPECT_EQ(connector.attempts.size(), 1u);
    pass(250ms);
    EXPECT_EQ(connector.attempts.size(), 2u);
    EXPECT_EQ(asked(connector.last()).size(), 1u);
    EXPECT_FALSE(first.ended());
}

TEST_F(RealtimeSynthesizerTest, DoesNotHammerAServiceThatClosesEverySocketAtOnce) {
    connector.on_open = [](FakePeer& peer) { peer.close(1011, "no"); };
    for (int i = 0; i < 100; ++i) {
        Speaking& chunk = chunks[static_cast<std::size_t>(i) % chunks.size()];
        chunk = Speaking();
        say(chunk);
        pass(100ms);
    }
    EXPECT_LT(connector.attempts.size(), 20u);
    EXPECT_GT(connector.attempts.size(), 3u);
}

TEST_F(RealtimeSynthesizerTest, SaysWhyThereIsNoSocketAfterTwoAttempts) {
    for (int i = 0; i < 20; ++i) connector.fail_next("connection refused");
    say(first);
    EXPECT_FALSE(first.ended()) << "one failure may be chance";
    pass(250ms);
    EXPECT_EQ(first.reason(), FailureReason::unreachable);
    EXPECT_EQ(first.failure->message, "connection refused");
    EXPECT_EQ(connector.attempts.size(), 2u);
}

TEST_F(RealtimeSynthesizerTest, SaysWhyWhateverTheCauseIs) {
    struct Cause {
        int status;
        std::size_t attempts;
        FailureReason reason;
    };
    for (const Cause& cause :
         {Cause{500, 2, FailureReason::overloaded}, Cause{503, 2, FailureReason::overloaded},
          Cause{404, 1, FailureReason::model_retired}, Cause{400, 1, FailureReason::bad_request}}) {
        use_settings();
        connector.attempts.clear();
        for (std::size_t i = 0; i < cause.attempts; ++i) connector.refuse_next(cause.status);
        Speaking chunk;
        say(chunk);
        if (cause.attempts > 1) pass(250ms);
        EXPECT_EQ(chunk.reason(), cause.reason) << cause.status;
        EXPECT_EQ(connector.attempts.size(), cause.attempts) << cause.status;
    }
}

TEST_F(RealtimeSynthesizerTest, WaitsAsLongAsTheServiceAsksWhenThatIsNotLong) {
    connector.refuse_next(429, {{"retry-after", "1"}});
    say(first);
    pass(999ms);
    EXPECT_EQ(connector.attempts.size(), 1u);
    pass(1ms);
    ASSERT_EQ(connector.attempts.size(), 2u);
    EXPECT_EQ(asked(connector.last()).size(), 1u);
    EXPECT_FALSE(first.ended());
}

TEST_F(RealtimeSynthesizerTest, SaysSoAtOnceWhenTheServiceAsksForMoreTimeThanACallerHas) {
    connector.refuse_next(429, {{"retry-after", "30"}});
    say(first);
    EXPECT_EQ(first.reason(), FailureReason::rate_limited);
    EXPECT_EQ(first.failure->retry_after, 30s);
    say(second);
    EXPECT_EQ(second.reason(), FailureReason::rate_limited) << "without asking again";
    EXPECT_EQ(connector.attempts.size(), 1u);
    pass(30s);
    say(chunks[2]);
    EXPECT_EQ(connector.attempts.size(), 2u);
    EXPECT_FALSE(chunks[2].ended());
}

TEST_F(RealtimeSynthesizerTest, AChunkThatComesDuringAnOutageHearsOfItAtOnceOrAfterOneMoreAttempt) {
    for (int i = 0; i < 100; ++i) connector.fail_next("connection refused");
    for (int i = 0; i < 40; ++i) {
        Speaking chunk;
        chunk.start(*synthesizer, "It is noon.");
        EXPECT_FALSE(chunk.ended()) << "never inside the call";
        loop.advance(0s);
        pass(500ms);
        EXPECT_EQ(chunk.reason(), FailureReason::unreachable) << i;
        pass(std::chrono::milliseconds(37 * i));
    }
    EXPECT_LT(connector.attempts.size(), 60u) << "49 s have passed, and the pauses grow to two";
}

TEST_F(RealtimeSynthesizerTest, AFailedSocketBesideAnOpenOneIsNobodysBusiness) {
    say(first);
    say(second);
    create(connector.attempt(0), "resp_1");
    for (int i = 0; i < 4; ++i) connector.fail_next("connection refused");
    say(chunks[2]);
    pass(1s);
    EXPECT_FALSE(chunks[2].ended());
    send(connector.attempt(0), audio_delta("resp_1", "abcd"));
    finish(connector.attempt(0), "resp_1", "It is noon.");
    EXPECT_EQ(asked(connector.attempt(0)).size(), 3u) << "a place became free";
}

TEST_F(RealtimeSynthesizerTest, LeavesASocketThatTakesNoMessagesForAnother) {
    DeafConnector deaf(connector);
    synthesizer = std::make_unique<RealtimeSynthesizer>(settings, deaf, loop);
    synthesizer->warm_up();
    loop.advance(0s);
    deaf.deaf = true;
    first.start(*synthesizer, "It is noon.");
    deaf.deaf = false;
    loop.advance(0s);
    ASSERT_EQ(connector.attempts.size(), 2u);
    EXPECT_EQ(asked(connector.attempt(1)).size(), 1u);
    pass(5s);
    EXPECT_TRUE(connector.attempt(0).let_go);
    first.synthesis.reset();
    synthesizer.reset();
}

TEST_F(RealtimeSynthesizerTest, HasASocketReadyBeforeItIsNeeded) {
    synthesizer->warm_up();
    synthesizer->warm_up();
    loop.advance(0s);
    ASSERT_EQ(connector.attempts.size(), 1u);
    EXPECT_EQ(synthesizer->open_sockets(), 1u);
    say(first);
    EXPECT_EQ(connector.attempts.size(), 1u);
    EXPECT_EQ(asked(connector.last()).size(), 1u);
}

TEST_F(RealtimeSynthesizerTest, ReopensTheWarmSocketWhileInUse) {
    synthesizer->warm_up();
    loop.advance(0s);
    connector.last().lose();
    pass(500ms);
    EXPECT_EQ(connector.attempts.size(), 2u);
    EXPECT_EQ(synthesizer->open_sockets(), 1u);
}

TEST_F(RealtimeSynthesizerTest, TriesTheWarmSocketAgainBeforeAnybodyNeedsIt) {
    connector.refuse_next(429, {{"retry-after", "1"}});
    connector.refuse_next(500);
    synthesizer->warm_up();
    pass(999ms);
    EXPECT_EQ(connector.attempts.size(), 1u) << "not before the service allows it";
    pass(1500ms);
    EXPECT_EQ(connector.attempts.size(), 3u);
    say(first);
    EXPECT_EQ(asked(connector.last()).size(), 1u) << "the chunk finds an open socket";
}

// ---- room ahead of need

class SpareRoom : public RealtimeSynthesizerTest {
protected:
    SpareRoom() {
        settings.pool = RealtimePool();
        settings.timings.first_audio = settings.timings.first_audio_total = 1min;
        use_settings();
    }
    // A chunk that is being spoken, on whichever socket it was sent to.
    Speaking& speak() {
        Speaking& chunk = *spoken.emplace_back(std::make_unique<Speaking>());
        say(chunk);
        return chunk;
    }
    std::size_t under_way() const {
        std::size_t count = 0;
        for (std::size_t i = 0; i < connector.attempts.size(); ++i)
            count += asked(*connector.attempts[i]).size();
        return count;
    }
    // The last chunks end.
    void end(std::size_t count) {
        for (; count > 0; --count) spoken.pop_back();
        for (const auto& peer : connector.attempts) {
            const auto ids = asked(*peer);
            for (; done[peer.get()] < ids.size(); ++done[peer.get()]) {
                const std::string id = "r_" + ids[done[peer.get()]];
                send(*peer, response_created(id, ids[done[peer.get()]]));
                send(*peer, response_done(id, "cancelled"));
            }
        }
    }

    std::vector<std::unique_ptr<Speaking>> spoken;
    std::map<const FakePeer*, std::size_t> done;
};

TEST_F(SpareRoom, IsThereBeforeTheFirstChunk) {
    synthesizer->warm_up();
    loop.advance(0s);
    EXPECT_EQ(connector.attempts.size(), 1u);
    speak();
    EXPECT_EQ(connector.attempts.size(), 1u);
    EXPECT_EQ(asked(connector.last()).size(), 1u);
}

TEST_F(SpareRoom, AnotherSocketIsOpenedBeforeOneIsFull) {
    synthesizer->warm_up();
    loop.advance(0s);
    speak();
    speak();
    ASSERT_EQ(connector.attempts.size(), 2u);
    EXPECT_EQ(synthesizer->open_sockets(), 2u);
    EXPECT_EQ(asked(connector.attempt(0)).size(), 2u);
    EXPECT_EQ(asked(connector.attempt(1)).size(), 0u) << "nothing waited for it";
}

// A handshake takes as long as it does between continents; chunks come as fast as a model writes sentences.
TEST_F(SpareRoom, ComesInTimeWhenHandshakesAreSlow) {
    connector.connect_delay = 300ms;
    synthesizer->warm_up();
    pass(300ms);
    for (int i = 0; i < 24; ++i) {
        speak();
        EXPECT_EQ(synthesizer->waiting_chunks(), 0u) << i;
        pass(100ms);
        if (i % 8 == 7) pass(300ms);
    }
    EXPECT_EQ(under_way(), 24u);
}

TEST_F(SpareRoom, GrowsWithUseSoThatNoChunkWaitsForAHandshake) {
    synthesizer->warm_up();
    loop.advance(0s);
    for (std::size_t i = 1; i <= 44; ++i) {
        speak();
        EXPECT_EQ(synthesizer->waiting_chunks(), 0u);
        const std::size_t free = 4 * synthesizer->open_sockets() - i;
        EXPECT_GE(free, 3 + i / 3) << i;
        EXPECT_LT(free, 3 + i / 3 + 4) << i << ": no more than that";
    }
}

TEST_F(SpareRoom, StaysWithinTheMostSockets) {
    settings.pool.max_sockets = 2;
    use_settings();
    for (int i = 0; i < 8; ++i) speak();
    EXPECT_EQ(connector.attempts.size(), 2u);
    EXPECT_EQ(synthesizer->waiting_chunks(), 0u);
    speak();
    EXPECT_EQ(synthesizer->waiting_chunks(), 1u);
}

TEST_F(SpareRoom, GoesWhenItIsNotUsedAndComesBackWhenItIs) {
    for (int i = 0; i < 24; ++i) speak();
    EXPECT_GE(synthesizer->open_sockets(), 8u);
    end(24);
    pass(70s);
    EXPECT_EQ(synthesizer->open_sockets(), 1u);
    speak();
    speak();
    EXPECT_EQ(synthesizer->open_sockets(), 2u);
}

TEST_F(SpareRoom, IsNotOpenedWhenNobodyCalls) {
    speak();
    end(1);
    pass(11min);
    EXPECT_EQ(synthesizer->open_sockets(), 0u);
    EXPECT_FALSE(loop.has_deadline());
}

TEST_F(SpareRoom, ASocketIsReplacedBeforeItIsRetiredAndNoChunkWaits) {
    settings.pool.retire_after = 60s;
    use_settings();
    for (int passed = 0; passed < 600; passed += 4) {
        speak();
        EXPECT_EQ(synthesizer->waiting_chunks(), 0u) << passed;
        EXPECT_GE(synthesizer->open_sockets(), 1u);
        end(1);
        pass(4s);
    }
    EXPECT_GT(connector.attempts.size(), 10u);
    EXPECT_LT(connector.attempts.size(), 25u);
}

TEST_F(SpareRoom, ThatCannotBeHadDisturbsNobody) {
    synthesizer->warm_up();
    loop.advance(0s);
    for (int i = 0; i < 20; ++i) connector.fail_next("connection refused");
    for (int i = 0; i < 4; ++i) speak();
    pass(1s);
    for (const auto& chunk : spoken) EXPECT_FALSE(chunk->ended());
    EXPECT_LT(connector.attempts.size(), 5u) << "it is not tried again and again";
}

TEST_F(RealtimeSynthesizerTest, LetsGoOfIdleSocketsButKeepsOneWhileInUse) {
    for (int i = 0; i < 4; ++i) {
        say(chunks[static_cast<std::size_t>(i)]);
        create(connector.last(), "resp_" + std::to_string(i));
        send(connector.last(), audio_delta("resp_" + std::to_string(i), "abcd"));
    }
    EXPECT_EQ(synthesizer->open_sockets(), 2u);
    for (int i = 0; i < 4; ++i)
        send(connector.attempt(i < 2 ? 0u : 1u), response_done("resp_" + std::to_string(i)));
    pass(70s);
    EXPECT_EQ(synthesizer->open_sockets(), 1u);
    pass(8min);
    EXPECT_EQ(synthesizer->open_sockets(), 1u);
    pass(2min);
    EXPECT_EQ(synthesizer->open_sockets(), 0u);
    EXPECT_FALSE(loop.has_deadline());
}

TEST_F(RealtimeSynthesizerTest, ReplacesASocketBeforeTheServiceEndsItsSession) {
    for (int minute = 0; minute < 51; ++minute) {
        synthesizer->warm_up();
        pass(1min);
    }
    EXPECT_EQ(connector.attempts.size(), 2u);
    EXPECT_TRUE(connector.attempt(0).let_go);
    EXPECT_TRUE(connector.attempt(1).open());
}

TEST_F(RealtimeSynthesizerTest, LetsAResponseEndOnASocketThatIsReplaced) {
    settings.pool.retire_after = 30s;
    settings.pool.replace_before = 0s;
    use_settings();
    synthesizer->warm_up();
    pass(29s);
    say(first);
    create(connector.last(), "resp_1");
    for (int i = 0; i < 6; ++i) {
        send(connector.attempt(0), audio_delta("resp_1", "abcd"));
        pass(1500ms);
    }
    EXPECT_TRUE(connector.attempt(0).open());
    say(second);
    EXPECT_EQ(asked(connector.attempt(0)).size(), 1u);
    finish(connector.attempt(0), "resp_1", "It is noon.");
    EXPECT_TRUE(first.completed);
    pass(5s);
    EXPECT_TRUE(connector.attempt(0).let_go);
}

TEST_F(RealtimeSynthesizerTest, RetiresASocketThatIsLateThreeTimesInARow) {
    settings.pool.max_sockets = 1;
    use_settings();
    for (int i = 0; i < 2; ++i) {
        Speaking chunk;
        say(chunk);
        create(connector.last(), "a" + std::to_string(i));
        pass(2s);
        send(connector.last(), response_done("a" + std::to_string(i), "cancelled"));
        create(connector.last(), "b" + std::to_string(i));
        pass(3s);
        send(connector.last(), response_done("b" + std::to_string(i), "cancelled"));
        EXPECT_EQ(chunk.reason(), FailureReason::timed_out);
    }
    pass(5s);
    EXPECT_TRUE(connector.attempt(0).let_go);
    EXPECT_EQ(synthesizer->open_sockets(), 1u);
}

TEST_F(RealtimeSynthesizerTest, StopsAVoiceThatNeverStops) {
    say(first, "Hi.");
    create(connector.last(), "resp_1");
    for (int i = 0; i < 30 && !first.ended(); ++i)
        send(connector.last(), audio_delta("resp_1", bytes_of(ramp(24000))));
    EXPECT_EQ(first.reason(), FailureReason::protocol);
    EXPECT_LE(first.sound.size(), 12u * 24000u);
    EXPECT_THAT(connector.last().texts().back(), HasSubstr("response.cancel"));
}

TEST_F(RealtimeSynthesizerTest, FailsAChunkWhoseAudioIsNoBase64) {
    say(first);
    create(connector.last(), "resp_1");
    const char* const nonsense =
        R"({"type":"response.output_audio.delta","response_id":"resp_1","delta":"#"})";
    send(connector.last(), nonsense);
    ASSERT_EQ(connector.attempts.size(), 2u) << "another socket is asked once";
    create(connector.last(), "resp_1");
    send(connector.last(), nonsense);
    EXPECT_EQ(first.reason(), FailureReason::protocol);
}

TEST_F(RealtimeSynthesizerTest, TellsABadTextFromTheLoopWithoutConnecting) {
    first.start(*synthesizer, "…?");
    first.start(*synthesizer, "?!");
    EXPECT_FALSE(first.ended());
    loop.advance(0s);
    EXPECT_EQ(first.reason(), FailureReason::bad_request);
    EXPECT_TRUE(connector.attempts.empty());
}

TEST_F(RealtimeSynthesizerTest, MayBeDestroyedByAnyOfItsEvents) {
    for (int i = 0; i < 3; ++i)
        chunks[static_cast<std::size_t>(i)].on_hear = [this] {
            for (Speaking& chunk : chunks) chunk.synthesis.reset();
        };
    say(first);
    say(second);
    create(connector.last(), "resp_2");
    send(connector.last(), audio_delta("resp_2", "abcd"));
    EXPECT_EQ(second.sound.size(), 2u);
    EXPECT_EQ(first.synthesis, nullptr);
    say(first);
    say(second);
    for (std::size_t i = 0; i < connector.attempts.size(); ++i) connector.attempt(i).lose();
    pass(20s);
    for (const Speaking& chunk : chunks) EXPECT_EQ(chunk.synthesis, nullptr);
}

TEST_F(RealtimeSynthesizerTest, KeepsTheTextOutOfFailures) {
    say(first, "my secret plan");
    const std::string id = asked(connector.last())[0];
    send(connector.last(), R"({"type":"error","error":{"type":"invalid_request_error","event_id":")" + id +
                               R"(","message":"cannot say my secret plan"}})");
    EXPECT_THAT(first.failure->message, testing::Not(HasSubstr("secret plan")));
}

}  // namespace
}  // namespace atlas::providers::openai
