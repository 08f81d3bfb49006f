#!/bin/bash
# A disk that is full at any moment: the night says which file had no room and has status 4, nothing is lost, and with room
# the same archive comes out as if the disk had been large. The same for a medium, an export and a restore.
# usage: full-disk.sh PROGRAM TESTPKI
set -u
program=$1 testpki=$2
if [ "${LTVAULT_OWN_MOUNTS:-}" != yes ]; then
	for how in --mount '--map-root-user --mount'; do
		# shellcheck disable=SC2086
		if unshare $how mount -t tmpfs none /mnt 2>/dev/null; then
			LTVAULT_OWN_MOUNTS=yes exec unshare $how "$0" "$@"
		fi
	done
	echo 'skipped: mounting a small file system needs root or user namespaces'
	exit 77
fi
work=$(mktemp -d)
trap 'umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/disk"
export LTVAULT_LANG=en
status=0
night=2026-11-22T02:00:00Z

fail() {
	echo "$*"
	status=1
}

disk() { mount -t tmpfs -o "size=$1k" none "$work/disk"; }
room() { mount -o remount,size=64m "$work/disk"; }
run() { "$program" --at "$night" "$@" >"$work/out" 2>&1 </dev/null; }

archive() { # FOLDER
	run init "$1" || return
	cp "$work"/pki/trust/* "$1/trust/" &&
		sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^same_device = .*/same_device = yes/' -e 's/^offline = .*/offline = yes/' -e 's/^batch = .*/batch = 8/' "$1/ltvault.conf" &&
		cp "$work"/pki/samples/* "$1/spool/in/" 2>/dev/null
}

rows() { "$program" -C "$1" find --json --limit 0 | sed -e 's/"record":[0-9]*,//' | sort; }
clean() { run -C "$1" fsck --deep || fail "$2: fsck: $(head -n 3 "$work/out")"; }
no_room() { grep -qE 'No space left on device|disk is full|MDB_MAP_FULL' "$work/out"; }

"$testpki" make "$work/pki" >/dev/null || exit 1
archive "$work/whole"
run -C "$work/whole" nightly
rows "$work/whole" >"$work/rows"

full=0
for size in 60 1500 2600 2700 2800 3000 3300 3600 4000 4400 5000 5600; do
	disk $size
	a=$work/disk/a
	if archive "$a"; then
		run -C "$a" nightly
		got=$?
		if [ $got -eq 4 ]; then
			full=$((full + 1))
			no_room || fail "$size KB: status 4 without the reason: $(tail -n 3 "$work/out")"
		elif [ $got -gt 1 ]; then
			fail "$size KB: nightly: exit status $got: $(tail -n 3 "$work/out")"
		fi
		clean "$a" "$size KB, full"
		run -C "$a" find --count
		[ $? -le 1 ] || fail "$size KB, full: find: $(cat "$work/out")"
		room
		run -C "$a" nightly
		[ $? -le 1 ] || fail "$size KB, with room: nightly: $(tail -n 3 "$work/out")"
		rows "$a" | cmp -s - "$work/rows" || fail "$size KB, with room: another archive than on a large disk"
		clean "$a" "$size KB, with room"
	elif [ ! -d "$a/spool/in" ]; then
		no_room || fail "$size KB: init: $(cat "$work/out")"
	fi
	umount "$work/disk"
done
[ $full -ge 3 ] || fail "the disk was full in $full nights only"

# A medium, an export, a restore.
for size in 300 1500 2460; do
	disk $size
	mkdir "$work/disk/m"
	run -C "$work/whole" backup --register "$work/disk/m"
	got=$?
	{ [ $got -eq 4 ] && no_room; } || fail "backup to a medium of $size KB: exit status $got: $(cat "$work/out")"
	clean "$work/whole" "after a backup to a medium of $size KB"
	room
	run -C "$work/whole" backup "$work/disk/m" || fail "backup with room: $(cat "$work/out")"
	clean "$work/disk/m" 'the medium with room'
	[ -d "$work/medium" ] || cp -a "$work/disk/m" "$work/medium"
	umount "$work/disk"
done
disk 150
run -C "$work/whole" export --all -o "$work/disk/release.zip"
got=$?
{ [ $got -eq 4 ] && no_room; } || fail "export: exit status $got: $(cat "$work/out")"
[ ! -e "$work/disk/release.zip" ] || fail 'a part of an export stands under its name'
run restore "$work/medium" "$work/disk/again"
got=$?
{ [ $got -eq 4 ] && no_room; } || fail "restore: exit status $got: $(cat "$work/out")"
[ ! -e "$work/disk/again/ltvault.conf" ] || fail 'a part of a restored archive looks like an archive'
run -C "$work/whole" report --format html -o "$work/disk/r.html" # it may fit or not; a page is whole or not there
[ ! -e "$work/disk/r.html" ] || grep -q '</html>' "$work/disk/r.html" || fail 'a part of a report stands under its name'
cat /dev/zero >"$work/disk/fill" 2>/dev/null
run -C "$work/whole" report --format html -o "$work/disk/s.html" && fail 'a report was written to a full disk'
[ ! -e "$work/disk/s.html.new" ] || fail 'a part of a report takes room on the full disk'
rm "$work/disk/fill"
umount "$work/disk"
exit $status
