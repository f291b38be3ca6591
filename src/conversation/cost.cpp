#include "atlas/conversation/cost.hpp"

#include <cmath>

namespace atlas::conversation {

Effort& operator+=(Effort& sum, const Effort& more) {
    sum.input_tokens += more.input_tokens;
    sum.cache_read_tokens += more.cache_read_tokens;
    sum.cache_written_tokens += more.cache_written_tokens;
    sum.output_tokens += more.output_tokens;
    sum.retries += more.retries;
    sum.hedges += more.hedges;
    return sum;
}

std::int64_t cost_of(const Prices& prices, const Effort& effort, Duration listened, AudioTime spoken) {
    const auto times = [](double price, std::int64_t count) { return price * static_cast<double>(count); };
    return std::llround(times(prices.input_token, effort.input_tokens) +
                        times(prices.cache_read_token, effort.cache_read_tokens) +
                        times(prices.cache_written_token, effort.cache_written_tokens) +
                        times(prices.output_token, effort.output_tokens) +
                        prices.listening_second * std::chrono::duration<double>(listened).count() +
                        prices.spoken_second * std::chrono::duration<double>(spoken).count());
}

}  // namespace atlas::conversation
