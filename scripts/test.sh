#!/usr/bin/env bash
# Set-up and every test. The last line says how many passed and failed; the exit code is 1 when one did.
#
#   scripts/test.sh            everything: the tests of the release build, unit tests under sanitizers, the fuzzers
#   scripts/test.sh --quick    only the tests of the release build
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

quick=no
case "${1:-}" in
  --quick) quick=yes ;;
  -h|--help) sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; exit 0 ;;
  "") ;;
  *) echo "$me: unknown option $1 (--help shows them)" >&2; exit 2 ;;
esac

passed=0 failed=0 failures=()
# count NAME STATUS: one check that is no ctest of its own.
count() { if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); failures+=("$1"); fi; }

# run_ctest NAME FOLDER [COMMAND-PREFIX...]: adds up what ctest reports; a run without tests is a failure.
run_ctest() {
  local name="$1" folder="$2" log="$2/ctest.log" summary bad all
  shift 2
  "$@" ctest --test-dir "$folder" --output-on-failure --no-tests=error -j 1 2>&1 | tee "$log" || true
  summary=$(grep -E '[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+' "$log" || true)
  if [ -z "$summary" ]; then count "$name: no tests ran" 1; return 0; fi
  bad=$(sed -E 's/.*, ([0-9]+) tests failed.*/\1/' <<<"$summary") all=$(sed -E 's/.* out of ([0-9]+).*/\1/' <<<"$summary")
  passed=$((passed + all - bad)) failed=$((failed + bad))
  while read -r test; do failures+=("$name: $test"); done < <(sed -nE 's/^[[:space:]]*[0-9]+ - (.*) \((.*)\).*/\1 (\2)/p' "$log")
}

# has_target FOLDER TARGET
has_target() { ninja -C "$1" -t targets all 2>/dev/null | grep -q "^$2: "; }

sanitized_build() { "$root/scripts/setup.sh" --tests --no-build --build-dir "$1" "${@:2}" -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1"; }

release() {
  "$root/scripts/setup.sh" --tests
  say "Tests of the release build"
  run_ctest release "$root/build"
}

address_sanitizer() {
  say "Unit tests under address and undefined-behaviour sanitizers"
  sanitized_build "$root/build-asan" -DFXLOOM_SANITIZE=address,undefined
  cmake --build "$root/build-asan" -j "$(jobs)" || { count "asan: build" 1; return 0; }
  ASAN_OPTIONS="strict_string_checks=1:detect_stack_use_after_return=1:suppressions=$root/tests/suppressions/asan.txt" \
    LSAN_OPTIONS="suppressions=$root/tests/suppressions/lsan.txt:print_suppressions=0" UBSAN_OPTIONS=print_stacktrace=1 run_ctest asan "$root/build-asan"
}

# Runs a command with its addresses where they always are, if the machine allows that.
at_fixed_addresses() {
  if setarch "$(uname -m)" -R true 2>/dev/null; then setarch "$(uname -m)" -R "$@"; else "$@"; fi
}

# The programs whose tests start threads. gcc's thread sanitizer wants the addresses of programs not to be randomised too widely.
thread_sanitizer() {
  say "Threading tests under the thread sanitizer"
  local folder="$root/build-tsan" targets=() target
  sanitized_build "$folder" -DFXLOOM_SANITIZE=thread
  for target in test_ir test_run test_layout test_lua test_gui; do if has_target "$folder" "$target"; then targets+=("$target"); fi; done
  if [ ${#targets[@]} -eq 0 ]; then count "tsan: no test program found" 1; return 0; fi
  cmake --build "$folder" -j "$(jobs)" --target "${targets[@]}" || { count "tsan: build" 1; return 0; }
  for target in "${targets[@]}"; do
    local status=0
    (cd "$root" && TSAN_OPTIONS="halt_on_error=1:suppressions=$root/tests/suppressions/tsan.txt" at_fixed_addresses "$folder/$target" --gtest_brief=1) || status=$?
    count "tsan: $target" "$status"
  done
}

# Each from the samples (those that are small), 4,000 inputs from a fixed seed, so that a failure is this change's: the order of the seeds
# and the addresses, which the fuzzer uses as words, are fixed too. Run them longer by hand.
fuzzers() {
  say "Fuzzers"
  if ! command -v clang++ >/dev/null; then note "there is no clang++: left out"; return 0; fi
  local folder="$root/build-fuzz" seeds fuzzer status
  "$root/scripts/setup.sh" --tests --no-build --build-dir "$folder" -DFXLOOM_FUZZ=ON -DFXLOOM_WINDOW=OFF -DCMAKE_CXX_COMPILER=clang++ \
    -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1"
  cmake --build "$folder" -j "$(jobs)" --target fuzzers || { count "fuzz: build" 1; return 0; }
  seeds="$folder/seeds"
  mkdir -p "$seeds"
  find "$root/samples" "$root/tests/golden" -type f -size -64k -exec cp -t "$seeds" {} +
  find "$seeds" -type f | LC_ALL=C sort | paste -sd, >"$folder/seeds.list"
  for fuzzer in "$folder"/fuzz_*; do
    [ -x "$fuzzer" ] || continue
    status=0
    mkdir -p "$folder/found" "$folder/corpus-$(basename "$fuzzer")"
    (cd "$folder/found" && at_fixed_addresses "$fuzzer" -seed=1 -runs=4000 -max_total_time=60 -rss_limit_mb=4096 -timeout=10 -max_len=65536 -verbosity=0 -print_final_stats=1 -close_fd_mask=1 \
      "-seed_inputs=@$folder/seeds.list" "$folder/corpus-$(basename "$fuzzer")" 2>&1 | grep -vE '^(INFO|stat::(new_units|slowest|peak))|# Uses: |^#+ ' ; exit "${PIPESTATUS[0]}") || status=$?
    count "fuzz: $(basename "$fuzzer")" "$status"
  done
}

started=$SECONDS
cd "$root"
release
if [ "$quick" = no ]; then
  address_sanitizer
  thread_sanitizer
  fuzzers
fi
say "Result, after $(((SECONDS - started) / 60)) min $(((SECONDS - started) % 60)) s"
for failure in "${failures[@]:+${failures[@]}}"; do note "failed: $failure"; done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] || { trap - ERR; exit 1; }
