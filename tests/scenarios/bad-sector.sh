#!/bin/bash
# A sector that the disk does not give costs the one object that lies in it, is told as unreadable, and comes back from a
# medium. Without a medium it is named first in the report until its loss is accepted.
# usage: bad-sector.sh PROGRAM TESTPKI PRELOAD
set -u
program=$1 preload=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0
night=2026-11-22T02:00:00Z

fail() {
	echo "$*"
	status=1
}

archive() { # FOLDER
	"$program" --at "$night" init "$1" >/dev/null
	sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^offline = .*/offline = yes/' -e 's/^same_device = .*/same_device = yes/' "$1/ltvault.conf"
	for i in 1 2 3 4 5 6; do
		head -c 20000 /dev/zero | tr '\0' "$i" >"$1/spool/in/$i.pdf"
	done
	"$program" --at "$night" -C "$1" ingest >/dev/null 2>&1
}

bad() { # COMMAND...: with the bad sector
	LD_PRELOAD=$preload LTV_BAD_FILE=$work/a/packs/000001.tar LTV_BAD_SECTOR=$sector "$program" --at "$night" -C "$work/a" "$@"
}

archive "$work/a"
# A sector in the middle of the document of threes, wherever that was put.
sector=$(grep -obUa 3333333333 "$work/a/packs/000001.tar" | head -n 1 | cut -d: -f1)
sector=$((sector + 8192))
cp -a "$work/a/packs/000001.tar" "$work/good.tar"

bad scrub --json >"$work/json" 2>"$work/err"
[ $? -eq 3 ] || fail "scrub: not told: $(cat "$work/json" "$work/err")"
grep -q '"unreadable":1' "$work/json" || fail "scrub: $(cat "$work/json")"
objects=$(sed 's/.*"objects":\([0-9]*\).*/\1/' "$work/json") held=$(sed 's/.*"objects_held":\([0-9]*\).*/\1/' "$work/json")
[ "$objects" -eq $((held - 1)) ] || fail "one sector cost $((held - objects)) objects"

bad repair >"$work/out" 2>&1
[ $? -eq 3 ] || fail "repair without a medium: $(cat "$work/out")"
"$program" --at "$night" -C "$work/a" report >"$work/report" 2>/dev/null
head -n 1 "$work/report" | grep -q 'NO GOOD COPY IS LEFT of 1 objects: record' || fail "the report's first line: $(head -n 1 "$work/report")"

cp -a "$work/a" "$work/b" # for the decision below
mkdir "$work/copy" "$work/copy/packs" && cp "$work/good.tar" "$work/copy/packs/000001.tar"
bad repair --from "$work/copy" >"$work/out" 2>&1 || fail "repair from a copy: $(cat "$work/out")"
cmp -s "$work/a/packs/000001.tar" "$work/good.tar" || fail 'the repaired pack is not what it was'
[ -n "$(ls "$work/a/damaged")" ] || fail 'the damaged pack was not set aside'
"$program" -C "$work/a" fsck --deep >"$work/out" || fail "after the repair: $(cat "$work/out")"
"$program" --at "$night" -C "$work/a" report >"$work/report" 2>/dev/null
grep -q 'NO GOOD COPY' "$work/report" && fail 'the report still names what was repaired'

# The other end: nobody has it.
mv "$work/a" "$work/repaired" && mv "$work/b" "$work/a"
record=$(sed 's/.*record \([0-9]*\).*/\1/' "$work/report" | head -n 1)
record=$("$program" -C "$work/a" report --format json 2>/dev/null | sed 's/.*"lost":{"rows":\[{[^]]*"record":\([0-9]*\).*/\1/')
bad repair --accept-loss "$record" --reason 'nobody has it' >"$work/out" 2>&1 || fail "accept-loss: $(cat "$work/out")"
"$program" --at "$night" -C "$work/a" report >"$work/report" 2>/dev/null
grep -q 'NO GOOD COPY' "$work/report" && fail 'the report still asks for a decision'
grep -q 'accepted as lost *1' "$work/report" || fail "the report forgets the loss: $(cat "$work/report")"
"$program" -C "$work/a" fsck --deep >"$work/out" || fail "after the decision: $(cat "$work/out")"
"$program" --at "$night" -C "$work/a" scrub --all >"$work/out" 2>&1 || fail "scrub after the decision: $(cat "$work/out")"
# The same bytes come again: it is no longer lost.
head -c 20000 /dev/zero | tr '\0' 3 >"$work/a/spool/in/again.pdf"
"$program" --at "$night" -C "$work/a" ingest >"$work/out" 2>&1
"$program" --at "$night" -C "$work/a" report >"$work/report" 2>/dev/null
grep -q 'accepted as lost *0' "$work/report" || fail "taken in again, and still lost: $(grep lost "$work/report")"
exit $status
