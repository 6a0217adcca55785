// How fast the parser reads the files that are named, as lines for scripts/python/bench_parse.py, which times other readers beside it.
//
//   bench_parse FILE...     prints per file: seconds of processor time (best of the runs), nodes, bytes of memory per node
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>

#include "graph/text/parser.h"

namespace {

double processorSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

size_t bytesInUse() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace

int main(int count, char** names) {
  for (int i = 1; i < count; ++i) {
    std::string text;
    if (auto file = graph::text::parseFile(names[i], &text); file.graphs.empty()) {
      std::fprintf(stderr, "bench_parse: %s: %s\n", names[i], file.diagnostics.empty() ? "no graph" : file.diagnostics.front().message.c_str());
      return 1;
    }
    double best = 1e9;
    size_t nodes = 0, bytes = 0;
    for (int run = 0; run < 5; ++run) {
      const size_t before = bytesInUse();
      const double start = processorSeconds();
      const auto file = graph::text::parse(text);
      best = std::min(best, processorSeconds() - start);
      bytes = bytesInUse() - before;
      nodes = 0;
      for (const auto& each : file.graphs) nodes += each->size();
    }
    std::printf("%s %.9f %zu %zu\n", names[i], best, nodes, bytes / std::max<size_t>(nodes, 1));
  }
}
