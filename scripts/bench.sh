#!/usr/bin/env bash
# Prints the tables of the README: decode step before and after at growing sizes, reading beside other readers, the steps of a rewrite, a node's
# overhead, copied bytes.
#
#   scripts/bench.sh              all of them (some minutes; the largest size takes 5 GB of memory)
#   scripts/bench.sh --small      sizes that fit a small machine
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

batches=(1 8 32) lengths=(256 1024 4096)
case "${1:-}" in
  --small) batches=(1 4 8) lengths=(128 512 1024) ;;
  -h|--help) sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; exit 0 ;;
  "") ;;
  *) echo "$me: unknown option $1 (--help shows them)" >&2; exit 2 ;;
esac

"$root/scripts/setup.sh" --tests
cd "$root"
python=$(cat build/python.path)
out=build/bench
mkdir -p "$out"
rm -f "$out"/*
tables() { "$python" scripts/python/bench_tables.py "$@"; echo; }

say "Machine"
note "$(sed -nE 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors, $(date +%Y-%m-%d)"

say "Decode step of samples/decode_4layers.txt, before and after scripts/reinplace.lua"
for batch in "${batches[@]}"; do
  for length in "${lengths[@]}"; do
    build/fxloom bench samples/decode_4layers.txt scripts/reinplace.lua --bind "s23=$batch,s70=$batch,s95=$length" \
      --report "$out/decode-$batch-$length.json" --quiet
  done
done
tables decode "$out"/decode-*.json

say "Copied bytes of one run of samples/llama_22layers_torch2.1.txt"
build/fxloom rewrite samples/llama_22layers_torch2.1.txt scripts/reinplace.lua -o "$out/llama_22layers.txt" \
  --inputs samples/llama_22layers_torch2.1.inputs.safetensors --report "$out/copied.json" --quiet
tables copied "$out/copied.json"

say "Reading, beside other readers of graphs"
"$python" scripts/python/bench_parse.py build/bench_parse "$out" samples/llama_22layers_torch2.1.txt samples/decode_4layers.txt
echo

say "Steps on the 22-layer dump"
build/bench_steps --benchmark_format=json --benchmark_min_time=0.5 > "$out/steps.json"
tables google "$out/steps.json"

say "Beside PyTorch's own passes"
"$python" scripts/python/bench_reinplace.py --models --program build/fxloom
echo

if [ -x build/bench_program ]; then
  say "A node of a program against a bare loop of boxed calls"
  build/bench_program --benchmark_format=json --benchmark_min_time=0.5 > "$out/program.json"
  tables google "$out/program.json"
fi
