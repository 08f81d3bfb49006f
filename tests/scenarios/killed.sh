#!/bin/bash
# A run that is killed at any moment loses nothing: afterwards the archive checks clean, every source is in the spool or in
# the archive, and running again ends in the same archive as an undisturbed run.
# The moments are spread evenly over the time that the undisturbed run takes; with a higher number they lie closer.
# usage: killed.sh PROGRAM TESTPKI [KILLS]
set -u
program=$1 testpki=$2 kills=${3:-20}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0
night=2026-11-22T02:00:00Z

fail() {
	echo "$*"
	status=1
}

archive() { # FOLDER: an archive with a medium and the samples in its spool
	"$program" --at "$night" init "$1" >/dev/null
	cp "$work"/pki/trust/* "$1/trust/"
	mkdir "$1.medium" "$1.second"
	sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^same_device = .*/same_device = yes/' -e 's/^offline = .*/offline = yes/' -e 's/^batch = .*/batch = 8/' \
		-e "s|^media = .*|media = $1.medium|" "$1/ltvault.conf"
	"$program" --at "$night" -C "$1" backup --register "$1.medium" --label first >/dev/null
	"$program" --at "$night" -C "$1" media init "$1.second" --label second >/dev/null
	"$program" --at "$night" -C "$1" backup "$1.second" >/dev/null
	cp "$work"/pki/samples/* "$1/spool/in/"
}

# What every archive of these documents must say, whatever happened on the way: records by digest, their verdicts.
rows() {
	"$program" -C "$1" find --json --limit 0 | sed -e 's/"record":[0-9]*,//' | sort
}

digests() { # FOLDER...: of all files below
	find "$@" -type f -exec sha256sum {} + | cut -d' ' -f1 | sort
}

clean() { # ARCHIVE WHEN
	"$program" -C "$1" fsck --deep >"$work/fsck" 2>&1 || fail "$2: fsck of $1: $(head -n 3 "$work/fsck")"
}

# After a kill: clean, no source lost, and what left the spool is in the archive.
holds() { # ARCHIVE WHEN
	clean "$1" "$2"
	digests "$1/spool/in" "$1/spool/done" "$1/spool/refused" >"$work/have"
	cmp -s "$work/have" "$work/given" || fail "$2: the spool's files are not those that were given"
	"$program" -C "$1" find --json --limit 0 2>/dev/null | sed 's/.*"sha256":"\([0-9a-f]*\)".*/\1/' | sort >"$work/held"
	find "$1/spool/done" -type f ! -name '*.json' -exec sha256sum {} + | cut -d' ' -f1 | sort -u | comm -23 - "$work/held" |
		grep -q . && fail "$2: a document left the spool and is not in the archive"
}

completes() { # ARCHIVE: an undisturbed night after all that
	"$program" --at "$night" -C "$1" nightly >"$work/out" 2>&1
	[ $? -le 1 ] || fail "the night after the kills: $(tail -n 3 "$work/out")"
	[ -z "$(find "$1/spool/in" -type f)" ] || fail "files are left in the spool"
	[ "$(find "$1/spool/outbox" -type f | wc -l)" -eq "$notices" ] || fail "more or fewer notices than without kills"
	rows "$1" | cmp -s - "$work/rows" || fail "records and verdicts differ from an undisturbed run: $(rows "$1" | diff - "$work/rows" | head -n 4)"
	clean "$1" 'the night after the kills'
	clean "$1.medium" 'the night after the kills'
	(cd "$1.medium" && sha256sum --quiet -c SHA256SUMS) || fail "the medium's manifest is not true"
}

kill_at() { # MICROSECONDS COMMAND...
	local after=$1 pid
	shift
	"$program" --at "$night" -C "$work/a" "$@" >"$work/out" 2>&1 &
	pid=$!
	sleep "$((after / 1000000)).$(printf %06d $((after % 1000000)))"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
}

"$testpki" make "$work/pki" >/dev/null || exit 1
digests "$work/pki/samples" >"$work/given"
archive "$work/whole"
begin=$(date +%s%N)
"$program" --at "$night" -C "$work/whole" nightly >/dev/null 2>&1
took=$((($(date +%s%N) - begin) / 1000))
rows "$work/whole" >"$work/rows"
notices=$(find "$work/whole/spool/outbox" -type f | wc -l)
[ "$(wc -l <"$work/rows")" -gt 40 ] || fail 'the undisturbed night took in too little'

for ((i = 0; i < kills; i++)); do
	at=$((took * ((i * 7) % kills) / kills + 2000))
	case $((i % 5)) in
	0 | 1) set -- nightly ;;
	2) set -- ingest ;;
	3) set -- verify --all --deep ;;
	4) set -- backup "$work/a.second" ;;
	esac
	[ -d "$work/a" ] || archive "$work/a"
	kill_at $at "$@"
	holds "$work/a" "$* killed after $at us"
	if [ $((i % 10)) -eq 9 ] || [ $((i + 1)) -eq "$kills" ]; then # done with this one; the next kills meet a full spool again
		completes "$work/a"
		"$program" --at "$night" -C "$work/a" backup "$work/a.second" >"$work/out" 2>&1 || fail "backup again: $(cat "$work/out")"
		clean "$work/a.second" 'the backup after the kills'
		rm -rf "$work/a" "$work/a.medium" "$work/a.second"
	fi
done
exit $status
