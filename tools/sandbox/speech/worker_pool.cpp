#include "sandbox/speech/worker_pool.hpp"

#include <algorithm>
#include <utility>

namespace atlas::sandbox::speech {

namespace {

std::shared_ptr<Task> take_front(std::deque<std::shared_ptr<Task>>& queue) {
    auto task = std::move(queue.front());
    queue.pop_front();
    return task;
}

}  // namespace

WorkerPool::WorkerPool(int threads) {
    for (int i = 0; i < std::max(1, threads); ++i) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    threads_.clear();  // joins
}

void WorkerPool::post(std::shared_ptr<Task> task) {
    {
        const std::lock_guard lock(mutex_);
        posted_.push_back(std::move(task));
    }
    wake_.notify_one();
}

void WorkerPool::offer(std::shared_ptr<Task> task) {
    std::shared_ptr<Task> pushed_out;
    {
        const std::lock_guard lock(mutex_);
        offered_.push_back(std::move(task));
        if (offered_.size() > most_offers) pushed_out = take_front(offered_);
    }
    wake_.notify_one();
    if (pushed_out) pushed_out->dropped();
}

// Called with the lock held.
bool WorkerPool::may_take_offer() const {
    const std::size_t most = std::max<std::size_t>(1, threads_.size() - 1);
    return !offered_.empty() && busy_with_offers_ < most;
}

void WorkerPool::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !posted_.empty() || may_take_offer(); });
        if (stopping_) return;
        const bool is_offer = posted_.empty();
        auto task = take_front(is_offer ? offered_ : posted_);
        if (is_offer) ++busy_with_offers_;
        lock.unlock();
        task->run();
        task.reset();
        lock.lock();
        if (is_offer) --busy_with_offers_;
    }
}

}  // namespace atlas::sandbox::speech
