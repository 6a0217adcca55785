#!/usr/bin/env bash
# Makes this clone ready to use: Debian packages, a Python with torch, the build. Safe to repeat: what is there already is left alone,
# and a second run needs neither root nor a network.
#
#   scripts/setup.sh [--tests] [--no-build] [--build-dir DIR] [-DNAME=VALUE...]
#
#   --tests       also what the tests, fuzzers and benchmarks need, and build them
#   --no-build    packages, Python and configuring only
#   --build-dir   where to build (build)
#   -D...         given to CMake: -DFXLOOM_WERROR=ON, -DFXLOOM_WINDOW=OFF, -DCMAKE_BUILD_TYPE=Debug ...
#
# The Python is $FXLOOM_PYTHON, else the active python3 when it has torch >= 2.8, else a virtual environment with torch 2.11.0 in
# ${FXLOOM_CACHE:-${XDG_CACHE_HOME:-~/.cache}/fxloom}, which all clones share. Its path is left in BUILD/python.path.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

tests=no build=yes build_dir="$root/build" defines=()
while [ $# -gt 0 ]; do
  case "$1" in
    --tests) tests=yes ;;
    --no-build) build=no ;;
    --build-dir) [ $# -gt 1 ] || { echo "$me: --build-dir wants a folder" >&2; exit 2; }; build_dir="$2"; shift ;;
    -D?*) defines+=("$1") ;;
    -h|--help) sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    *) echo "$me: unknown option $1 (--help shows them)" >&2; exit 2 ;;
  esac
  shift
done

torch_version=2.11.0
cache="${FXLOOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fxloom}"

# --- Debian packages ---------------------------------------------------------------------------------------------------------
packages=(
  g++ cmake ninja-build ccache pkg-config python3 python3-venv git
  libimgui-dev libglfw3-dev libgl-dev libpng-dev libgraphviz-dev liblua5.4-dev libcli11-dev nlohmann-json3-dev libfmt-dev libedit-dev
  libgl1-mesa-dri fonts-dejavu-core
)
[ "$tests" = yes ] && packages+=(libgtest-dev libbenchmark-dev xvfb xauth xdotool imagemagick clang libclang-rt-14-dev)

install_packages() {
  say "Debian packages"
  if ! command -v dpkg-query >/dev/null; then
    note "this is no Debian: expecting the equivalents of ${packages[*]}"
    return
  fi
  local missing=() package
  for package in "${packages[@]}"; do
    # shellcheck disable=SC2016
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    note "all ${#packages[@]} are installed"
    return
  fi
  note "installing: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "not root, and there is no sudo. As root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  step="apt-get update"
  "${as_root[@]}" apt-get update -qq || note "apt-get update had errors; trying with what it has"
  step="apt-get install ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# --- Python with torch -------------------------------------------------------------------------------------------------------
# torch_of PYTHON: the version of its torch, when it also has the headers; importing torch would take seconds.
torch_of() {
  "$1" - 2>/dev/null <<'PY'
import importlib.metadata, importlib.util, os
spec = importlib.util.find_spec("torch")
assert spec and os.path.exists(os.path.join(os.path.dirname(spec.origin), "include", "ATen", "ATen.h"))
print(importlib.metadata.version("torch"))
PY
}
at_least_2_8() { [ "$(printf '2.8\n%s\n' "$1" | sort -V | head -n 1)" = 2.8 ]; }

choose_python() {
  say "Python with torch"
  local candidate version
  if [ -n "${FXLOOM_PYTHON:-}" ]; then
    version=$(torch_of "$FXLOOM_PYTHON" || true)
    [ -n "$version" ] || die "FXLOOM_PYTHON is $FXLOOM_PYTHON, which has no torch"
    at_least_2_8 "$version" || die "FXLOOM_PYTHON is $FXLOOM_PYTHON, whose torch is $version: 2.8 or newer is needed"
    python="$FXLOOM_PYTHON"
  elif candidate=$(command -v python3) && version=$(torch_of "$candidate") && at_least_2_8 "$version"; then
    python="$candidate"
  else
    make_environment
    python="$cache/torch-$torch_version/bin/python"
    version=$torch_version
  fi
  # The path as the interpreter knows it: a shim (pyenv) may choose another one in another folder.
  python=$("$python" -c 'import sys; print(sys.executable)')
  note "$python, torch $version"
}

# A virtual environment cannot be moved, so it is built where it stays; the file .complete, written last, says that it is whole.
make_environment() {
  local environment="$cache/torch-$torch_version" base
  mkdir -p "$cache"
  exec 9>"$cache/.torch-$torch_version.lock"
  flock -n 9 || { note "another set-up is working on $environment: waiting for it"; flock 9; }
  if [ ! -e "$environment/.complete" ] && [ -x "$environment/bin/python" ]; then
    [ "$("$environment/bin/python" -c 'import torch; print(torch.__version__.split("+")[0])' 2>/dev/null || true)" = "$torch_version" ] &&
      touch "$environment/.complete"
  fi
  if [ -e "$environment/.complete" ] && [ -n "$(torch_of "$environment/bin/python" || true)" ]; then
    exec 9>&-
    return
  fi
  base=$(command -v python3) || die "there is no python3"
  "$base" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || die "$base is $("$base" --version): torch $torch_version needs Python 3.10 or newer"
  say "Making $environment with torch $torch_version (some minutes, 5 GB with its CUDA libraries)"
  rm -rf "$environment"
  "$base" -m venv "$environment"
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "torch==$torch_version" numpy safetensors
  "$environment/bin/python" -c 'import torch'
  touch "$environment/.complete"
  exec 9>&-
}

# --- The build ---------------------------------------------------------------------------------------------------------------
configure() {
  say "Configuring $build_dir"
  mkdir -p "$build_dir"
  build_dir=$(cd "$build_dir" && pwd)
  local options=(-G Ninja -S "$root" -B "$build_dir" "-DFXLOOM_PYTHON=$python")
  local known="$build_dir/CMakeCache.txt"
  [ -e "$known" ] || options+=(-DCMAKE_BUILD_TYPE=Release)
  if [ "$tests" = yes ]; then options+=(-DFXLOOM_TESTS=ON); elif [ ! -e "$known" ]; then options+=(-DFXLOOM_TESTS=OFF); fi
  if [ -e "$known" ] && ! grep -qx "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$known"; then
    note "it belonged to another folder: starting afresh"
    options+=(--fresh -DCMAKE_BUILD_TYPE=Release "-DFXLOOM_TESTS=$([ "$tests" = yes ] && echo ON || echo OFF)")
  fi
  cmake "${options[@]}" "${defines[@]}" > "$build_dir/configure.log" 2>&1 || { tail -n 30 "$build_dir/configure.log" >&2; die "CMake's output is in $build_dir/configure.log"; }
  echo "$python" > "$build_dir/python.path"
}

build() {
  local jobs_count
  jobs_count=$(jobs)
  say "Building in $build_dir ($jobs_count at a time)"
  cmake --build "$build_dir" -j "$jobs_count"
}

install_packages
choose_python
configure
if [ "$build" = yes ]; then build; fi
