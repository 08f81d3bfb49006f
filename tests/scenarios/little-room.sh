#!/bin/bash
# Each command that writes meets a disk with little room: so many KB, from none to more than it needs. It says what had no room and has
# status 4, or needs no more; the archive is clean and answers, nothing is lost; with room the same command ends as on a large disk.
# usage: little-room.sh PROGRAM TESTPKI RESPONDERS [STEP [COMMAND...]]   STEP: every so many of the sizes, 1: all
set -u
if [ "${LTVAULT_OWN_MOUNTS:-}" != yes ]; then
	if ! unshare --mount mount -t tmpfs none /mnt 2>/dev/null; then
		echo 'skipped: mounting a small file system needs root'
		exit 77
	fi
	LTVAULT_OWN_MOUNTS=yes exec unshare --mount "$0" "$@"
fi
program=$1 testpki=$2 responders=$3 stride=${4:-1}
shift $(($# < 4 ? $# : 4))
chosen=" $* "
command -v curl >/dev/null || { echo 'skipped: curl is not installed'; exit 77; }
work=$(mktemp -d)
trap '[ -z "$server" ] || kill $server; umount "$work/here" 2>/dev/null; rm -rf "$work"' EXIT
# shellcheck source=fault_world.sh
. "$(dirname "$0")/fault_world.sh"
world
place=$work/here

mkdir "$place" "$work/states"
mount -t tmpfs -o size=64m none "$place"
archive "$place"
cp "$work"/pki/samples/{15-QD-UBND.pdf,15-QD-UBND.pdf.json,16-QD-UBND.pdf,40-QD-UBND-tampered.pdf,31-KH-UBND-so-lieu.txt} "$place/a/spool/in/"
state() { cp -a "$place" "$work/states/$1"; }
back_to() {
	find "$place" -mindepth 1 -delete
	cp -a "$work/states/$1/." "$place"
}
state full
run -C "$place/a" ingest
state taken-in
run -C "$place/a" evidence create
state stamped
run -C "$place/a" nightly
run -C "$place/a" backup "$place/m2"
state night
printf X | dd of="$place/a/packs/000001.tar" bs=1 seek=3000 conv=notrunc 2>/dev/null
run -C "$place/a" scrub --all
state told
back_to night
printf 'more than one bit' | dd of="$place/a/journal/000001.log" bs=1 seek=1000 conv=notrunc 2>/dev/null
state torn
back_to night
rm -rf "$place"/a/journal/*.log "$place"/m1/* "$place"/m2/*
state lost

table='
nightly  full     nightly
ingest   full     ingest
create   taken-in evidence create
extend   taken-in extend 1 2
renew    stamped  evidence renew --all
rehash   stamped  evidence renew --hash SHA3-512
verify   night    verify --all --deep
scrub    night    scrub --all
backup   taken-in backup @/m1
second   stamped  backup @/m2
repair   told     repair --all
heal     torn     repair --all
rebuild  night    rebuild
salvage  lost     rebuild --salvage
drill    night    drill @/m1
restore  night    =restore @/m2 @/again
export   night    export --all -o @/release.zip
report   night    report --format html -o @/report.html
'

command_line() {
	words=()
	local word
	[ "${1:0:1}" = = ] || words=(-C "$place/a")
	for word; do words+=("${word//@/$place}"); done
	[ "${1:0:1}" != = ] || words[0]=${1:1}
}
remove_results() { rm -rf "$place/release.zip" "$place/report.html" "$place/again" "$place/again.restoring"; }
no_room() { grep -qE 'No space left on device|no space left|disk is full|MDB_MAP_FULL' "$work/out"; }

# Leaves so many KB, in pages of 4 KB; a page is lost to each name.
leave() {
	local free
	free=$(df --output=avail -k "$place" | tail -n 1)
	[ "$free" -le "$1" ] || head -c $(((free - $1) * 1024)) /dev/zero >"$place/ballast" 2>/dev/null
}

full=0 tried=0
sizes=(0 4 8 16 28 44 64 92 128 180 250 350 500 700 1000 1400 2000)
while read -r name state line; do
	[ -n "$name" ] || continue
	[ "$chosen" = '  ' ] || [[ $chosen == *" $name "* ]] || continue
	# shellcheck disable=SC2086
	command_line $line
	back_to "$state"
	originals "$work/states/$state/a" >"$work/there"
	run "${words[@]}"
	wanted=$?
	remove_results
	run "${words[@]}"
	again=$?
	rows "$place/a" >"$work/rows"
	met=0
	for ((i = tried++ % stride; i < ${#sizes[@]}; i += stride)); do
		when="$name, ${sizes[i]} KB"
		back_to "$state"
		leave "${sizes[i]}"
		run "${words[@]}"
		got=$?
		if [ $got -eq 4 ]; then
			met=$((met + 1))
			no_room || fail "$when: status 4 without the reason: $(grep -v level=info "$work/out" | tail -n 3)"
		elif [ $got -ne "$wanted" ] && [ $got -gt 1 ] && ! { [ $got -eq 3 ] && [ "$state" = torn ]; }; then
			fail "$when: exit status $got: $(grep -v level=info "$work/out" | tail -n 3)"
		fi
		case $state in
		told | torn | lost) ;;
		*)
			clean "$place/a" "$when"
			originals "$place/a" >"$work/have"
			comm -23 "$work/there" "$work/have" | grep -q . && fail "$when: a document is missing"
			;;
		esac
		[ $got -eq 4 ] && [ -e "$place/release.zip" ] && fail "$when: a part of an export stands under its name"
		[ ! -e "$place/report.html" ] || grep -q '</html>' "$place/report.html" || fail "$when: a part of a report stands under its name"
		[ $got -eq 4 ] && [ -e "$place/again/ltvault.conf" ] && fail "$when: a part of a restored archive looks like an archive"
		rm -f "$place/ballast"
		remove_results
		run "${words[@]}"
		got=$?
		[ $got -eq "$wanted" ] || [ $got -eq "$again" ] || fail "$when, with room: exit status $got: $(grep -v level=info "$work/out" | tail -n 3)"
		rows "$place/a" | cmp -s - "$work/rows" || fail "$when, with room: another archive than on a large disk: $(rows "$place/a" | diff - "$work/rows" | head -n 3)"
		[ "$state" = told ] || clean "$place/a" "$when, with room"
	done
	full=$((full + met))
	echo "$name: the disk was full $met times of $i"
done <<<"$table"
[ $full -gt 0 ] || fail 'the disk was never full'
exit $status
