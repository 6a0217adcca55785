// A vector in chunks that copies share: copying it copies one pointer per chunk, writing one element clones one chunk.
//
// Who may write a chunk in place is decided by tokens, never by use counts. A chunk remembers for ever the token of the vector
// that made it; a vector writes in place only chunks that carry its present token. Copying or moving a vector gives up the
// tokens of both sides, so whatever another vector may see is never written again. Giving up is one relaxed atomic store and is
// left out when there is nothing to give up: copying a published vector reads it only, from any number of threads.
//
// The first chunk starts small and doubles until it is whole, so that a short vector is small: a text may hold 100,000 tiny graphs.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace graph::ir {

template <class T, size_t chunkSize>
class CowVector {
  static_assert((chunkSize & (chunkSize - 1)) == 0, "a chunk holds a power of two");

 public:
  CowVector() = default;
  /// `size` default values.
  explicit CowVector(size_t size) : size_(size) {
    chunks_.reserve((size + chunkSize - 1) / chunkSize);
    while (chunks_.size() * chunkSize < size) chunks_.push_back(fresh(room(chunks_.size(), size)));
  }
  CowVector(const CowVector& other) : chunks_(other.chunks_), size_(other.size_) { other.share(); }
  CowVector(CowVector&& other) noexcept : chunks_(std::move(other.chunks_)), size_(std::exchange(other.size_, 0)) {
    other.chunks_.clear();
    other.share();
  }
  CowVector& operator=(const CowVector& other) {
    if (this == &other) return *this;
    chunks_ = other.chunks_;
    size_ = other.size_;
    other.share();
    share();
    return *this;
  }
  CowVector& operator=(CowVector&& other) noexcept {
    if (this == &other) return *this;
    chunks_ = std::move(other.chunks_);
    size_ = std::exchange(other.size_, 0);
    other.chunks_.clear();
    other.share();
    share();
    return *this;
  }
  ~CowVector() = default;

  size_t size() const { return size_; }
  const T& operator[](size_t index) const { return chunks_[index / chunkSize].items[index % chunkSize]; }

  /// The element for writing; clones its chunk when others may see it. References to elements of that chunk are invalid then.
  T& write(size_t index) {
    Chunk& chunk = chunks_[index / chunkSize];
    if (chunk.owner != token()) {
      const size_t items = room(index / chunkSize, size_);
      Chunk clone = fresh(items);
      std::copy_n(chunk.items.get(), items, clone.items.get());
      chunk = std::move(clone);
    }
    return chunk.items[index % chunkSize];
  }
  /// Appends a default value and returns it for writing. References to elements of the last chunk are invalid then.
  T& grow() {
    if (size_ % chunkSize == 0) chunks_.push_back(fresh(room(chunks_.size(), size_ + 1)));
    else if (size_ == room(chunks_.size() - 1, size_)) enlargeFirst();
    T& item = write(size_);
    ++size_;
    return item;
  }

  /// Gives up the right to write in place: from now on every chunk is cloned before it is written.
  void share() const {
    if (token_.load(std::memory_order_relaxed) != 0) token_.store(0, std::memory_order_relaxed);
  }

  size_t chunks() const { return chunks_.size(); }
  /// Whether chunk `index` of both is the same memory.
  bool sharesChunk(const CowVector& other, size_t index) const {
    return index < chunks_.size() && index < other.chunks_.size() && chunks_[index].items == other.chunks_[index].items;
  }
  size_t sharedChunks(const CowVector& other) const {
    size_t shared = 0;
    for (size_t i = 0; i < chunks_.size(); ++i) shared += sharesChunk(other, i) ? 1 : 0;
    return shared;
  }
  static constexpr size_t itemsPerChunk = chunkSize;

 private:
  struct Chunk {
    std::shared_ptr<T[]> items;
    uint64_t owner = 0;   // the token of the vector that made it
  };

  /// How many items chunk `chunk` has place for in a vector of `size`.
  static size_t room(size_t chunk, size_t size) {
    return chunk || size >= chunkSize ? chunkSize : std::max(std::min<size_t>(chunkSize, kFewest), std::bit_ceil(size));
  }
  Chunk fresh(size_t items) { return {std::make_shared<T[]>(items), token()}; }

  void enlargeFirst() {
    Chunk& chunk = chunks_.front();
    Chunk larger = fresh(room(0, size_ + 1));
    if (chunk.owner == larger.owner) std::move(chunk.items.get(), chunk.items.get() + size_, larger.items.get());
    else std::copy_n(chunk.items.get(), size_, larger.items.get());
    chunk = std::move(larger);
  }

  static uint64_t freshToken() {
    static std::atomic<uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  uint64_t token() {
    uint64_t mine = token_.load(std::memory_order_relaxed);
    if (mine == 0) {
      mine = freshToken();
      token_.store(mine, std::memory_order_relaxed);
    }
    return mine;
  }

  static constexpr size_t kFewest = 4;

  std::vector<Chunk> chunks_;
  size_t size_ = 0;
  mutable std::atomic<uint64_t> token_{0};  // 0: owns no chunk
};

}  // namespace graph::ir
