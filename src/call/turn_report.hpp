#pragma once

#include "atlas/conversation/turn_record.hpp"
#include "atlas/observe/log.hpp"
#include "atlas/observe/metrics.hpp"
#include "atlas/protocol/server_messages.hpp"

namespace atlas::call {

// What is known of a turn that is over, for the metrics, the log and the client.
observe::TurnFigures figures_of(const conversation::TurnRecord& record);
observe::LogFields log_fields(const conversation::TurnRecord& record, bool with_words);
protocol::TurnEnd to_turn_end(conversation::TurnRecord record);

}  // namespace atlas::call
