#!/bin/bash
# What goes wrong with media in practice: each time the night says so, nothing is written where it does not belong, nothing that was
# there before is lost, and with the right medium in its place everything is as it would have been.
# usage: media.sh PROGRAM TESTPKI
set -u
program=$1 testpki=$2
if [ "${LTVAULT_OWN_MOUNTS:-}" != yes ]; then
	for how in --mount '--map-root-user --mount'; do
		# shellcheck disable=SC2086
		if unshare $how mount -t tmpfs none /mnt 2>/dev/null; then
			LTVAULT_OWN_MOUNTS=yes exec unshare $how "$0" "$@"
		fi
	done
	echo 'skipped: mounting file systems needs root or user namespaces'
	exit 77
fi
work=$(mktemp -d)
a=$work/a m=$work/m second=$work/second
trap 'umount -l "$m" "$second" 2>/dev/null; rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0 hour=0

fail() {
	echo "$*"
	status=1
}

# Each run is an hour later than the one before.
at() { printf '2026-11-%02dT%02d:00:00Z' $((22 + hour / 24)) $((hour % 24)); }
run() {
	hour=$((hour + 1))
	"$program" --at "$(at)" "$@" >"$work/out" 2>&1 </dev/null
}
# STATUS WORDS COMMAND...: what a run must come to, and say
must() {
	local wanted=$1 words=$2 got
	shift 2
	run "$@"
	got=$?
	[ $got -eq "$wanted" ] || fail "$*: exit status $got, not $wanted: $(cat "$work/out")"
	grep -q "$words" "$work/out" || fail "$*: does not say \"$words\": $(cat "$work/out")"
}
whole() { (cd "$1" && sha256sum --quiet -c SHA256SUMS) >"$work/out" 2>&1 || fail "$2: the list on the medium does not hold: $(cat "$work/out")"; }
empty() { [ -z "$(ls -A "$1")" ] || fail "$2: written to $1: $(ls -A "$1")"; }
more() { # a document that was not there before
	head -c 40000 /dev/urandom >"$a/spool/in/$1.pdf"
	run -C "$a" ingest
	[ $? -le 1 ] || fail "ingest: $(cat "$work/out")"
}

"$testpki" make "$work/pki" >/dev/null || exit 1
run init "$a"
cp "$work"/pki/trust/* "$a/trust/"
sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^offline = .*/offline = yes/' -e "s|^media = .*|media = $m|" "$a/ltvault.conf"
mkdir "$m" "$second"

# Nothing is mounted: neither made a medium nor written to.
must 2 'is the medium mounted' -C "$a" media init "$m"
empty "$m" 'media init without a mount'
mount -t tmpfs -o size=64m none "$m"
must 0 'is a medium' -C "$a" media init "$m" --label A
more first
must 0 'read back and compared' -C "$a" backup
whole "$m" 'the first backup'
cp -a "$m" "$work/kept"

# An unmounted mount point.
umount "$m"
must 2 'is it mounted' -C "$a" backup
empty "$m" 'a backup without a mount'
run -C "$a" nightly
[ $? -eq 4 ] || fail "a night without its medium: $(cat "$work/out")"
empty "$m" 'a night without a mount'

# A wrong medium: another archive's, and one that only looks like ours.
mount -t tmpfs -o size=64m none "$m"
run init "$work/other"
sed -i -e 's/^offline = .*/offline = yes/' "$work/other/ltvault.conf"
must 0 'is a medium' -C "$work/other" media init "$m"
must 2 "not one of this archive's" -C "$a" backup
[ ! -e "$m/packs" ] || fail "written to another archive's medium"
rm -rf "${m:?}"/*
cp -a "$work/kept/." "$m" # on a new file system: a copy of the medium
must 2 'nothing was written' -C "$a" backup
umount "$m"

# Two media with one label, one of them older than the ledger.
mount -t tmpfs -o size=64m none "$m"
must 2 'another medium has this label' -C "$a" media init "$m" --label A
must 0 'is a medium' -C "$a" media init "$m" --label B
must 0 'read back and compared' -C "$a" backup "$m"

# Full: nothing is begun; with room it goes on.
used=$(du -sk "$m" | cut -f1)
mount -o "remount,size=$((used + 40))k" "$m"
more second
must 4 'No space left on device' -C "$a" backup
[ ! -e "$m/INCOMPLETE" ] || fail 'a backup without room was begun'
whole "$m" 'a full medium'
mount -o remount,size=64m "$m"
must 0 'read back and compared' -C "$a" backup
whole "$m" 'with room again'

# Read-only from one moment to the next.
more third
mount -o remount,ro "$m"
must 4 'Read-only file system' -C "$a" backup
whole "$m" 'a medium that became read-only'
mount -o remount,rw "$m"
must 0 'read back and compared' -C "$a" backup

# Pulled in the middle: what is left is a mount point, and nothing may be in it.
for delay in 0 0.02 0.05 0.1; do
	more "pulled$delay"
	hour=$((hour + 1))
	"$program" --at "$(at)" -C "$a" backup "$m" >"$work/out" 2>&1 </dev/null &
	job=$!
	mount --bind "$m" "$second" # to have it back afterwards
	sleep "$delay"
	umount -l "$m"
	wait $job
	empty "$m" "a medium that was pulled after $delay s"
	mount --bind "$second" "$m"
	umount -l "$second"
	must 0 'read back and compared' -C "$a" backup
	whole "$m" "after being pulled at $delay s"
done

# The power went while the journal was copied: zeros where the rest should be. The next backup makes it good, and says so.
more torn
head -c 300 /dev/zero >>"$m/journal/000001.log"
touch "$m/INCOMPLETE"
must 1 'made good first' -C "$a" backup
whole "$m" 'after a torn journal'
must 0 'read back and compared' -C "$a" backup

# Connected while the backup waits for it.
sed -i 's/^wait = .*/wait = 60s/' "$a/ltvault.conf"
mount --bind "$m" "$second"
umount "$m"
hour=$((hour + 1))
"$program" --at "$(at)" -C "$a" backup >"$work/out" 2>&1 </dev/null &
job=$!
for _ in $(seq 100); do
	grep -q 'event=backup.waiting connect=' "$work/out" && break
	sleep 0.05
done
"$program" --at "$(at)" -C "$a" media list >"$work/listed" 2>&1 || fail "a reader beside a backup that waits: $(cat "$work/listed")"
empty "$m" 'a backup that waits'
mount --bind "$second" "$m"
wait $job || fail "a medium that came while the backup waited: $(cat "$work/out")"
umount "$second"
whole "$m" 'after waiting for it'
sed -i 's/^wait = .*/wait = 0s/' "$a/ltvault.conf"

# The clock jumps back: nothing is done, nothing is lost.
before=$(sha256sum "$m/SHA256SUMS")
hour=$((hour - 10))
must 4 'clock' -C "$a" backup
hour=$((hour + 10))
[ "$before" = "$(sha256sum "$m/SHA256SUMS")" ] || fail 'a backup by a clock that went back'

# Two nights at once: one works, the other says who does.
hour=$((hour + 1))
for i in 1 2 3 4; do
	cp "$work"/pki/samples/* "$a/spool/in/" 2>/dev/null
	"$program" --at "$(at)" -C "$a" nightly >"$work/out.$i" 2>&1 </dev/null &
	jobs[i]=$!
done
locked=0 fine=0
for i in 1 2 3 4; do
	wait "${jobs[i]}"
	case $? in
	75) locked=$((locked + 1)) ;;
	0 | 1) fine=$((fine + 1)) ;;
	*) fail "one of four nights: $(tail -n 3 "$work/out.$i")" ;;
	esac
done
[ $fine -ge 1 ] && [ $((fine + locked)) -eq 4 ] || fail "of four nights $fine worked and $locked waited for nobody"

# A run that was killed leaves a lock that holds nobody up.
hour=$((hour + 1))
"$program" --at "$(at)" -C "$a" backup --full >"$work/out" 2>&1 </dev/null &
job=$!
sleep 0.05
kill -9 $job
wait $job 2>/dev/null
must 0 'read back and compared' -C "$a" backup
whole "$m" 'after a run that was killed'
run -C "$a" fsck --deep || fail "fsck: $(cat "$work/out")"
run -C "$m" fsck --deep || fail "fsck of the medium: $(cat "$work/out")"
must 0 'read and compared' restore "$m" "$work/again"
must 0 'do not agree' -C "$a" drill --all
exit $status
