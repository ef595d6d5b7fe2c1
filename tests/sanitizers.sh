#!/bin/sh
# The runtime and generated code under AddressSanitizer and ThreadSanitizer, and the runtime's portable path under Miri, which
# also finds undefined behaviour. Needs the nightly tool chain with rust-src and miri:
#
#   rustup component add rust-src miri --toolchain nightly
#   tests/sanitizers.sh [address] [thread] [miri]
#
# The standard library is built with the same sanitizer, so that what it synchronises is seen.
set -eu
cd "$(dirname "$0")/.."
triple=$(rustc -vV | sed -n 's/^host: //p')
out=$PWD/target/sanitizers
# Its project is left there by the test of the same name: direct and Winograd kernels, pools, products, on 1 to 7 threads.
threads=$PWD/target/tmp/threads

[ -d "$threads" ] || cargo test --release --workspace --locked --test threads

run() {
    RUSTFLAGS="-Zsanitizer=$1" CARGO_TARGET_DIR="$out/$1" cargo +nightly "$2" -Zbuild-std --target "$triple" $3
}

for check in ${*:-address thread miri}; do
    echo "== $check"
    case $check in
    miri)
        # Files are read only without isolation. Not for Miri: symbols of an assembler, threads that spin, memory that is
        # short.
        MIRIFLAGS="-Zmiri-disable-isolation -Zmiri-ignore-leaks" cargo +nightly miri test --target-dir "$out/miri" \
            --package tilewright-runtime --lib -- --skip both_ways_embed --skip a_loaded_core --skip too_little_memory
        ;;
    *)
        # Tests leak on purpose what must live for ever, ask for more memory than there is, and wait for SIGBUS; the
        # program below does not.
        (
            export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:handle_sigbus=0
            export TSAN_OPTIONS=allocator_may_return_null=1:handle_sigbus=0
            run "$check" test "--package tilewright-runtime --all-features --lib --tests"
            run "$check" test "--package tilewright-two-models --lib --tests"
        )
        (
            cd "$threads/threads"
            run "$check" build "--profile light"
            # ThreadSanitizer has a thread of its own.
            alone=$([ "$check" = thread ] && echo 2 || echo 1)
            "$out/$check/$triple/light/threads" "$threads/threads.bin" 3 "$alone"
        )
        ;;
    esac
done
echo "nothing was found"
