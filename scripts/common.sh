# shellcheck shell=bash disable=SC2034
# Shared by the scripts here (sourced, never run): where things are, how a step is announced, and how a failure is reported.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
me=$(basename "$0")
step="starting"
if [ -t 1 ]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi

# say STEP...: announces a step; a failure names the step that was announced last.
say() { step="$*"; printf '%s== %s%s\n' "$bold" "$*" "$plain"; }
note() { printf '   %s\n' "$*"; }
die() { printf '%s: failed while: %s\n' "$me" "$step" >&2; printf '   %s\n' "$@" >&2; trap - ERR; exit 1; }

set -Eeuo pipefail
trap 'code=$?; printf "%s: failed while: %s\n   the command was: %s (exit %s)\n" "$me" "$step" "$BASH_COMMAND" "$code" >&2; trap - ERR; exit 1' ERR

# As many compiler processes as there are processors, but no more than memory allows: a file that includes LibTorch takes 2 GB.
jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ {print int($2 / 2097152)}' /proc/meminfo 2>/dev/null || echo "$cores")
  [ "$memory" -lt 1 ] && memory=1
  echo $((cores < memory ? cores : memory))
}

# ccache shares objects between clones and build folders. An environment that already says otherwise wins.
export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$root}" CCACHE_NOHASHDIR="${CCACHE_NOHASHDIR:-1}"
export CCACHE_SLOPPINESS="${CCACHE_SLOPPINESS:-pch_defines,time_macros}"
