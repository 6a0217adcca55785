#!/usr/bin/env bash
# Set-up, then the journey that fxloom is for: a printed graph full of copies goes in, an equal one without them comes out.
#
#   scripts/demo.sh               with a display: opens the window on the sample; without one: the same journey in this terminal
#   scripts/demo.sh --headless    in this terminal, also when there is a display
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

headless=no
case "${1:-}" in
  --headless) headless=yes ;;
  -h|--help) sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; exit 0 ;;
  "") ;;
  *) echo "$me: unknown option $1 (--help shows them)" >&2; exit 2 ;;
esac

# Whether a window can be opened: a display that is named and whose socket, where it is a local one, is there.
display_usable() {
  local number
  if [ -n "${DISPLAY:-}" ]; then
    case "$DISPLAY" in
      :*|unix:*) number=${DISPLAY#*:}; [ -S "/tmp/.X11-unix/X${number%%.*}" ] ;;
      *) true ;;
    esac
  else
    case "${WAYLAND_DISPLAY:-}" in
      "") false ;;
      /*) [ -S "$WAYLAND_DISPLAY" ] ;;
      *) [ -S "${XDG_RUNTIME_DIR:-}/$WAYLAND_DISPLAY" ] ;;
    esac
  fi
}

fxloom="$root/build/fxloom"
samples="$root/samples"
script="$root/scripts/reinplace.lua"
dump="$samples/llama_22layers_torch2.1"
timed="$samples/decode_4layers.txt"
out="$root/build/demo"

# show COMMAND...: prints it as one would type it in the repository, and runs it.
show() {
  local line="${*//"$root/"/}"
  printf '%s$ %s%s\n' "$bold" "${line/#"$python"/python}" "$plain"
  (cd "$root" && "${@//"$root/"/}")
}

window() {
  say "The window, on $(basename "$dump").txt"
  note "F6 applies the selected rewrite (reinplace), F7 runs both versions and compares, F5 times them, Ctrl+Z takes it back, F4 is the Lua console"
  "$fxloom" "$dump.txt"
}

journey() {
  mkdir -p "$out"
  rm -f "$out"/*
  say "1. What does the graph copy?  A decode step of 22 layers, as torch 2.1 printed it; batch 3, cache batch 4"
  show "$fxloom" info "$dump.txt" --bind s0=3,s1=4

  say "2. Rewrite: write into the caches instead. Both versions run on the same inputs; nothing is written when they differ"
  show "$fxloom" rewrite "$dump.txt" "$script" -o "$out/llama_22layers.py" --inputs "$dump.inputs.safetensors" \
    --require-taken 44 --report "$out/rewrite.json" --quiet
  show "$python" "$root/scripts/python/report_summary.py" "$out/rewrite.json"

  say "3. What is it worth?  4 layers, batch 8, 2,048 positions, on this machine's CPU; before and after interleaved"
  show "$fxloom" bench "$timed" "$script" --bind s23=8,s70=8,s95=2048 --report "$out/bench.json"

  say "4. The exported Python, run by torch alone, against what torch computed from the dump as printed"
  show "$python" "$root/scripts/python/check_export.py" "$out/llama_22layers.py" "$dump.inputs.safetensors" "$dump.expected.safetensors" |
    tee "$out/check.txt"

  say "What came out"
  "$python" "$root/scripts/python/report_summary.py" "$out/rewrite.json" "$out/bench.json"
  echo "exported       ${out#"$root/"}/llama_22layers.py"
  echo "under torch    $(tail -n 1 "$out/check.txt")"
}

"$root/scripts/setup.sh"
python=$(cat "$root/build/python.path")
if [ "$headless" = no ] && display_usable; then window; else journey; fi
