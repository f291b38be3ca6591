#!/usr/bin/env bash
# Proves that coawait.sh finds the shapes g++ 12.2 miscompiles, and lets the safe ones pass.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$(mktemp --suffix .cpp)
trap 'rm -f "$source"' EXIT
failures=0

# expect VERDICT CODE: VERDICT is "ok" or a part of the complaint.
expect() {
    local verdict=$1 output status=0
    printf '%s\n' 'asio::awaitable<void> f() {' "$2" '}' >"$source"
    output=$("$here/coawait.sh" "$source") || status=$?
    if [ "$verdict" = ok ] && [ "$status" -eq 0 ]; then return; fi
    if [ "$verdict" != ok ] && [ "$status" -eq 1 ] && [[ $output == *"$verdict"* ]]; then return; fi
    printf '%s\n' "expected '$verdict', got status $status and '$output' for:" "$2"
    failures=$((failures + 1))
}

expect ok 'co_await stream.async_read(buffer, as_result);'
expect ok 'auto [error, size] = co_await stream.async_read(buffer, as_result);'
expect ok 'const auto& [error, size] = co_await g();'
expect ok 'if (co_await g()) {'$'\n''x = 1;'$'\n''}'
expect ok 'for (;;) { co_await g(); }'
expect ok 'asio::awaitable<int> next() override { co_return co_await g(); }'
expect ok 'co_await g(buffers[2], name.parts[i]);'
expect ok 'Request request{a, b};'$'\n''co_await send(std::move(request));'
expect ok '// co_await send(Request{a})'
expect ok 'log("co_await {}", 1); co_await send("{?}");'
expect ok 'auto work = [self]() -> asio::awaitable<void> {'$'\n''co_await self->run();'$'\n''};'
expect ok 'case 1: x = a ? b : c; co_await g();'
expect ok 'co_await asio::async_connect(socket,'$'\n''    endpoints, as_result);'
expect ok 'x = a ? b : c;'

expect 'a brace' 'co_await send(Request{a, b});'
expect 'a brace' 'co_await send({.url = a});'
expect 'a brace' 'co_await send(Request{'$'\n''    .url = a});'
expect 'a brace' 'auto x = co_await send('$'\n''    Request{a},'$'\n''    b);'
expect 'a brace' 'Agg a{.x = s, .y = co_await g()};'
expect 'a brace' 'co_return Agg{.a = s, .b = co_await g()};'
expect 'a lambda' 'co_await async_initiate(token, [self] () noexcept, x);'
expect 'a brace' 'co_spawn(co_await this_coro::executor, [s] { s->run(); }, handler);'
expect 'a brace' 'co_await send([&](int) -> int {'$'\n''return 1;'$'\n''});'
expect '?:' 'auto text = cond ? name : co_await g();'
expect '?:' 'co_await f(cond ? s : t);'
expect 'two co_await' 'co_await f(co_await g());'
expect 'detached' 'asio::co_spawn(loop, run(), asio::detached);'

if [ "$failures" -gt 0 ]; then
    echo "coawait: coawait.sh gave $failures wrong verdicts"
    exit 1
fi
echo "coawait: coawait.sh gives the right verdicts"
