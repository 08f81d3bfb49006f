#!/bin/bash
# The journal is gone, and the only medium with one is older than the newest document: no command takes the medium's journal for all of it
# and cuts the packs back to it. What comes of it without and with --fork, with a catalogue and without one.
# usage: journal-lost.sh PROGRAM TESTPKI RESPONDERS
set -u
program=$1 testpki=$2 responders=$3
command -v curl >/dev/null || { echo 'skipped: curl is not installed'; exit 77; }
work=$(mktemp -d)
trap '[ -z "$server" ] || kill $server; rm -rf "$work"' EXIT
# shellcheck source=fault_world.sh
. "$(dirname "$0")/fault_world.sh"
world
place=$work/here
mkdir "$place"
archive "$place"
cp "$work"/pki/samples/{15-QD-UBND.pdf,15-QD-UBND.pdf.json,31-KH-UBND-so-lieu.txt} "$place/a/spool/in/"
run -C "$place/a" nightly
cp "$work"/pki/samples/40-QD-UBND-tampered.pdf "$place/a/spool/in/"
run -C "$place/a" ingest
originals "$place/a" >"$work/before"
[ "$(wc -l <"$work/before")" -eq 3 ] || fail 'not three documents'
cp -a "$place" "$work/kept"

expect() { # STATUS TEXT COMMAND...
	local wanted=$1 text=$2
	shift 2
	run "$@"
	local got=$?
	[ $got -eq "$wanted" ] || fail "$case, $*: exit status $got, not $wanted: $(tail -n 2 "$work/out")"
	grep -q -- "$text" "$work/out" || fail "$case, $*: does not say \"$text\": $(tail -n 2 "$work/out")"
}

begin() { # NAME FOLDER...: without these
	case=$1
	shift
	rm -rf "$place"
	cp -a "$work/kept" "$place"
	local folder
	for folder; do rm "$place/a/$folder"/*; done
}

all_there() {
	originals "$place/a" | cmp -s - "$work/before" || fail "$case: not the documents of before"
	clean "$place/a" "$case"
	run -C "$place/a" nightly
	[ $? -le 1 ] || fail "$case: the next night: $(grep -v level=info "$work/out" | tail -n 2)"
	clean "$place/a" "$case, after the next night"
	clean "$place/m1" "$case, the medium"
}

begin 'no journal' journal
expect 3 'ltvault repair --fork' -C "$place/a" repair
expect 3 'ltvault repair --fork' -C "$place/a" nightly
expect 3 'no events' -C "$place/a" rebuild
expect 2 'knows of event' restore --replace "$place/m1" "$place/a"
cmp -s "$place/a/packs/000001.tar" "$work/kept/a/packs/000001.tar" || fail "$case: the pack was changed"
expect 0 'event=salvaged' -C "$place/a" repair --fork
"$program" -C "$place/a" report --json >"$work/report" 2>&1 # the note is in the journal
grep -q forked "$work/report" || grep -aq '"known_events"' "$place"/a/journal/*.log || fail "$case: the journal does not say what was given up"
all_there
begin 'no journal, salvaged' journal
expect 0 rebuilt -C "$place/a" rebuild --salvage
all_there
begin 'neither journal nor catalogue' journal catalogue
expect 0 'event=salvaged' -C "$place/a" repair
all_there
begin 'a shorter journal' journal
cp "$place"/m1/journal/* "$place/a/journal/"
expect 3 'ltvault repair' -C "$place/a" rebuild
all=$(originals "$place/a")
[ "$all" = "$(cat "$work/before")" ] || fail "$case: the catalogue forgot a document"
begin 'a shorter journal than the medium, no catalogue' catalogue
head -c 3000 "$work/kept/a/journal/000001.log" >"$place/a/journal/000001.log"
expect 3 'ltvault repair --fork' -C "$place/a" repair
expect 0 'event=salvaged' -C "$place/a" repair --fork
all_there
begin 'a medium whose journal is not what was signed' journal catalogue
printf X | dd of="$place/m1/journal/000001.log" bs=1 seek=2000 conv=notrunc 2>/dev/null
expect 3 'rebuild --salvage' -C "$place/a" repair
cmp -s "$place/a/packs/000001.tar" "$work/kept/a/packs/000001.tar" || fail "$case: the pack was changed"
exit $status
