#!/bin/bash
# Nights that go wrong around the program: a disk that reads or syncs badly, a medium that is pulled or a file system that becomes
# read-only in the middle, a clock that jumped back, a lock that a dead run left, two nights at once, and a medium on which every file is something else. Each ends in time with a
# documented exit status, and the archive is what it was or better.
# usage: odd-nights.sh PROGRAM TESTPKI RESPONDERS PRELOAD [POINTS]
set -u
if [ "${LTVAULT_OWN_MOUNTS:-}" != yes ] && unshare --mount true 2>/dev/null; then
	LTVAULT_OWN_MOUNTS=yes exec unshare --mount "$0" "$@"
fi
program=$1 testpki=$2 responders=$3 preload=$4 points=${5:-3}
command -v curl >/dev/null || { echo 'skipped: curl is not installed'; exit 77; }
work=$(mktemp -d)
cleanup() {
	[ -z "$server" ] || kill "$server"
	umount "$work/here" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
# shellcheck source=fault_world.sh
. "$(dirname "$0")/fault_world.sh"
world
place=$work/here
mkdir "$place"
archive "$place"
cp "$work"/pki/samples/{15-QD-UBND.pdf,16-QD-UBND.pdf,40-QD-UBND-tampered.pdf} "$place/a/spool/in/"
run -C "$place/a" nightly
cp "$work"/pki/samples/17-CT-UBND.pdf "$place/a/spool/in/"
cp -a "$place" "$work/state"
run -C "$place/a" nightly
rows "$place/a" >"$work/rows"
back() { rm -rf "$place" && cp -a "$work/state" "$place"; }

ends() { # NAME STATUS...: the last exit status, $got, is one of these
	local name=$1
	shift
	[[ " $* " == *" $got "* ]] || fail "$name: exit status $got, not one of: $*: $(grep -v level=info "$work/out" | tail -n 2)"
}
recovers() { # NAME
	clean "$place/a" "$1"
	run -C "$place/a" nightly
	got=$?
	ends "$1, the next night" 0 1
	rows "$place/a" | cmp -s - "$work/rows" || fail "$1: another archive than without a fault"
	clean "$place/a" "$1, the next night"
}

# ---- EIO ----
for kind in read sync; do
	back
	env FAULT_UNDER="$place" FAULT_AT=0 FAULT_KIND=$kind FAULT_COUNT="$work/count" LD_PRELOAD="$preload" "$program" --at "$night" -C "$place/a" nightly >"$work/out" 2>&1
	calls=$(cat "$work/count")
	[ "$calls" -gt 10 ] || fail "$kind: only $calls calls were seen"
	for ((i = 0; i < points; i++)); do
		back
		n=$((1 + (2 * i + 1) * calls / (2 * points)))
		timeout -k 5 120 env FAULT_UNDER="$place" FAULT_AT=$n FAULT_ERROR=5 FAULT_KIND=$kind LD_PRELOAD="$preload" \
			"$program" --at "$night" -C "$place/a" nightly >"$work/out" 2>&1 </dev/null
		got=$?
		ends "EIO, $kind $n" 0 1 3 4
		recovers "EIO, $kind $n"
	done
done

# ---- a medium that is pulled, and file systems that become read-only, in the middle ----
# From the n-th call on everything fails: on the medium, or on the archive. Then all is back, and the same command ends well.
from_then_on() { # NAME UNDER KIND ERROR COMMAND...
	local name=$1 under=$2 kind=$3 error=$4 calls n i
	shift 4
	back
	env FAULT_UNDER="$under" FAULT_AT=0 FAULT_KIND="$kind" FAULT_COUNT="$work/count" LD_PRELOAD="$preload" "$program" --at "$night" -C "$place/a" "$@" >"$work/out" 2>&1
	calls=$(cat "$work/count")
	[ "$calls" -gt 2 ] || fail "$name: only $calls calls were seen"
	for ((i = 0; i < points; i++)); do
		back
		n=$((1 + (2 * i + 1) * calls / (2 * points)))
		timeout -k 5 120 env FAULT_UNDER="$under" FAULT_AT=$n FAULT_ERROR=$error FAULT_STAY=yes FAULT_KIND="$kind" LD_PRELOAD="$preload" \
			"$program" --at "$night" -C "$place/a" "$@" >"$work/out" 2>&1 </dev/null
		got=$?
		ends "$name, $kind $n of $calls" 0 1 2 3 4
		# Never content with a medium that was not there to its end: what is well must be there.
		[ $got -gt 1 ] || (cd "$place/m1" && sha256sum --quiet -c SHA256SUMS >"$work/out" 2>&1) || fail "$name, $kind $n: content with a medium that is not whole"
		run -C "$place/a" backup "$place/m1"
		got=$?
		ends "$name, $kind $n, the medium is back" 0 1
		clean "$place/m1" "$name, $kind $n, the medium is back"
		(cd "$place/m1" && sha256sum --quiet -c SHA256SUMS >"$work/out" 2>&1) || fail "$name, $kind $n: the list of the medium is not true: $(head -n 2 "$work/out")"
		recovers "$name, $kind $n"
	done
}
for kind in change sync read; do
	from_then_on 'pulled while a backup runs' "$place/m1" $kind 5 backup "$place/m1"
	from_then_on 'pulled while everything is read back' "$place/m1" $kind 5 backup --full "$place/m1"
done
from_then_on 'pulled in the night' "$place/m1" change 5 nightly
from_then_on 'the medium became read-only' "$place/m1" change 30 backup "$place/m1"
from_then_on 'the archive became read-only' "$place/a" change 30 nightly

# ---- a clock that jumped back ----
back
got=0
timeout 60 "$program" --at 2026-11-20T02:00:00Z -C "$place/a" nightly >"$work/out" 2>&1 || got=$?
ends 'clock back' 4
grep -q 'before the last recorded event' "$work/out" || fail "clock back: not told: $(tail -n 2 "$work/out")"
recovers 'clock back'

# ---- a lock that a dead run left, and one that a living run holds ----
back
echo 'nightly 99999 2026-11-21T02:00:00Z' >"$place/a/work/lock"
recovers 'a stale lock'
back
"$program" --at "$night" -C "$place/a" nightly >"$work/first" 2>&1 &
first=$!
run -C "$place/a" nightly
got=$?
ends 'the second of two nights' 0 1 75
wait $first
got=$?
cp "$work/first" "$work/out"
ends 'the first of two nights' 0 1 75
recovers 'two nights at once'

# ---- read-only ----
if [ "${LTVAULT_OWN_MOUNTS:-}" = yes ]; then
	back
	mount --bind "$place" "$place" && mount -o remount,ro,bind "$place"
	run -C "$place/a" nightly
	got=$?
	ends 'read-only' 4
	grep -q 'Read-only file system' "$work/out" || fail "read-only: not told: $(tail -n 2 "$work/out")"
	run -C "$place/a" find --count
	got=$?
	ends 'read-only, find' 0
	umount "$place"
	recovers 'read-only'
fi

# ---- every file of a medium is something else ----
echo 'outside' >"$work/outside"
hostile=0
while read -r file; do
	for what in pipe link folder rubbish empty; do
		hostile=$((hostile + 1))
		[ $((hostile % (points > 3 ? 1 : 13))) -eq 0 ] || continue
		back
		rm "$place/m1/$file"
		case $what in
		pipe) mkfifo "$place/m1/$file" ;;
		link) ln -s "$work/outside" "$place/m1/$file" ;;
		folder) mkdir "$place/m1/$file" ;;
		rubbish) head -c 3000 "$program" >"$place/m1/$file" ;;
		empty) : >"$place/m1/$file" ;;
		esac
		for line in "-C $place/m1 fsck --deep" "-C $place/m1 find --count" "restore $place/m1 $place/again" "-C $place/a drill $place/m1" "-C $place/a backup $place/m1"; do
			# shellcheck disable=SC2086
			timeout -k 5 20 "$program" --at "$night" $line >"$work/out" 2>&1 </dev/null
			got=$?
			ends "$file on the medium is a $what: ${line//$place/}" 0 1 2 3 4
		done
		[ "$(cat "$work/outside")" = outside ] || fail "$file on the medium is a $what: something outside was written to"
		[ ! -e "$place/again/ltvault.conf" ] || clean "$place/again" "restored from a medium on which $file is a $what"
		clean "$place/a" "$file on the medium is a $what"
	done
done < <(cd "$work/state/m1" && find . -type f ! -name lock.mdb | sed 's|^\./||' | sort)
[ $hostile -gt 40 ] || fail "only $hostile files were tried"
exit $status
