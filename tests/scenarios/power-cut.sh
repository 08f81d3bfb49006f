#!/bin/bash
# The power goes while the archive works. Its file system is an image on a loop device; what had reached the image at one moment
# is a reflinked copy of it, and what the file system still had in memory is lost with the power. Every copy is mounted and
# checked: the archive is consistent as it lies, what was acknowledged before that moment is there, the next night finishes and
# leaves archive and medium clean.
# The disk modelled keeps what it said it has written, in any order; one that lies about that is not modelled.
# usage: power-cut.sh PROGRAM TESTPKI RESPONDERS [CUTS [ext4|xfs|btrfs...]]
set -u
if [ "${LTVAULT_OWN_MOUNTS:-}" != yes ]; then
	if [ "$(id -u)" -ne 0 ] || ! unshare --mount true 2>/dev/null; then
		echo 'skipped: loop devices and mounts need root'
		exit 77
	fi
	LTVAULT_OWN_MOUNTS=yes exec unshare --mount "$0" "$@"
fi
program=$1 testpki=$2 responders=$3 cuts=${4:-3}
shift $(($# < 4 ? $# : 4))
PATH=$PATH:/usr/sbin:/sbin
for tool in curl losetup mkfs.ext4; do
	command -v $tool >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
work=$(mktemp -d -p /var/tmp)
loops=
load=
cleanup() {
	[ -z "$load" ] || { touch "$work/stop"; wait "$load" 2>/dev/null; }
	[ -z "$server" ] || kill "$server"
	umount "$work/place" 2>/dev/null
	for loop in $loops; do losetup -d "$loop" 2>/dev/null; done
	umount "$work/host" 2>/dev/null
	[ -z "${host_loop:-}" ] || losetup -d "$host_loop"
	rm -rf "$work"
}
trap cleanup EXIT
# shellcheck source=fault_world.sh
. "$(dirname "$0")/fault_world.sh"
place=$work/place
mkdir "$work/host" "$place"

# A file system that copies by reference, so that a copy of a file is what the file was at one moment.
host() {
	local kind
	truncate -s 3G "$work/host.img"
	host_loop=$(losetup --show -f "$work/host.img" 2>/dev/null) || { host_loop=; return 1; }
	for kind in xfs btrfs; do
		mkfs.$kind -q "$work/host.img" >/dev/null 2>&1 && mount -t $kind "$host_loop" "$work/host" 2>/dev/null && return
	done
	return 1
}
host || { echo 'skipped: no loop device, or no file system with copies by reference (xfs, btrfs)'; exit 77; }

options() { # KIND: how such a file system is mounted
	case $1 in
	ext4) echo data=ordered ;;
	xfs) echo nouuid ;; # a copy has the name of what is mounted already
	*) echo defaults ;;
	esac
}

disk() { # KIND: a new one at the place
	local size=192M loop
	[ "$1" != xfs ] || size=320M
	truncate -s $size "$work/host/disk"
	mkfs."$1" -q "$work/host/disk" >/dev/null 2>&1 || return 1
	loop=$(losetup --direct-io=on --show -f "$work/host/disk" 2>/dev/null) || return 1
	loops="$loops $loop"
	mount -t "$1" -o "$(options "$1")" "$loop" "$place" 2>/dev/null
}

# ---- the load ----

# A command, and once it has ended well what it has acknowledged by that.
step() { # ACKNOWLEDGES COMMAND...
	local says=$1
	shift
	cp "$work/given" "$work/given.before"
	timeout 120 "$program" --at "$night" -C "$place/a" "$@" >"$work/load.out" 2>&1 </dev/null
	local got=$?
	if [ $got -gt 1 ]; then
		echo "the load: $*: exit status $got: $(grep -v level=info "$work/load.out" | tail -n 2)" >>"$work/load.bad"
		touch "$work/stop"
		return
	fi
	{
		echo "$says"
		case $says in
		taken-in | backup) sed "s/^/$says /" "$work/given.before" ;;
		esac
	} >>"$work/acknowledged"
}

# Documents that nobody had before, and one that is larger than the writer's buffer.
deliver() {
	local i
	for i in 1 2 3 4; do
		number=$((number + 1))
		{ echo "document $number"; [ $i -ne 4 ] || head -c 1200000 /dev/urandom; } >"$work/document"
		sha256sum "$work/document" | cut -d' ' -f1 >>"$work/given"
		cp "$work/document" "$place/a/spool/in/$number.txt"
	done
}

loaded() {
	local number=0
	while [ ! -e "$work/stop" ]; do
		deliver
		step taken-in ingest
		deliver
		step backup nightly
		step extended extend 1
		step evidence evidence create
		step renewed evidence renew --all
		deliver
		step taken-in ingest
		step backup backup "$place/m1"
		step checked scrub --all
		[ "$number" -lt 100 ] || break # the disk is small
	done
}

# ---- the cuts ----

held() { # ARCHIVE: what was acknowledged before the cut, as far as this archive has it
	originals "$1" | comm -23 "$work/must" -
}

check() { # WHEN: in a name space of its own, the copy at the place
	local when=$1 said
	clean "$place/a" "$when, as it lies"
	sed -n 's/^[a-z-]* \([0-9a-f]\{64\}\)$/\1/p' "$work/told" | sort -u >"$work/must"
	[ -z "$(held "$place/a")" ] || fail "$when: acknowledged and not there: $(held "$place/a" | wc -l) documents"
	! grep -q '^evidence$' "$work/told" || run -C "$place/a" evidence show 1 || fail "$when: the evidence record is gone: $(tail -n 1 "$work/out")"
	! grep -q '^extended$' "$work/told" || run -C "$place/a" export 1 --revision latest -o "$work/newest" || fail "$when: the extended form is gone: $(tail -n 1 "$work/out")"
	rm -rf "$work/newest"
	run -C "$place/a" nightly
	said=$?
	[ $said -le 1 ] || fail "$when: the next night: exit status $said: $(grep -v level=info "$work/out" | tail -n 2)"
	clean "$place/a" "$when, after the next night"
	[ -z "$(held "$place/a")" ] || fail "$when: lost in the next night"
	[ -z "$(find "$place/a/spool/in" -type f -size +0 -name '*.txt')" ] || fail "$when: files are left in the spool"
	clean "$place/m1" "$when, the medium"
	(cd "$place/m1" && sha256sum --quiet -c SHA256SUMS >"$work/out" 2>&1) || fail "$when: the medium's manifest is not true: $(head -n 3 "$work/out")"
	sed -n 's/^backup \([0-9a-f]\{64\}\)$/\1/p' "$work/told" | sort -u >"$work/must"
	[ -z "$(held "$place/m1")" ] || fail "$when: backed up and not on the medium: $(held "$place/m1" | wc -l) documents"
	exit $status
}

cut_power() { # KIND NUMBER
	local loop said
	cp "$work/acknowledged" "$work/told" # before the copy: all of this had been said by then
	cp --reflink=always "$work/host/disk" "$work/host/copy" || { fail 'the copy failed'; return; }
	loop=$(losetup --show -f "$work/host/copy") || { fail 'no loop device for the copy'; return; }
	loops="$loops $loop"
	(
		trap - EXIT
		# shellcheck disable=SC2016
		unshare --mount bash -c '
			status=0
			mount -t "$1" -o "$2" "$3" "$4" || { echo "$5: the file system does not mount"; exit 1; }
			check "$5"' - "$1" "$(options "$1")" "$loop" "$place" "$1, cut $2 after $(wc -l <"$work/told") acknowledgements"
	)
	said=$?
	[ $said -eq 0 ] || status=1
	losetup -d "$loop"
	loops=${loops% "$loop"}
	rm -f "$work/host/copy"
}
export work program place night
export -f check held originals clean fail run

world
done_cuts=0
for kind in ${*:-ext4}; do
	if ! { disk "$kind"; }; then
		echo "$kind: not to be had here"
		continue
	fi
	: >"$work/given"
	: >"$work/acknowledged"
	rm -f "$work/stop"
	archive "$place"
	cp "$work"/pki/samples/{15-QD-UBND,16-QD-UBND,40-QD-UBND-tampered}.pdf "$place/a/spool/in/"
	sha256sum "$work"/pki/samples/15-QD-UBND.pdf | cut -d' ' -f1 >>"$work/given"
	run -C "$place/a" ingest # so that record 1 is one that can be extended
	sync -f "$place"         # what the shell made here is not the program's to keep
	loaded &
	load=$!
	for ((i = 1; i <= cuts; i++)); do
		sleep "0.$(printf %03d $((i * 617 % 997)))"
		if ! kill -0 "$load" 2>/dev/null; then # the disk was full of documents: begin again
			[ ! -e "$work/load.bad" ] || break
			wait "$load"
			rm -rf "$place"/a "$place"/m1 "$place"/m2
			: >"$work/given"
			: >"$work/acknowledged"
			archive "$place"
			cp "$work"/pki/samples/{15-QD-UBND,16-QD-UBND}.pdf "$place/a/spool/in/"
			run -C "$place/a" ingest
			sync -f "$place"
			loaded &
			load=$!
			sleep 1
		fi
		cut_power "$kind" "$i"
		done_cuts=$((done_cuts + 1))
	done
	touch "$work/stop"
	wait "$load"
	load=
	echo "$kind: $((i - 1)) cuts, $(wc -l <"$work/acknowledged") acknowledgements in the last archive"
	[ ! -e "$work/load.bad" ] || fail "$(cat "$work/load.bad")"
	umount "$place"
	for loop in $loops; do losetup -d "$loop"; done
	loops=
	rm -f "$work/host/disk"
done
[ $done_cuts -gt 0 ] || { echo 'skipped: none of the file systems is to be had here'; exit 77; }
echo "$done_cuts cuts"
exit $status
