#!/bin/bash
# One flipped bit anywhere in an archive is found, repaired from a medium, and never taken for right: packs, journal, catalogue,
# the signed files of the medium.
# Bytes of the catalogue that mean nothing (unused parts of pages, statistics) may differ without being told: there the
# archive must answer as before, and a rebuilt catalogue be the same.
# With 20000 flips it is the long run; they are spread evenly over the bytes.
# usage: bitflip.sh PROGRAM TESTPKI [FLIPS]
set -u
program=$1 testpki=$2 flips=${3:-60}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0
night=2026-11-22T02:00:00Z

fail() {
	echo "$*"
	status=1
}

answers() { # what the archive says of every document, and the documents
	"$program" -C "$1" find --json --limit 0 2>/dev/null | sed -e 's/"record":[0-9]*,//' | sort
}

"$testpki" make "$work/pki" >/dev/null || exit 1
"$program" --at "$night" init "$work/good" >/dev/null
cp "$work"/pki/trust/* "$work/good/trust/"
sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^offline = .*/offline = yes/' -e 's/^same_device = .*/same_device = yes/' \
	-e "s|^media = .*|media = $work/medium|" "$work/good/ltvault.conf"
mkdir "$work/medium"
find "$work/pki/samples" -type f -name '*.p*' | sort | head -n 24 | xargs -I{} cp {} "$work/good/spool/in/"
"$program" --at "$night" -C "$work/good" media init "$work/medium" --label first >/dev/null || exit 1
"$program" --at "$night" -C "$work/good" nightly >"$work/out" 2>&1
"$program" -C "$work/good" fsck --deep >"$work/out" 2>&1 || fail "the archive before any flip: $(tail -n 3 "$work/out")"
answers "$work/good" >"$work/rows"
[ "$(wc -l <"$work/rows")" -ge 10 ] || fail 'too few documents'
cp -a "$work/medium" "$work/kept"
[ $status -eq 0 ] || exit 1
python3 "$(dirname "$0")/bitflip.py" "$program" "$work" "$flips"
