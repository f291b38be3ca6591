#include "system/fault_table.hpp"

// The documented outcomes. A row that is not true any more fails the test, which prints what is.

namespace atlas::test {
namespace {

const CallOutcome unnoticed{"the reply", "at once", "completed", "goes on", "", "works"};
const CallOutcome unnoticed_always{"the reply", "at once", "completed", "goes on", "", ""};

// Late, or in pieces, but the whole of it.
CallOutcome answered(const char* heard, const char* silence, const char* told, const char* next) {
    return {heard, silence, "completed", "goes on", told, next};
}

CallOutcome failed(const char* heard, const char* silence, const std::string& reason, const char* next = "") {
    const bool speech = reason.starts_with("speech_");
    const char* told = speech ? "`speech_failed`" : "`language_model_failed`";
    return {heard, silence, "failed: `" + reason + "`", "goes on", told, next};
}

CallOutcome apology(const char* reason, const char* next = "") {
    return failed("“Sorry, I had a problem …”", "at once", reason, next);
}

CallOutcome broken_off(const char* reason, const char* next = "") {
    return failed("the beginning of the reply, “Sorry, I had a problem …”", "at once", reason, next);
}

CallOutcome sent_away(const char* silence, const char* next = "") {
    return {"“I am sorry, I cannot hear you …”",
            silence,
            "completed",
            "ends: `failed`, 1011",
            "`recognizer_failed`",
            next};
}

}  // namespace

const std::vector<FaultRow>& fault_table() {
    static const std::vector<FaultRow> rows{
        {Wire::flux, FaultKind::nobody_listens, Times::always, sent_away("within 10 s: `unreachable`")},
        {Wire::flux, FaultKind::refused, Times::once, unnoticed},
        {Wire::flux, FaultKind::refused, Times::always, sent_away("within 10 s: `unreachable`")},
        {Wire::flux, FaultKind::unauthorized, Times::once,
         sent_away("said before the first word", "was never reached")},
        {Wire::flux, FaultKind::unauthorized, Times::always, sent_away("said before the first word")},
        {Wire::flux, FaultKind::come_later_soon, Times::once, unnoticed},
        {Wire::flux, FaultKind::come_later_soon, Times::always, sent_away("within 10 s: `rate_limited`")},
        {Wire::flux, FaultKind::come_later_late, Times::always, sent_away("said before the first word")},
        {Wire::flux, FaultKind::too_many, Times::once, unnoticed},
        {Wire::flux, FaultKind::too_many, Times::always, sent_away("within 10 s: `rate_limited`")},
        {Wire::flux, FaultKind::server_error, Times::once, unnoticed},
        {Wire::flux, FaultKind::server_error, Times::always, sent_away("within 10 s: `overloaded`")},
        {Wire::flux, FaultKind::hang, Times::once,
         answered("the reply", "within 6 s: `end_of_turn`", "", "works")},
        {Wire::flux, FaultKind::hang, Times::always, sent_away("within 20 s: `unreachable`")},
        {Wire::flux, FaultKind::withhold, Times::once,
         answered("the reply", "within 6 s: `end_of_turn`", "", "works")},
        {Wire::flux, FaultKind::withhold, Times::always, sent_away("within 20 s: `timed_out`")},
        {Wire::flux, FaultKind::stall, Times::once,
         answered("the reply", "within 6 s: `end_of_turn`", "", "works")},
        {Wire::flux, FaultKind::stall, Times::always, sent_away("within 20 s: `stalled`")},
        {Wire::flux, FaultKind::truncated, Times::once, unnoticed},
        {Wire::flux, FaultKind::truncated, Times::always, sent_away("within 10 s: `disconnected`")},
        {Wire::flux, FaultKind::closed, Times::once, unnoticed},
        {Wire::flux, FaultKind::closed, Times::always, sent_away("within 10 s: `disconnected`")},
        {Wire::flux, FaultKind::reset, Times::once, unnoticed},
        {Wire::flux, FaultKind::reset, Times::always, sent_away("within 10 s: `disconnected`")},
        {Wire::flux, FaultKind::garbage, Times::once, unnoticed},
        {Wire::flux, FaultKind::garbage, Times::always, unnoticed_always},
        {Wire::flux, FaultKind::wrong_type, Times::once, unnoticed},
        {Wire::flux, FaultKind::wrong_type, Times::always, unnoticed_always},
        {Wire::flux, FaultKind::slow_drip, Times::always, unnoticed_always},
        {Wire::nova, FaultKind::nobody_listens, Times::always, sent_away("within 10 s: `unreachable`")},
        {Wire::nova, FaultKind::refused, Times::once, unnoticed},
        {Wire::nova, FaultKind::refused, Times::always, sent_away("within 10 s: `unreachable`")},
        {Wire::nova, FaultKind::unauthorized, Times::once,
         sent_away("said before the first word", "was never reached")},
        {Wire::nova, FaultKind::unauthorized, Times::always, sent_away("said before the first word")},
        {Wire::nova, FaultKind::come_later_soon, Times::once, unnoticed},
        {Wire::nova, FaultKind::come_later_soon, Times::always, sent_away("within 10 s: `rate_limited`")},
        {Wire::nova, FaultKind::come_later_late, Times::always, sent_away("said before the first word")},
        {Wire::nova, FaultKind::too_many, Times::once, unnoticed},
        {Wire::nova, FaultKind::too_many, Times::always, sent_away("within 10 s: `rate_limited`")},
        {Wire::nova, FaultKind::server_error, Times::once, unnoticed},
        {Wire::nova, FaultKind::server_error, Times::always, sent_away("within 10 s: `overloaded`")},
        {Wire::nova, FaultKind::hang, Times::once,
         answered("the reply", "within 6 s: `end_of_turn`", "", "works")},
        {Wire::nova, FaultKind::hang, Times::always, sent_away("within 20 s: `unreachable`")},
        {Wire::nova, FaultKind::withhold, Times::once,
         answered("the reply", "within 6 s: `end_of_turn`", "", "works")},
        {Wire::nova, FaultKind::withhold, Times::always, sent_away("within 20 s: `stalled`")},
        {Wire::nova, FaultKind::stall, Times::once,
         answered("the reply", "within 6 s: `end_of_turn`", "", "works")},
        {Wire::nova, FaultKind::truncated, Times::once, unnoticed},
        {Wire::nova, FaultKind::truncated, Times::always, sent_away("within 10 s: `disconnected`")},
        {Wire::nova, FaultKind::closed, Times::once, unnoticed},
        {Wire::nova, FaultKind::closed, Times::always, sent_away("within 10 s: `disconnected`")},
        {Wire::nova, FaultKind::reset, Times::once, unnoticed},
        {Wire::nova, FaultKind::reset, Times::always, sent_away("within 10 s: `disconnected`")},
        {Wire::nova, FaultKind::garbage, Times::once, unnoticed},
        {Wire::nova, FaultKind::garbage, Times::always, unnoticed_always},
        {Wire::nova, FaultKind::wrong_type, Times::once, unnoticed},
        {Wire::nova, FaultKind::wrong_type, Times::always, unnoticed_always},
        {Wire::nova, FaultKind::slow_drip, Times::always, unnoticed_always},
        {Wire::claude, FaultKind::nobody_listens, Times::always, apology("language_model_unreachable")},
        {Wire::claude, FaultKind::refused, Times::once, unnoticed},
        {Wire::claude, FaultKind::refused, Times::always, apology("language_model_unreachable")},
        {Wire::claude, FaultKind::unauthorized, Times::once, apology("language_model_unauthorized", "works")},
        {Wire::claude, FaultKind::unauthorized, Times::always, apology("language_model_unauthorized")},
        {Wire::claude, FaultKind::come_later_soon, Times::once, unnoticed},
        {Wire::claude, FaultKind::come_later_soon, Times::always, apology("language_model_rate_limited")},
        {Wire::claude, FaultKind::come_later_late, Times::always, apology("language_model_rate_limited")},
        {Wire::claude, FaultKind::too_many, Times::once, apology("language_model_quota", "works")},
        {Wire::claude, FaultKind::too_many, Times::always, apology("language_model_quota")},
        {Wire::claude, FaultKind::server_error, Times::once, unnoticed},
        {Wire::claude, FaultKind::server_error, Times::always, apology("language_model_overloaded")},
        {Wire::claude, FaultKind::overloaded, Times::once, unnoticed},
        {Wire::claude, FaultKind::overloaded, Times::always, apology("language_model_overloaded")},
        {Wire::claude, FaultKind::hang, Times::once,
         answered("the reply", "within 3 s: `accepted`", "", "works")},
        {Wire::claude, FaultKind::hang, Times::always,
         failed("“One moment, please.”, “Sorry, I had a problem …”", "within 3 s: `accepted`",
                "language_model_timed_out")},
        {Wire::claude, FaultKind::stall, Times::once,
         answered("the beginning of the reply, its continuation",
                  "at once, then a pause of up to 3 s: `language_model`", "`language_model_failed`",
                  "works")},
        {Wire::claude, FaultKind::stall, Times::always,
         answered("the beginning of the reply, its continuation",
                  "at once, then a pause of up to 3 s: `language_model`", "`language_model_failed`", "")},
        {Wire::claude, FaultKind::truncated, Times::once, unnoticed},
        {Wire::claude, FaultKind::truncated, Times::always, apology("language_model_disconnected")},
        {Wire::claude, FaultKind::reset, Times::always, apology("language_model_disconnected")},
        {Wire::claude, FaultKind::garbage, Times::once, unnoticed},
        {Wire::claude, FaultKind::garbage, Times::always, apology("language_model_protocol")},
        {Wire::claude, FaultKind::wrong_type, Times::once, unnoticed},
        {Wire::claude, FaultKind::wrong_type, Times::always, apology("language_model_protocol")},
        {Wire::claude, FaultKind::slow_drip, Times::always, unnoticed_always},
        {Wire::realtime, FaultKind::nobody_listens, Times::always,
         failed("nothing", "all the time: `speech_unreachable`", "speech_unreachable")},
        {Wire::realtime, FaultKind::refused, Times::once, unnoticed},
        {Wire::realtime, FaultKind::refused, Times::always, apology("speech_unreachable")},
        {Wire::realtime, FaultKind::unauthorized, Times::always, apology("speech_unauthorized")},
        {Wire::realtime, FaultKind::come_later_soon, Times::once, unnoticed},
        {Wire::realtime, FaultKind::come_later_soon, Times::always, apology("speech_rate_limited")},
        {Wire::realtime, FaultKind::come_later_late, Times::always, apology("speech_rate_limited")},
        {Wire::realtime, FaultKind::too_many, Times::once, unnoticed},
        {Wire::realtime, FaultKind::too_many, Times::always, apology("speech_quota")},
        {Wire::realtime, FaultKind::server_error, Times::once, unnoticed},
        {Wire::realtime, FaultKind::server_error, Times::always, apology("speech_overloaded")},
        {Wire::realtime, FaultKind::hang, Times::once, unnoticed},
        {Wire::realtime, FaultKind::hang, Times::always,
         failed("“One moment, please.”, “Sorry, I had a problem …”", "within 3 s: `first_audio`",
                "speech_timed_out")},
        {Wire::realtime, FaultKind::unanswered, Times::once, unnoticed},
        {Wire::realtime, FaultKind::unanswered, Times::always,
         failed("“One moment, please.”, “Sorry, I had a problem …”", "within 3 s: `first_audio`",
                "speech_timed_out")},
        {Wire::realtime, FaultKind::failed_response, Times::once, unnoticed},
        {Wire::realtime, FaultKind::failed_response, Times::always, broken_off("speech_overloaded")},
        {Wire::realtime, FaultKind::stall, Times::always,
         failed("the beginning of the reply, “One moment, please.”, more of the reply, “Sorry, I had a "
                "problem …”",
                "at once, then a pause of up to 3 s: `speech`", "speech_stalled")},
        {Wire::realtime, FaultKind::truncated, Times::once, unnoticed},
        {Wire::realtime, FaultKind::truncated, Times::always, broken_off("speech_disconnected")},
        {Wire::realtime, FaultKind::closed, Times::once, unnoticed},
        {Wire::realtime, FaultKind::closed, Times::always, broken_off("speech_disconnected")},
        {Wire::realtime, FaultKind::reset, Times::once, unnoticed},
        {Wire::realtime, FaultKind::reset, Times::always, broken_off("speech_disconnected")},
        {Wire::realtime, FaultKind::garbage, Times::once, unnoticed},
        {Wire::realtime, FaultKind::garbage, Times::always, broken_off("speech_protocol")},
        {Wire::realtime, FaultKind::wrong_type, Times::once, unnoticed},
        {Wire::realtime, FaultKind::wrong_type, Times::always, unnoticed_always},
        {Wire::realtime, FaultKind::slow_drip, Times::always, unnoticed_always},
        {Wire::speech, FaultKind::nobody_listens, Times::always,
         failed("nothing", "all the time: `speech_unreachable`", "speech_unreachable")},
        {Wire::speech, FaultKind::refused, Times::once, unnoticed},
        {Wire::speech, FaultKind::unauthorized, Times::once, apology("speech_unauthorized", "works")},
        {Wire::speech, FaultKind::unauthorized, Times::always, apology("speech_unauthorized")},
        {Wire::speech, FaultKind::come_later_late, Times::always, apology("speech_rate_limited")},
        {Wire::speech, FaultKind::too_many, Times::once, apology("speech_quota", "works")},
        {Wire::speech, FaultKind::too_many, Times::always, apology("speech_quota")},
        {Wire::speech, FaultKind::server_error, Times::once, unnoticed},
        {Wire::speech, FaultKind::hang, Times::always,
         failed("“One moment, please.”, “Sorry, I had a problem …”", "within 3 s: `first_audio`",
                "speech_timed_out")},
        {Wire::speech, FaultKind::stall, Times::once,
         answered("the reply", "at once, then a pause of up to 3 s: `speech`", "", "works")},
        {Wire::speech, FaultKind::stall, Times::always,
         failed("the beginning of the reply, “Sorry, I had a problem …”",
                "at once, then a pause of up to 3 s: `speech`", "speech_stalled")},
        {Wire::speech, FaultKind::truncated, Times::once, unnoticed},
        {Wire::speech, FaultKind::truncated, Times::always, broken_off("speech_disconnected")},
        {Wire::speech, FaultKind::reset, Times::once, unnoticed},
        {Wire::speech, FaultKind::reset, Times::always, broken_off("speech_disconnected")},
        {Wire::speech, FaultKind::garbage, Times::once, unnoticed},
        {Wire::speech, FaultKind::garbage, Times::always, broken_off("speech_protocol")},
        {Wire::speech, FaultKind::wrong_type, Times::once, unnoticed},
        {Wire::speech, FaultKind::wrong_type, Times::always, apology("speech_protocol")},
        {Wire::speech, FaultKind::slow_drip, Times::always, unnoticed_always},
    };
    return rows;
}

}  // namespace atlas::test
