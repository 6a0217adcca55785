// Storage::overlap, contains and sameTensor on random programs of views, against the bytes that torch's strides give: every view operator of
// ATen on a row-major buffer of constant sizes, composed up to five deep.
#include "rewrites/storage.h"

#include "tests/rewrites/byte_lists.h"
#include "tests/rewrites/programs.h"

namespace rewrites::test {
namespace {

using graph::ir::NodeId;

std::string list(const std::vector<int64_t>& numbers) {
  std::string out = "[";
  for (size_t i = 0; i < numbers.size(); ++i) out += (i ? ", " : "") + std::to_string(numbers[i]);
  return out + "]";
}

struct Value {
  std::string name, type = "f32";
  Plain plain;
  std::string annotation() const { return "\"" + type + list(plain.sizes) + "\""; }
};

/// One more view of `of`; writes its line. Nothing when the operator that was drawn does not fit.
class ViewMaker {
 public:
  explicit ViewMaker(Random& random) : random_(random) {}

  bool make(const Value& of, const std::string& name, std::string& body, Value& out) {
    out = of;
    out.name = name;
    Plain& p = out.plain;
    const auto rank = static_cast<int64_t>(p.sizes.size());
    std::string call;
    const int64_t d = rank ? pick(random_, 0, rank - 1) : 0;
    const auto at = static_cast<size_t>(d);
    const std::string dim = std::to_string(pick(random_, 0, 1) ? d : d - rank);
    switch (rank ? pick(random_, 0, 9) : 9) {
      case 0: case 1: call = slice(p, at, dim); break;
      case 2: call = select(p, at, dim); break;
      case 3: call = transpose(p, at); break;
      case 4: call = diagonal(p); break;
      case 5: call = unfold(p, at); break;
      case 6: call = reshape(p); break;
      case 7: call = bytesAs(out); break;
      case 8: call = expand(p); break;
      default:
        p.sizes.insert(p.sizes.begin(), 1);
        p.strides.insert(p.strides.begin(), p.item);
        call = "unsqueeze.default(%, 0)";
    }
    if (call.empty() || p.count() == 0) return false;
    call.replace(call.find('%'), 1, of.name);
    body += name + ": " + out.annotation() + " = torch.ops.aten." + call + "\n";
    return true;
  }

 private:
  std::string slice(Plain& p, size_t d, const std::string& dim) {
    const int64_t size = p.sizes[d], start = pick(random_, 0, size - 1), end = pick(random_, start + 1, size), step = pick(random_, 1, 2);
    p.offset += start * p.strides[d];
    p.sizes[d] = (end - start + step - 1) / step;
    p.strides[d] *= step;
    const std::string from = std::to_string(pick(random_, 0, 1) ? start : start - size);
    return "slice.Tensor(%, " + dim + ", " + from + ", " + (end == size ? "9223372036854775807" : std::to_string(end)) + ", " + std::to_string(step) + ")";
  }
  std::string select(Plain& p, size_t d, const std::string& dim) {
    const int64_t index = pick(random_, 0, p.sizes[d] - 1);
    p.offset += index * p.strides[d];
    p.sizes.erase(p.sizes.begin() + static_cast<std::ptrdiff_t>(d));
    p.strides.erase(p.strides.begin() + static_cast<std::ptrdiff_t>(d));
    return "select.int(%, " + dim + ", " + std::to_string(index) + ")";
  }
  std::string transpose(Plain& p, size_t d) {
    const auto other = static_cast<size_t>(pick(random_, 0, static_cast<int64_t>(p.sizes.size()) - 1));
    std::swap(p.sizes[d], p.sizes[other]);
    std::swap(p.strides[d], p.strides[other]);
    return "transpose.int(%, " + std::to_string(d) + ", " + std::to_string(other) + ")";
  }
  std::string diagonal(Plain& p) {
    if (p.sizes.size() < 2) return {};
    const int64_t offset = pick(random_, -1, 1);
    const int64_t rows = p.sizes[0], columns = p.sizes[1];
    const int64_t size = std::max<int64_t>(0, offset >= 0 ? std::min(rows, columns - offset) : std::min(rows + offset, columns));
    p.offset += offset >= 0 ? offset * p.strides[1] : -offset * p.strides[0];
    const int64_t stride = p.strides[0] + p.strides[1];
    p.sizes.erase(p.sizes.begin(), p.sizes.begin() + 2);
    p.strides.erase(p.strides.begin(), p.strides.begin() + 2);
    p.sizes.push_back(size);
    p.strides.push_back(stride);
    return "diagonal.default(%, " + std::to_string(offset) + ", 0, 1)";
  }
  std::string unfold(Plain& p, size_t d) {
    const int64_t size = pick(random_, 1, p.sizes[d]), step = pick(random_, 1, 3);
    p.sizes.push_back(size);
    p.strides.push_back(p.strides[d]);
    p.sizes[d] = (p.sizes[d] - size) / step + 1;
    p.strides[d] *= step;
    return "unfold.default(%, " + std::to_string(d) + ", " + std::to_string(size) + ", " + std::to_string(step) + ")";
  }
  std::string reshape(Plain& p) {
    std::vector<int64_t> shape;
    int64_t left = p.count();
    for (const int64_t size : {pick(random_, 1, 4), pick(random_, 1, 3)})
      if (left % size == 0) { shape.push_back(size); left /= size; }
    shape.push_back(left);
    Plain out;
    if (!strideFor(p, shape, out)) return {};
    p = out;
    return "view.default(%, " + list(shape) + ")";
  }
  std::string bytesAs(Value& v) {
    Plain& p = v.plain;
    const bool half = pick(random_, 0, 1) != 0;
    if (v.type != "f32" || p.strides.back() != p.item || (!half && pick(random_, 0, 1))) return {};
    v.type = half ? "i16" : "i32";
    p.item = half ? 2 : 4;
    if (half) { p.sizes.back() *= 2; p.strides.back() = 2; }
    return std::string("view.dtype(%, torch.") + (half ? "int16" : "int32") + ")";
  }
  std::string expand(Plain& p) {
    p.sizes.insert(p.sizes.begin(), 2);
    p.strides.insert(p.strides.begin(), 0);
    return "expand.default(%, " + list(p.sizes) + ")";
  }

  Random& random_;
};

struct Views {
  std::string body;
  std::vector<Value> values;
};

Views randomViews(Random& random) {
  Views v;
  Value z{"z", "f32", {{4, 6}, {24, 4}, 0, 4}};
  v.body = "z: \"f32[4, 6]\" = torch.ops.aten.full.default([4, 6], 0)\n";
  v.values.push_back(z);
  ViewMaker maker(random);
  for (int i = 0; i < 8; ++i) {
    Value next;
    const Value of = v.values[static_cast<size_t>(pick(random, 0, static_cast<int64_t>(v.values.size()) - 1))];
    if (maker.make(of, "v" + std::to_string(i), v.body, next)) v.values.push_back(next);
  }
  v.body += "return (z,)";
  return v;
}

TEST(StorageOverlap, RandomViewsAgainstTheirBytes) {
  Random random(11);
  int pairs = 0, unknown = 0, inside = 0, insideProved = 0, same = 0, sameProved = 0, repeating = 0, repeatingSaid = 0;
  for (int i = 0; i < 400; ++i) {
    const Views v = randomViews(random);
    const auto g = parse("s: \"f32[1]\"", v.body);
    const Storage storage(*g);
    SCOPED_TRACE(v.body);
    for (const Value& a : v.values) {
      const NodeId x = g->find(a.name);
      const Location& at = *storage.location(x);
      ASSERT_EQ(storage.owner(x), g->find("z")) << a.name;
      EXPECT_TRUE(at.selfOverlap || !a.plain.repeats()) << a.name;
      repeating += a.plain.repeats();
      repeatingSaid += at.selfOverlap;
      for (const Value& b : v.values) {
        const NodeId y = g->find(b.name);
        const Location& to = *storage.location(y);
        const bool met = meet(a.plain, b.plain), in = within(b.plain, a.plain);
        const bool equal = a.type == b.type && a.plain.sizes == b.plain.sizes && a.plain.elements() == b.plain.elements();
        const Overlap said = storage.overlap(x, y);
        ++pairs;
        unknown += said == Overlap::unknown;
        EXPECT_TRUE(said == Overlap::unknown || met == (said == Overlap::yes)) << a.name << " " << b.name;
        inside += in;
        if (storage.contains(at.region, to.region, at.owner)) { ++insideProved; EXPECT_TRUE(in) << b.name << " in " << a.name; }
        same += equal && !a.plain.repeats();
        if (storage.sameTensor(at, to)) { ++sameProved; EXPECT_TRUE(equal) << a.name << " " << b.name; }
      }
    }
  }
  // Of constant sizes nearly everything is decided, and exactly.
  EXPECT_GT(pairs, 5000);
  EXPECT_LT(unknown * 1000, pairs);
  EXPECT_GE(insideProved * 1000, inside * 999);
  EXPECT_GE(sameProved * 100, same * 90);   // not of what unfold shows: it is taken to overlap itself
  EXPECT_GT(repeating, 100);
  EXPECT_LT(repeatingSaid, 2 * repeating);
}

}  // namespace
}  // namespace rewrites::test
