#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::conversation {

struct ChunkerSettings {
    // Letters, of which a Chinese or Japanese character counts as three.
    std::size_t first_clause_min = 12;  // a first clause shorter than this is not worth a request
    std::size_t sentence_min = 24;      // a shorter sentence is spoken together with the next
    std::size_t chunk_max = 280;        // bytes: longer text is cut at the best place before
    std::string language = {};          // BCP 47, for abbreviations; empty: those of all languages we know
};

// Cuts a stream of model text into the pieces that are synthesised one by one. The first piece is a clause,
// so that the caller hears something soon; later pieces are whole sentences, so that they sound well. The
// pieces joined together are exactly the text: nothing is lost, added or trimmed.
//
// No piece ends inside a number, a word, a web address, `code` or a character, and how the text is split into
// calls of add() makes no difference: a place is used only when what stands behind it is known. What cannot
// be cut well is cut at `chunk_max`, except
//  - a block of code (```): a piece of its own, however long, as nothing of it is read aloud; it is held back
//    until its end;
//  - a web address or link of up to 2 KiB: only its name is read aloud.
class SentenceChunker {
public:
    explicit SentenceChunker(ChunkerSettings settings = {});

    void add(std::string_view text);
    void finish() { finished_ = true; }  // no more text will come: the rest is a piece

    // Nothing follows for a while, as before a tool call: what there is becomes pieces now. More text may be
    // added, and begins with a clause again, since the caller waits for it.
    void flush();
    // The text broke off, as when the model stalls. Whole sentences and clauses become pieces now, the rest
    // is forgotten; a comma or full stop behind a digit at the very end may be half of a number and counts
    // as the rest. More text may be added, or finish() called. Without effect after finish().
    void drop_incomplete();

    // The next piece, when one is complete.
    std::optional<std::string> next();
    std::size_t waiting() const;  // bytes of text that no piece was made of yet
    bool done() const { return finished_ && pending_.empty() && ready_.empty(); }

private:
    std::optional<std::size_t> cut(bool text_is_final) const;
    std::optional<std::size_t> cut_long(std::size_t best, std::size_t beyond, std::size_t decided,
                                        bool text_is_final) const;
    std::size_t complete() const;
    std::string take(std::size_t end);

    ChunkerSettings settings_;
    std::string pending_;
    std::vector<std::string> ready_;  // pieces made by flush(), first first
    char32_t before_ = 0;             // the last character before pending_ that is no blank
    bool at_line_start_ = true;
    bool first_ = true;
    bool finished_ = false;
};

}  // namespace atlas::conversation
