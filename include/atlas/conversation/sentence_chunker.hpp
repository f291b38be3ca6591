#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace atlas::conversation {

struct ChunkerSettings {
    std::size_t first_clause_min = 12;  // bytes: a first clause shorter than this is not worth a request
    std::size_t sentence_min = 24;      // bytes: a shorter sentence is spoken together with the next
    std::size_t chunk_max = 280;        // bytes: longer text is cut at the best place before
};

// Cuts a stream of model text into the pieces that are synthesised one by one. The first piece is a clause,
// so that the caller hears something soon; later pieces are whole sentences, so that they sound well. The
// pieces joined together are exactly the text: nothing is lost, added or trimmed.
class SentenceChunker {
public:
    explicit SentenceChunker(ChunkerSettings settings = {}) : settings_(settings) {}

    void add(std::string_view text) { pending_ += text; }
    void finish() { finished_ = true; }  // no more text will come: the rest is a piece

    // The next piece, when one is complete.
    std::optional<std::string> next();
    bool done() const { return finished_ && pending_.empty(); }

private:
    std::optional<std::size_t> cut() const;
    std::optional<std::size_t> sentence_end(std::size_t from) const;
    std::optional<std::size_t> clause_end() const;
    std::size_t forced_cut() const;

    ChunkerSettings settings_;
    std::string pending_;
    bool first_ = true;
    bool finished_ = false;
};

}  // namespace atlas::conversation
