#!/bin/bash
# Every command is killed at, or refused, the n-th call that changes the disk, for each n. Afterwards the archive checks clean,
# no document is missing, the same command finishes, the archive says what it says without a fault, and no authority was
# asked again for a time-stamp that is there already.
# usage: each-step.sh PROGRAM TESTPKI RESPONDERS PRELOAD [POINTS [COMMAND...]]
# POINTS of each command, evenly spread, are tried; 0: all of them. The time: about 2 s a point. The row `seal` needs a pack of
# 1 GiB, takes longer, and is only tried when it is named.
set -u
program=$1 testpki=$2 responders=$3 preload=$4 points=${5:-0}
shift $(($# < 5 ? $# : 5))
chosen=" $* "
for tool in curl awk; do
	command -v $tool >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
work=$(mktemp -d)
trap '[ -z "$server" ] || kill $server; rm -rf "$work"' EXIT
# shellcheck source=fault_world.sh
. "$(dirname "$0")/fault_world.sh"
world

# States in which commands begin. The place is always the same: the configuration names the media by their paths.
place=$work/here
state() { # NAME: what is there now is called that
	mkdir -p "$work/states"
	cp -a --reflink=auto "$place" "$work/states/$1"
}
back_to() {
	rm -rf "$place"
	cp -a --reflink=auto "$work/states/$1" "$place"
}

mkdir "$place"
archive "$place"
mkdir "$place/carried"
cp "$work"/pki/evidence/{sub-g2.crt,sub-g2.crl,root-g2.crl,chairman.ocsp} "$place/carried/"
cp "$work"/pki/samples/{15-QD-UBND.pdf,15-QD-UBND.pdf.json,16-QD-UBND.pdf,40-QD-UBND-tampered.pdf,31-KH-UBND-so-lieu.txt} "$place/a/spool/in/"
mkdir "$place/m3"
state full
run -C "$place/a" ingest
state taken-in
cp "$work"/pki/samples/{75-du-lieu.txt,75-du-lieu.txt.p7s,76-BC-UBND.p7m} "$place/a/spool/in/"
run -C "$place/a" ingest
state signed
back_to taken-in
run -C "$place/a" evidence create
state stamped
run -C "$place/a" nightly
run -C "$place/a" backup "$place/m2"
state night
mkdir "$place/o"
run -C "$place/a" media init "$place/o" --label discs --kind optical --images 20MB
state imaged
back_to night
# One byte of a document, in the archive alone.
printf X | dd of="$place/a/packs/000001.tar" bs=1 seek=3000 conv=notrunc 2>/dev/null
state damaged
run -C "$place/a" scrub --all
state told
# The same with no copy anywhere that is good.
for medium in m1 m2; do printf X | dd of="$place/$medium/packs/000001.tar" bs=1 seek=3000 conv=notrunc 2>/dev/null; done
run -C "$place/a" fsck --deep
bad=$(grep -o 'sha256:[0-9a-f]*' "$work/out" | head -n 1)
state bereft
# A damaged journal; no catalogue; no journal, and no medium that has it.
back_to night
printf 'more than one bit' | dd of="$place/a/journal/000001.log" bs=1 seek=1000 conv=notrunc 2>/dev/null
state torn
back_to night
rm -rf "$place/a/catalogue"
state without
back_to night
rm -rf "$place"/a/journal/*.log "$place"/m1/* "$place"/m2/*
state lost
# No journal, and media that end before the newest document.
back_to night
cp "$work"/pki/samples/75-du-lieu.txt "$place/a/spool/in/"
run -C "$place/a" ingest
rm -rf "$place"/a/journal/*.log
state severed
# Four generations on a medium of which the next backup leaves one.
back_to night
for _ in 1 2 3; do run -C "$place/a" backup "$place/m1"; done
sed -i -e 's/^verified = .*/verified = 1/' -e 's/^\(daily\|weekly\|monthly\|yearly\) = .*/\1 = 0/' "$place/a/ltvault.conf"
state aged
# A pack that has all but reached its bound: the next documents close it and seal it. Zeros take no room.
if [[ $chosen == *' seal '* ]]; then
	back_to full
	truncate -s $((1024 * 1024 * 1024 - 20000)) "$work/zeros"
	run -C "$place/a" ingest --defer "$work/zeros"
	rm "$work/zeros"
	fallocate -d "$place/a/packs/000001.tar"
	state nearly
fi

# One row a command: name, state, may it have findings (exit status 1 or 3) without a fault, the command.
table='
nightly   full     nightly
ingest    full     ingest
create    taken-in evidence create
extend    taken-in extend 1 2
cms       signed   extend 6 7
renew     stamped  evidence renew --all
rehash    stamped  evidence renew --hash SHA3-512
verify    night    verify --all --deep
scrub     night    scrub --all
found     damaged  scrub --all
backup    taken-in backup @/m1
second    stamped  backup @/m2
reread    night    backup --full @/m1
expiry    aged     backup @/m1
image     imaged   backup @/o
media     taken-in media init @/m3 --label third
out       night    media out first --to elsewhere
retire    night    media retire first
repair    told     repair --all
mend      damaged  nightly
accept    bereft   repair --accept-loss %
heal      torn     repair --all
import    taken-in import-evidence @/carried
rebuild   night    rebuild
remake    without  rebuild
salvage   lost     rebuild --salvage
goback    severed  repair --fork
search    night    rebuild --search
drill     night    drill @/m1
restore   night    =restore @/m2 @/again
replace   night    =restore --replace --fork @/m2 @/a
one       night    =restore --record 1 @/m1 @/one
init      night    =init @/new
export    night    export --all -o @/release.zip
report    night    report --format html -o @/report.html
seal      nearly   ingest
'

command_line() { # of the row: the words in `words`
	words=()
	local word
	[ "${1:0:1}" = = ] || words=(-C "$place/a")
	for word; do
		word=${word//@/$place}
		words+=("${word//%/$bad}")
	done
	[ "${1:0:1}" != = ] || words[0]=${1:1}
}

faulty() { # N ERROR STAY KIND COMMAND...: its exit status
	local n=$1 error=$2 stay=$3 kind=$4
	shift 4
	{
		timeout -k 5 120 env FAULT_UNDER="$place" FAULT_AT="$n" FAULT_ERROR="$error" FAULT_STAY="$stay" FAULT_KIND="$kind" \
			FAULT_COUNT="$work/count" LD_PRELOAD="$preload" "$program" --at "$night" "$@" >"$work/said.txt" 2>&1 </dev/null
	} 2>/dev/null # bash tells of what was killed
}

# What a part of a result would be: files that stand under their name, and must be whole or not there.
remove_results() { rm -rf "$place/release.zip" "$place/report.html" "$place/again" "$place/again.restoring" "$place/a.restoring" "$place/one"; }

# After a fault: clean as far as it was before, nothing lost; then again without one.
holds() { # STATE WHEN
	case $1 in damaged | told | bereft | torn | without | lost | severed) ;; *) clean "$place/a" "$2" ;; esac
	if [ "$1" = lost ] || [ "$1" = severed ]; then # until records are made of them, documents are in the packs alone
		cat "$place"/a/packs/*.tar | tar -itf - | sed -n 's|^sha256/||p' | sort >"$work/have"
	else
		originals "$place/a" >"$work/have"
	fi
	comm -23 "$work/states/$1.originals" "$work/have" | grep -q . && fail "$2: a document is missing"
	cat <(find "$place"/a/spool/{in,done,refused} -type f ! -name '*.json' -exec sha256sum {} + | cut -d' ' -f1) "$work/have" | sort -u >"$work/all"
	comm -23 "$work/states/$1.given" "$work/all" | grep -q . && fail "$2: a source is gone and not in the archive"
	[ ! -e "$place/report.html" ] || grep -q '</html>' "$place/report.html" || fail "$2: a part of a report stands under its name"
	[ ! -e "$place/again/ltvault.conf" ] || clean "$place/again" "$2: restored"
	[ ! -e "$place/release.zip" ] || python3 -m zipfile -t "$place/release.zip" >/dev/null 2>&1 || fail "$2: a part of an export stands under its name"
}

one_point() { # NAME STATE N ERROR STAY KIND COMMAND...
	local name=$1 state=$2 n=$3 error=$4 stay=$5 kind=$6 before got when
	shift 6
	when="$name, ${kind} $n, ${error:-killed}"
	back_to "$state"
	before=$(asked)
	faulty "$n" "$error" "$stay" "$kind" "$@"
	got=$?
	if [ -z "$error" ]; then
		[ $got -eq 137 ] || fail "$when: exit status $got: $(tail -n 2 "$work/said.txt")"
	else
		[ $got -le 4 ] || fail "$when: exit status $got: $(tail -n 2 "$work/said.txt")"
		# A fault that the command did not need is not always told, but then its work is done.
		[ $got -gt 0 ] || { [ "$name" = media ] || holds_result "$name" "$when"; }
	fi
	holds "$state" "$when"
	remove_results
	run "$@"
	got=$?
	[ $got -eq "$wanted" ] || [ $got -eq "$first" ] || { [ "$name" = media ] && [ $got -le 4 ]; } || { [ "$name" = retire ] && [ $got -le 2 ]; } ||
		fail "$when: again: exit status $got, not $first or $wanted: $(grep -v level=info "$work/out" | tail -n 2)"
	[ $(($(asked) - before)) -le $((most + 1)) ] || fail "$when: the authority was asked $(($(asked) - before)) times, not $((most + 1))"
	rows "$place/a" >"$work/rows"
	cmp -s "$work/rows" "$work/rows.$name" || fail "$when: another archive than without a fault: $(diff "$work/rows" "$work/rows.$name" | head -n 3)"
	case $state in damaged | told | bereft) ;; *) clean "$place/a" "$when, again" ;; esac
	[ "$name" != init ] || clean "$place/new" "$when, again"
	[ "$name" != seal ] || [ ! -w "$place/a/packs/000001.tar" ] || [ "$(stat -c %a "$place/a/packs/000001.tar")" = 444 ] ||
		fail "$when, again: the pack is not sealed"
	[ "$name" != image ] || images_hold "$when, again"
	[ "$name" != expiry ] || [ "$(snapshots)" -eq "$kept" ] || fail "$when, again: $(snapshots) generations with a catalogue, not $kept"
	for medium in m1 m2; do
		[ "$state" != bereft ] || continue
		[ -e "$place/$medium/packs" ] && [ "$name" != retire ] || continue
		clean "$place/$medium" "$when, again"
		[ -e "$place/$medium/INCOMPLETE" ] || (cd "$place/$medium" && sha256sum --quiet -c SHA256SUMS >"$work/out" 2>&1) ||
			fail "$when, again: the list of $medium is not true: $(head -n 2 "$work/out")"
	done
}

# No part is left, what the ledger has is what is there, and it gives the archive back.
images_hold() { # WHEN
	! ls "$place/o/images" | grep -q part || fail "$1: a part of an image is left"
	"$program" -C "$place/a" media show discs --json >"$work/out" || fail "$1: media show"
	sed -n -e 's/.*"file": "\(.*\)".*/\1/p' -e 's/.*"sha256": "\(.*\)".*/\1/p' "$work/out" | paste - - | awk '{print $2 "  " $1}' >"$work/list"
	[ -s "$work/list" ] && (cd "$place/o" && sha256sum --quiet -c "$work/list") >"$work/out" 2>&1 || fail "$1: an image is not what the ledger says: $(cat "$work/out")"
	run restore "$place/o" "$place/again" || fail "$1: the images do not give the archive back: $(tail -n 2 "$work/out")"
	clean "$place/again" "$1: restored from images"
	rm -rf "$place/again"
}

snapshots() { find "$place/m1/generations" -name 'catalogue.mdb*' 2>/dev/null | wc -l; }

holds_result() { # NAME WHEN: a command that says that all is well has made what it had to
	case $1 in
	export) [ -e "$place/release.zip" ] || fail "$2: status 0 without a release" ;;
	report) [ -e "$place/report.html" ] || fail "$2: status 0 without a report" ;;
	restore) [ -e "$place/again/ltvault.conf" ] || fail "$2: status 0 without an archive" ;;
	esac
}

tried=0
while read -r name state line; do
	[ -n "$name" ] || continue
	[ "$chosen" = '  ' ] && [ "$name" != seal ] || [[ $chosen == *" $name "* ]] || continue
	if [ ! -e "$work/states/$state.originals" ]; then
		originals "$work/states/$state/a" >"$work/states/$state.originals"
		find "$work/states/$state"/a/spool -type f ! -name '*.json' ! -path '*/outbox/*' -exec sha256sum {} + | cut -d' ' -f1 | sort -u >"$work/states/$state.given"
	fi
	# shellcheck disable=SC2086
	command_line $line
	# Without a fault, twice: what it comes to, how many calls there are, how often the authority is asked.
	back_to "$state"
	before=$(asked)
	rm -f "$work/count"
	faulty 0 '' '' change "${words[@]}"
	first=$?
	steps=$(cat "$work/count")
	[ "${steps:-0}" -gt 0 ] || { fail "$name: no call was seen: $(tail -n 2 "$work/said.txt")"; continue; }
	remove_results
	run "${words[@]}"
	wanted=$?
	most=$(($(asked) - before))
	rows "$place/a" >"$work/rows.$name"
	kept=$(snapshots)
	stride=$((points ? (steps + points - 1) / points : 1))
	for ((n = 1 + tried * 7919 % stride; n <= steps; n += stride)); do
		one_point "$name" "$state" $n '' '' change "${words[@]}"
		tried=$((tried + 1))
		[ "$points" -ne 0 ] || one_point "$name" "$state" $n 28 yes change "${words[@]}" # ENOSPC
	done
	echo "$name: $steps calls, $most time-stamps"
done <<<"$table"
[ $tried -gt 0 ] || fail 'nothing was tried'
exit $status
