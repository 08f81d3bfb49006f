#!/bin/bash
# Write-once images as an operator meets them: too little room where they are made, the wrong disc, a damaged one, a lost one, a disc that is
# mounted; nothing counts that was not read, nothing is written twice, and the discs alone give the archive back.
# usage: images.sh PROGRAM TESTPKI
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
a=$work/a made=$work/made shelf=$work/shelf drive=$work/drive
trap 'umount -l "$drive" 2>/dev/null; umount -l "$made" "$shelf" 2>/dev/null; rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0 hour=0

fail() {
	echo "$*"
	status=1
}
at() { printf '2026-11-%02dT%02d:00:00Z' $((22 + hour / 24)) $((hour % 24)); }
run() { # each an hour later than the one before
	hour=$((hour + 1))
	timeout -k 5 120 "$program" --at "$(at)" "$@" >"$work/out" 2>&1 </dev/null
}
must() { # STATUS WORDS COMMAND...
	local wanted=$1 words=$2 got
	shift 2
	run "$@"
	got=$?
	[ $got -eq "$wanted" ] || fail "$*: exit status $got, not $wanted: $(cat "$work/out")"
	grep -q -- "$words" "$work/out" || fail "$*: does not say \"$words\": $(cat "$work/out")"
}
more() { # NAME BYTES: a document that was not there before
	head -c "$2" /dev/urandom >"$a/spool/in/$1.pdf"
	run -C "$a" ingest
	[ $? -le 1 ] || fail "ingest: $(cat "$work/out")"
}
count() { # how many records have fewer than N copies
	"$program" --at "$(at)" -C "$a" find --json --limit 0 "copies<$1" | grep -c '"record"'
}
burn() { # NUMBER: as a drive does it
	cp "$made/images/00000$1.iso" "$shelf/disc-$1"
	chmod 644 "$shelf/disc-$1"
}

"$testpki" make "$work/pki" >/dev/null || exit 1
run init "$a"
cp "$work"/pki/trust/* "$a/trust/"
mkdir "$made" "$shelf" "$drive"
sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^offline = .*/offline = yes/' -e "s|^media = .*|media = $made|" "$a/ltvault.conf"
mount -t tmpfs -o size=1m none "$made"
mount -t tmpfs -o size=64m none "$shelf"
more first 40000

# What cannot be a series, and too little room: nothing is left behind.
must 2 'goes with --kind' -C "$a" media init "$made" --images 4.7MB
must 2 'is no size' -C "$a" media init "$made" --kind optical --images 3MB
must 2 'is no size' -C "$a" media init "$made" --kind optical --images 4.7XB
must 0 'is a medium' -C "$a" media init "$made" --kind optical --images 4.7MB --label Discs --site Vault
must 4 'nothing was written' -C "$a" backup
[ -z "$(ls -A "$made/images")" ] || fail "a full disk: $(ls "$made/images")"
mount -o remount,size=64m "$made"
must 0 '1 images written' -C "$a" backup
[ "$(count 2)" -eq 1 ] || fail 'an image that nobody burnt counts as a copy'
must 1 'make discs or tapes' -C "$a" media next

# The disc counts when it was read: not the image where it was made, not what lies on the archive's own device.
must 2 'where it was made' -C "$a" media verify "$made/images/000001.iso"
cp "$made/images/000001.iso" "$work/near"
must 2 "archive's own device" -C "$a" media verify "$work/near"
burn 1
must 0 'each as it was written' -C "$a" media verify "$shelf/disc-1"
[ "$(count 2)" -eq 0 ] || fail 'a disc that was read does not count'
run -C "$a" show 1
grep -q 'Discs.*Vault\|Vault.*Discs' "$work/out" || fail "show does not name disc and site: $(cat "$work/out")"

# The night makes the next one when its time has come, and not before.
more second 40000
run -C "$a" nightly
grep -q 'backup.not_due' "$work/out" && [ ! -e "$made/images/000002.iso" ] || fail 'the night made an image before its time'

# More than one image holds.
more third 3000000
more fourth 3000000
before=$(sha256sum <"$made/images/000001.iso")
must 0 'images written' -C "$a" backup "$made"
[ -e "$made/images/000003.iso" ] || fail 'seven megabytes went on one image of 4.7'
[ "$before" = "$(sha256sum <"$made/images/000001.iso")" ] || fail 'an image was written again'
for file in "$made"/images/*.iso; do
	[ "$(stat -c %s "$file")" -le 4700000 ] || fail "$file is larger than its disc"
done
last=$(basename "$(ls "$made"/images/*.iso | tail -n 1)" .iso)
last=$((10#$last))
for ((n = 2; n <= last; n++)); do
	burn $n
	must 0 'each as it was written' -C "$a" media verify "$shelf/disc-$n"
done
[ "$(count 2)" -eq 0 ] || fail 'what is on discs that were read does not count'

# One byte, and the wrong disc.
cp "$shelf/disc-2" "$shelf/bad"
printf X | dd of="$shelf/bad" bs=1 seek=1000000 conv=notrunc 2>/dev/null
must 3 'NOT what was written' -C "$a" media verify "$shelf/bad"
[ "$(count 2)" -gt 0 ] || fail 'a damaged disc counts'
must 0 'each as it was written' -C "$a" media verify "$shelf/disc-2"
[ "$(count 2)" -eq 0 ] || fail 'a good disc in the place of a damaged one does not count'
run init "$work/b"
must 2 "not in this archive's ledger" -C "$work/b" media verify "$shelf/disc-1"
must 3 'no image of a disc' -C "$a" media verify "$a/ltvault.conf"

# A disc that is mounted (as root, where loop devices are to be had).
if mount -o loop,ro "$shelf/disc-1" "$drive" 2>/dev/null; then
	(cd "$drive" && sha256sum --quiet -c SHA256SUMS) >"$work/out" 2>&1 || fail "the mounted disc: $(cat "$work/out")"
	must 0 'each as it was written' -C "$a" media verify "$drive"
	umount "$drive"
	mount -o loop,ro "$made/images/000001.iso" "$drive" && must 2 'where it was made' -C "$a" media verify "$drive"
	umount "$drive"
fi

# The images may go once the discs were read; the series goes on, and the discs alone give the archive back.
rm -f "$made"/images/*.iso
more fifth 20000
must 0 '1 images written' -C "$a" backup "$made"
[ -e "$made/images/00000$((last + 1)).iso" ] || fail "the series does not go on with $((last + 1)): $(ls "$made/images")"
burn $((last + 1))
rm "$shelf/bad"
must 0 'all of them read and compared' restore "$shelf"/disc-* "$work/again"
must 0 '0 problems' -C "$work/again" fsck --deep
[ "$("$program" -C "$work/again" find --json --limit 0 | wc -l)" -eq 5 ] || fail 'the discs do not have every record'
must 3 'another one of the series is needed' restore "$shelf"/disc-[13456789] "$work/less"
[ ! -e "$work/less" ] || fail 'a part of an archive went live'
exit $status
