#pragma once

#include "atlas/net/http_message.hpp"
#include "atlas/providers/http_failure.hpp"
#include "atlas/providers/language_model.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
    bool prompt_caching = true;  // at most four breakpoints, see write_request
};

// A request body, or why there can be none: then `body` is empty.
struct RequestBody {
    std::string body;
    std::string problem;
};

// The streaming request for `request`, valid under the API versions 2023-06-01 and 2026-10-21. Repairs what
// the service would refuse (§A.4): drops empty text, merges neighbours of the same role, strips trailing
// white space, puts a user message before a greeting, gives every tool call exactly one result right after it
// ("no result", an error, when there is none) and drops results without a call. A list that ends with the
// assistant's words is a problem: the model would have to go on in its own sentence, which current models
// refuse. So is a tool that cannot be declared; the problem names it.
//
// What an earlier request said is written in the same bytes again, for the prompt cache (§A.8). Breakpoints,
// where the prompt up to there may be long enough: the end of tools and system prompt, the last of the stable
// messages, and the last two user messages, because the later one is new and the earlier one was the last
// request's end.
RequestBody write_request(const MessagesSettings& settings, const ModelRequest& request);

inline constexpr std::size_t max_tool_arguments = 64 * 1024;  // bytes; a longer call is not delivered

// One streamed answer, event by event. The hidden words must outlive it.
class MessageStream {
public:
    explicit MessageStream(HiddenWords hidden = {}) : hidden_(std::move(hidden)) {}

    // Takes the data of one event. None: a sign of life without content. ModelStarted (at message_start) and
    // ModelCompleted (only at message_stop) come without the request id; ModelCompleted and ModelFailed are
    // final. A tool call comes when its block is complete; one whose arguments are not a JSON object, which
    // is what max_tokens leaves of it, does not come at all.
    std::vector<ModelEvent> handle(std::string_view data);

    bool content_started() const { return content_started_; }  // a block began: the model answers
    bool progressed() const { return progressed_; }     // the last event brought text or a tool call on
    const TokenUsage& usage() const { return usage_; }  // as far as it is known

private:
    struct Block {
        enum class Kind { text, tool, other } kind = Kind::other;
        ModelToolCall call{};  // of a tool: its arguments as far as they came
        bool too_long = false;
    };

    // The parts of handle, over a parsed event; the source file knows the JSON type.
    template <class Json>
    std::vector<ModelEvent> take_event(const Json& event, std::string_view data);
    template <class Json>
    std::vector<ModelEvent> take_message_start(const Json& event);
    template <class Json>
    std::vector<ModelEvent> take_block_start(const Json& event);
    template <class Json>
    std::vector<ModelEvent> take_delta(const Json& event);
    std::vector<ModelEvent> take_block_stop(int index);
    template <class Json>
    std::vector<ModelEvent> take_message_delta(const Json& event);
    std::vector<ModelEvent> give_held();

    HiddenWords hidden_;
    std::map<int, Block> blocks_;  // open ones, by index
    // A call without arguments may be complete, or cut by max_tokens before its first one: what follows
    // tells.
    std::optional<ModelToolCall> held_;
    bool started_ = false;
    bool content_started_ = false;
    bool progressed_ = false;
    TokenUsage usage_;
    std::string stop_reason_;
};

// The meaning of an answer that was not a stream.
ProviderFailure failure_of_refusal(int status, const net::HttpHeaders& headers, std::string_view body,
                                   const HiddenWords& hidden);

}  // namespace atlas::providers::anthropic
