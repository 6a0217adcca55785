#!/usr/bin/env bash
# Makes the README's picture: the window on the 22-layer sample after the rewrite, drawn under Xvfb with software rendering.
#
#   scripts/screenshot.sh [OUT.png]    (samples/screenshot.png)
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$root/scripts/setup.sh" --tests
out=$(realpath -m "${1:-$root/samples/screenshot.png}")
cd "$root"
say "The window under Xvfb"
LIBGL_ALWAYS_SOFTWARE=1 xvfb-run -a -s "-screen 0 1600x1000x24" build/fxloom samples/llama_22layers_torch2.1.txt \
  --lua scripts/reinplace.lua --screenshot "$out"
convert "$out" -strip -colors 160 "png8:$out"   # a third of the bytes, the same picture
note "$out"
