#!/usr/bin/env bash
# Runs a window test under Xvfb, at most three times: an X server that starts while another one on the machine goes away can lose its socket,
# and keys that xdotool sends may come before the window has the focus. A real failure fails all three.
for attempt in 1 2 3; do
  timeout 90 xvfb-run -a -s "-screen 0 1600x1000x24" "$@" && exit 0
  echo "xvfb: attempt $attempt failed" >&2
  sleep 2
done
exit 1
