#pragma once

#include "atlas/net/loop.hpp"

#include <optional>
#include <string>

namespace atlas::providers::deepgram {

// Flux's eot_timeout_ms, the silence that ends a turn whatever its words (Deepgram §2.1), as patience changes
// it. Flux decides by the words and the voice; this is its last resort and much longer than a caller's
// pauses, so patience stretches or shortens what the settings say instead of replacing it. It is changed by
// the next connection's URL, and by Configure on a running one. Of those at most one may be unanswered
// (§2.2): what is wanted meanwhile waits, and only the last of it is sent. A deployment that refuses one is
// never asked again. Owned by a ListenV2. Pure.
class EndTimeout {
public:
    EndTimeout(int timeout_ms, bool configurable);

    void want(double factor);  // times what the settings say
    int offer();               // for the URL of the next connection
    void connection_began();   // with what was offered last
    void connection_lost();

    // When a message is to be sent; the past: at once.
    std::optional<net::TimePoint> due() const;
    // The message, when it is due.
    std::optional<std::string> message(net::TimePoint now);
    bool unanswered() const { return asked_at_.has_value(); }

    void accepted();
    void refused();         // ConfigureFailure: the value is not trusted, not even in a URL
    void not_understood();  // the deployment is older than Configure

private:
    const int usual_;
    int wanted_;
    int offered_;
    int active_;     // on this connection, once the message has arrived
    int last_good_;  // never refused
    bool configurable_;
    bool refused_ = false;
    bool connected_ = false;
    std::optional<net::TimePoint> asked_at_;
};

}  // namespace atlas::providers::deepgram
