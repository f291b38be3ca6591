#include "system/fault_table.hpp"

#include <sstream>

namespace atlas::test {
namespace {

constexpr const char* explanation = R"(# When a provider fails

What a caller hears when Deepgram, Claude or OpenAI fails, and what you see of it. The tables below are no promises: each
row is a call that a test makes over real sockets, against services that fail in just this way, and every word of a row was
measured in that call ([fault_table_test.cpp](../tests/system/fault_table_test.cpp), which also writes this page).

**In short.** The caller is told, by voice, whenever something can still be said. A failure of Claude or of the speech
costs at most that one reply; the call goes on, and the next turn is tried anew. Only a caller who can no longer be
understood is sent away: Deepgram is gone → "I am sorry, I cannot hear you …", close code 1011.

| what fails | what the gateway does | what the caller hears at worst |
| --- | --- | --- |
| Deepgram | connects again with growing pauses, and replays what was said meanwhile; gives up after six attempts in a row, three short connections in a row, or 10 s after the first failure; at once when the key is refused or the service asks for more than 8 s of patience | nothing until then, the line "cannot hear", the end |
| Claude | asks a second time on a fresh connection, or hedges when the answer is late; goes on, once, from a text that broke off | "One moment, please.", then the line "Sorry, I had a problem just then. Could you say that again?"; the same line behind a reply whose second half is missing |
| OpenAI speech | speaks the piece again, from where its sound broke off | the same lines, kept as audio since the start, in the place of a reply or behind the part of it that was synthesised. If OpenAI could not be reached since the start there are no kept lines: silence |

Claude and the voice are not asked for a while when they keep failing, and callers hear of it at once (a *breaker* is open):
after four failures in a row, or when half of at least ten requests within 30 s failed, for 5 s; after a refused key, a
used-up quota or a retired model for 1 s at first; after a rate limit as long as the service asks. Then one request tells:
each time it fails the wait doubles, up to a minute. What is refused meanwhile carries the reason that opened the breaker.

## What you see

- **The app** gets `warning` or `error` with the code in the column *told*, `turn.end` with status `failed` and a `reason`, and
  `closed` when the call ends ([client-protocol.md](client-protocol.md), §10).
- **The log** has `provider.failed` for each failure, with `stage`, `reason`, the HTTP status, the service's own message and its
  `request_id` for their support; `provider.breaker` when a provider is left alone or asked again; `recognizer.reconnecting`;
  and in `turn.ended` the reason of each silence ([operations.md](operations.md)).
- **The metrics** count each outcome by provider, and say which breakers are open.

| reason | what it means | what to do |
| --- | --- | --- |
| `…_unauthorized` | the key is wrong, or may not use this model | set the key anew: `fly secrets set …` |
| `…_quota` | the account is out of credit, or the project over its quota (Claude and OpenAI: also a 429 without `retry-after`) | add credit or ask for more; nothing is retried |
| `…_rate_limited` | too many requests, and the service says when to come back | raise the limit, or lower `ATLAS_MAX_CALLS` |
| `…_overloaded` | the service has trouble of its own (500, 503, 529) | see the service's status page; wait |
| `…_unreachable`, `…_disconnected`, `…_truncated` | the network, or a proxy on the way | check the base URL, DNS and egress of the machine |
| `…_timed_out`, `…_stalled` | connected, but nothing came in time | see the service's status page |
| `…_protocol` | the answer is not what the service sends: another server, a captive proxy | check the base URL |
| `recognizer_failed` | Deepgram was given up; the cause stands in the log | as above, by the cause |

`…` is `language_model` or `speech`.

## Which fault does what

*silence* is the time between the caller's last word and the first sound: at once is less than 1.5 s, and whatever is longer
has its reason behind it: what was waited for, or why a service was given up. A *pause* is one of more than 1.5 s within the
reply. *then* is the next question, asked when the fault is over. A sentence that the service broke off is heard as far as it
was synthesised.
)";

std::string cell(const std::string& text) { return text.empty() ? "–" : text; }

void write_row(std::ostream& page, const FaultRow& row, const CallOutcome& outcome) {
    page << "| " << words(row) << " | " << (row.times == Times::once ? "once" : "always") << " | "
         << outcome.heard << " | " << outcome.silence << " | " << outcome.turn << " | " << outcome.call
         << " | " << cell(outcome.told) << " | " << cell(outcome.next) << " |\n";
}

}  // namespace

std::string failures_page(const std::vector<CallOutcome>& measured) {
    std::ostringstream page;
    page << explanation;
    for (const Wire wire : {Wire::flux, Wire::nova, Wire::claude, Wire::realtime, Wire::speech}) {
        page << "\n### " << title(wire) << "\n\n"
             << "| fault | times | the caller hears | silence | the turn | the call | told | then |\n"
             << "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
        for (std::size_t i = 0; i < fault_table().size(); ++i) {
            if (fault_table()[i].wire == wire) write_row(page, fault_table()[i], measured.at(i));
        }
    }
    return page.str();
}

}  // namespace atlas::test
