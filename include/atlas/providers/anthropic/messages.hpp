#pragma once

#include "atlas/net/http_message.hpp"
#include "atlas/providers/http_failure.hpp"
#include "atlas/providers/language_model.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// The Messages API as text: requests out, streamed events in. Pure. Wire facts: claude_openai_tts §A.
namespace atlas::providers::anthropic {

// How the model is kept from thinking before it speaks, which would be heard as silence.
enum class Thinking {
    by_model,       // what the table of known models says; for an unknown one like omitted
    omitted,        // no field: the model's own default
    disabled,       // {"type":"disabled"}
    between_tools,  // {"type":"between_tools"}
};

struct MessagesSettings {
    std::string model = "claude-haiku-5-5";
    int max_tokens = 400;  // of a reply, unless its request says otherwise
    Thinking thinking = Thinking::by_model;
    std::string effort;          // low … max; empty: by model
    bool prompt_caching = true;  // breakpoints on the system prompt and the last user message
};

// A request body, or why there can be none: then `body` is empty.
struct RequestBody {
    std::string body;
    std::string problem;
};

// The streaming request for `request`, valid under the API versions 2023-06-01 and 2026-10-21. Repairs what
// the service would refuse: drops empty text, merges neighbours of the same role, strips trailing white
// space, and puts a user message before a greeting. A list that ends with the assistant is a problem: the
// model would have to go on in its own sentence, which current models refuse. The order of keys is fixed,
// for the prompt cache.
RequestBody write_request(const MessagesSettings& settings, const ModelRequest& request);

// One streamed answer, event by event. The hidden words must outlive it.
class MessageStream {
public:
    explicit MessageStream(HiddenWords hidden = {}) : hidden_(std::move(hidden)) {}

    // Takes the data of one event. Empty: a sign of life without text. ModelCompleted only at message_stop,
    // without the request id; ModelCompleted and ModelFailed are final.
    std::optional<ModelEvent> handle(std::string_view data);

    bool content_started() const { return content_started_; }  // a block began: the model answers

private:
    // The parts of handle, over a parsed event; the source file knows the JSON type.
    template <class Json>
    std::optional<ModelEvent> take_event(const Json& event, std::string_view data);
    template <class Json>
    std::optional<ModelEvent> take_block_start(const Json& event);
    template <class Json>
    std::optional<ModelEvent> take_delta(const Json& event);

    HiddenWords hidden_;
    std::map<int, bool> block_is_text_;  // open blocks, by index
    bool content_started_ = false;
    TokenUsage usage_;
    std::string stop_reason_;
};

// The meaning of an answer that was not a stream.
ProviderFailure failure_of_refusal(int status, const net::HttpHeaders& headers, std::string_view body,
                                   const HiddenWords& hidden);

}  // namespace atlas::providers::anthropic
