#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace atlas::sandbox::speech {

// Something for a worker to do. Called once, on some worker's thread.
class Task {
public:
    virtual ~Task() = default;
    virtual void run() = 0;
    // Instead of run(), when newer work pushed it out of the queue. Called by the one who pushed.
    virtual void dropped() {}
};

// A few threads for model work. What must happen is posted and always runs, in order, as long as the pool
// lives. What would only be nice is offered: it runs when nothing else waits, never on the last free
// worker, and the oldest is dropped when too much of it waits. Destroying the pool waits for running
// tasks and forgets the others.
class WorkerPool {
public:
    explicit WorkerPool(int threads);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    // Bounded by the callers: each one has at most one task waiting.
    void post(std::shared_ptr<Task> task);
    void offer(std::shared_ptr<Task> task);

    static constexpr std::size_t most_offers = 16;

private:
    void work();
    bool may_take_offer() const;

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::shared_ptr<Task>> posted_;
    std::deque<std::shared_ptr<Task>> offered_;
    std::size_t busy_with_offers_ = 0;
    bool stopping_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace atlas::sandbox::speech
