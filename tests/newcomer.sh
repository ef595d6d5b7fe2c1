#!/bin/sh
# A new crate outside of the workspace, made of nothing but what README's section "In a build script" says: its commands are
# run, its code blocks are written to the files that they name, and the last command has to name the colours of a picture.
#
#   tests/newcomer.sh           with the crates that cargo has already
#   tests/newcomer.sh --cold    with an empty cargo home, so that everything is downloaded
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
if [ "${1-}" = --cold ]; then
    CARGO_HOME=$place/cargo-home
    # Where crates come from is the machine's choice, not part of what is shown.
    mkdir "$CARGO_HOME" && cp "${HOME}"/.cargo/config* "$CARGO_HOME" 2>/dev/null || true
    export CARGO_HOME
fi
ln -s "$root" "$place/tilewright"
start=$(date +%s)

# README as a shell script: commands as they are, other blocks as files.
awk '
    /^## / { on = ($0 == "## In a build script") }
    !on { next }
    /^```/ && kind == "" { kind = substr($0, 4); first = 1; next }
    /^```/ { if (kind != "console") print "BLOCK"; kind = ""; if (last) exit; next }
    kind == "console" && /^\$ / { print substr($0, 3); if (/cargo run/) last = 1 }
    kind == "toml" && first { print "sed -i \"/^\\[dependencies\\]$/d\" Cargo.toml"; print "cat >> Cargo.toml <<\"BLOCK\"" }
    kind == "rust" && first { print "cat > " $2 " <<\"BLOCK\"" }
    kind == "toml" || (kind == "rust" && !first) { print }
    { first = 0 }
' "$root/README.md" > "$place/steps.sh"

cd "$place"
printf '%s\n' 'set -eu' | cat - steps.sh > run.sh
sh run.sh | tee said
grep -Eq 'flower\.png: blue [0-9]+ %' said || { echo "that is not what was to be said" >&2; exit 1; }
echo "a new crate names colours after $(($(date +%s) - start)) s"
