#!/usr/bin/env bash
# The real window under an X server: open, apply by key, type a Lua line, undo, quit; then a screenshot that must not be blank.
#
#   xvfb-run -a -s "-screen 0 1600x1000x24" tests/gui/xvfb_smoke.sh build/fxloom
set -euo pipefail
program=$(realpath "$1")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
sample=$root/samples/llama_2layers_torch2.1.txt
work=$(mktemp -d)
pid=
finish() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
fail() {
  echo "xvfb_smoke: $*" >&2
  [ ! -s "$work/stderr" ] || cat "$work/stderr" >&2
  exit 1
}
# until_true SECONDS COMMAND...: waits for the command to succeed.
until_true() {
  local tries=$(($1 * 10)); shift
  while ! "$@" >/dev/null 2>&1; do
    [ $((tries--)) -gt 0 ] || return 1
    sleep 0.1
  done
}
key() { xdotool key --clearmodifiers --delay 60 "$@"; sleep 0.3; }
lua() {
  key F4
  xdotool type --delay 25 "$1"
  sleep 0.3
  key Return
}

export LIBGL_ALWAYS_SOFTWARE=1
cd "$work"
"$program" "$sample" 2>"$work/stderr" &
pid=$!
until_true 60 xdotool search --onlyvisible --name 'llama_2layers.*fxloom' || fail "no window with the file's name appeared"
window=$(xdotool search --onlyvisible --name fxloom | head -1)
xdotool windowfocus --sync "$window"
sleep 1

key F6
lua "fx.export('$work/after.txt')"
until_true 60 test -s "$work/after.txt" || fail "the Lua line did not run"
grep -q 'aten.index_put_.default' "$work/after.txt" || fail "F6 did not apply the rewrite"
! grep -q 'aten.slice_scatter' "$work/after.txt" || fail "functional updates are left"

key Escape
key ctrl+z
lua "fx.export('$work/undone.txt')"
until_true 60 test -s "$work/undone.txt" || fail "the second Lua line did not run"
grep -q 'aten.slice_scatter' "$work/undone.txt" || fail "Ctrl+Z did not undo"

key Escape
key ctrl+q
code=0
wait "$pid" || code=$?
pid=
[ "$code" = 0 ] || fail "the window ended with exit code $code"

"$program" "$sample" --lua "$root/scripts/reinplace.lua" --screenshot "$work/window.png" 2>"$work/stderr" || fail "--screenshot failed"
[ "$(head -c 4 "$work/window.png" | tail -c 3)" = PNG ] || fail "the screenshot is no PNG"
if command -v identify >/dev/null; then
  colours=$(identify -format '%k' "$work/window.png")
  [ "$colours" -gt 200 ] || fail "the screenshot is blank: $colours colours"
fi

code=0
"$program" "$work/missing.txt" --screenshot "$work/none.png" 2>"$work/stderr" || code=$?
[ "$code" = 3 ] || fail "a missing file ended with exit code $code, not 3"
grep -q 'missing.txt' "$work/stderr" || fail "the message does not name the missing file"
echo "xvfb_smoke: ok"
