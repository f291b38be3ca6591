#pragma once

namespace atlas::call {

// Several lambdas as one visitor of a variant.
template <typename... Handlers>
struct overloaded : Handlers... {
    using Handlers::operator()...;
};
template <typename... Handlers>
overloaded(Handlers...) -> overloaded<Handlers...>;

}  // namespace atlas::call
