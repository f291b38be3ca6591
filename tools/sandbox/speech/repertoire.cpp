#include "sandbox/speech/repertoire.hpp"

#include <array>

namespace atlas::sandbox::speech {

std::span<const std::string_view> jokes() {
    static constexpr std::array<std::string_view, 6> all{
        "Why did the scarecrow win a prize? Because he was outstanding in his field.",
        "I told my computer that I needed a break. It went to sleep at once.",
        "What do you call a fish without an eye? A fsh.",
        "Why do programmers mix up Halloween and Christmas? Because oct thirty one equals dec twenty five.",
        "I would tell you a joke about packets that get lost, but you might not get it.",
        "Parallel lines have so much in common. It is a pity that they will never meet."};
    return all;
}

std::span<const std::string_view> facts() {
    static constexpr std::array<std::string_view, 5> all{
        "Honey does not spoil. Jars three thousand years old were still good to eat.",
        "An octopus has three hearts, and two of them stop when it swims.",
        "The first telephone call was one sentence long. Mister Watson, come here, I want to see you.",
        "A day on Venus is longer than its year.", "Bananas are berries, but strawberries are not."};
    return all;
}

std::string_view story() {
    return "Once upon a time there was a lighthouse keeper called Marlow, who lived at the far end of a long "
           "harbour wall. Every evening he climbed two hundred steps, lit the lamp, and wrote the weather "
           "into a "
           "big green book. Nobody ever read the book, but he wrote it all the same. "
           "One autumn night a storm came up from the south. The wind took the shutters, the rain came in "
           "sideways, and at midnight the lamp went out. Marlow tried oil, he tried matches, he tried a few "
           "words "
           "that I will not repeat. Nothing helped. "
           "Then he heard a horn out in the dark. A small ship was looking for the harbour, and there was no "
           "light "
           "to show the way. So Marlow opened the window and began to sing. He sang the only song he knew, "
           "which "
           "had eleven verses and was mostly about a goat. "
           "Out on the water, the captain stopped the engine and listened. She turned the wheel a little to "
           "the "
           "left, and a little to the right, and whenever the song grew louder, she kept that course. It "
           "took nine "
           "verses. In the tenth, the ship came round the end of the wall, and in the eleventh she was tied "
           "up "
           "safely at the quay. "
           "The captain climbed the two hundred steps to thank him. She saw the green book, opened it, and "
           "read "
           "until the sun came up. It turned out that she had been looking for exactly such a book all her "
           "life, "
           "because she drew maps of the wind, and nobody had ever written it down so carefully. "
           "They mended the lamp together. And from that day on, when the night was clear and there was no "
           "need "
           "for it at all, the people of the harbour could hear two voices from the top of the tower, "
           "singing "
           "about a goat. That is the end of the story.";
}

}  // namespace atlas::sandbox::speech
