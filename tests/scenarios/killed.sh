#!/bin/bash
# A run that is killed at any moment loses nothing: afterwards the archive checks clean, every source is in the spool or in
# the archive, and running again ends in the same archive as an undisturbed run.
# Each command is killed at moments spread evenly over the time that it takes undisturbed; a run that had ended before its kill does
# not count. An archive meets ten kills of different commands, then it must come to its end, its media too.
# usage: killed.sh PROGRAM TESTPKI RESPONDERS [KILLS]
set -u
program=$1 testpki=$2 responders=$3 kills=${4:-20}
command -v curl >/dev/null || { echo 'skipped: curl is not installed'; exit 77; }
work=$(mktemp -d)
trap '[ -z "$server" ] || kill $server; rm -rf "$work"' EXIT
# shellcheck source=fault_world.sh
. "$(dirname "$0")/fault_world.sh"
world
place=$work/here
carried=$work/pki/evidence

digests() { # FOLDER...: of all files below
	find "$@" -type f -exec sha256sum {} + | cut -d' ' -f1 | sort
}

# After a kill: clean, no source lost, and what left the spool is in the archive.
holds() { # WHEN
	clean "$place/a" "$1"
	digests "$place"/a/spool/{in,done,refused} >"$work/have"
	cmp -s "$work/have" "$work/given" || fail "$1: the spool's files are not those that were given"
	originals "$place/a" >"$work/held"
	find "$place/a/spool/done" -type f ! -name '*.json' -exec sha256sum {} + | cut -d' ' -f1 | sort -u | comm -23 - "$work/held" |
		grep -q . && fail "$1: a document left the spool and is not in the archive"
	[ ! -e "$place/again/ltvault.conf" ] || clean "$place/again" "$1: restored"
	[ ! -e "$place/out.zip" ] || python3 -m zipfile -t "$place/out.zip" >/dev/null 2>&1 || fail "$1: a part of an export stands under its name"
	rm -rf "$place/again" "$place/again.restoring" "$place/out.zip"
}

completes() { # undisturbed, after all that
	local medium
	run -C "$place/a" nightly
	[ $? -le 1 ] || fail "the night after the kills: $(tail -n 3 "$work/out")"
	[ -z "$(find "$place/a/spool/in" -type f)" ] || fail 'files are left in the spool'
	[ "$(find "$place/a/spool/outbox" -type f | wc -l)" -eq "$notices" ] || fail 'more or fewer notices than without kills'
	rows "$place/a" | cmp -s - "$work/rows" || fail "records and verdicts differ from an undisturbed run: $(rows "$place/a" | diff - "$work/rows" | head -n 4)"
	run -C "$place/a" backup "$place/m2" || fail "backup after the kills: $(tail -n 3 "$work/out")"
	clean "$place/a" 'after the kills'
	for medium in m1 m2; do
		clean "$place/$medium" 'after the kills'
		(cd "$place/$medium" && sha256sum --quiet -c SHA256SUMS >"$work/out" 2>&1) || fail "the list of $medium is not true: $(head -n 3 "$work/out")"
	done
}

# What is killed: a line a command. @: the place.
commands=(
	'nightly'
	'ingest'
	'evidence create'
	'extend 1 2 3'
	'nightly'
	'verify --all --deep'
	'backup @/m2'
	'evidence renew --all'
	'scrub --all'
	'nightly'
	'drill @/m1'
	'rebuild'
	'import-evidence @@'
	'backup --full @/m1'
	'export --all -o @/out.zip'
	'restore'
)
command_of() { # NUMBER: `words`
	local line=${commands[$1]}
	line=${line//@@/$carried}
	if [ "$line" = restore ]; then
		words=(restore "$place/m1" "$place/again")
	else
		read -ra words <<<"-C $place/a ${line//@/$place}"
	fi
}

mkdir "$place"
archive "$place"
cp "$work"/pki/samples/{15-QD-UBND.pdf,15-QD-UBND.pdf.json,16-QD-UBND.pdf,40-QD-UBND-tampered.pdf,31-KH-UBND-so-lieu.txt} "$place/a/spool/in/"
digests "$place/a/spool/in" >"$work/given"
# Both media have something already, so that a restore has.
run -C "$place/a" backup "$place/m1" || fail "the first backup: $(tail -n 3 "$work/out")"
cp -a "$place" "$work/fresh"
declare -a took
for ((c = 0; c < ${#commands[@]}; c++)); do
	command_of "$c"
	begin=$(date +%s%N)
	run "${words[@]}"
	took[c]=$((($(date +%s%N) - begin) / 1000))
	[ "$c" -ne 0 ] || { rows "$place/a" >"$work/rows"; notices=$(find "$place/a/spool/outbox" -type f | wc -l); }
done
[ "$(wc -l <"$work/rows")" -eq 4 ] || fail "the undisturbed night took in $(wc -l <"$work/rows") of 4 documents"
rm -rf "$place"

# The more kills, the closer the moments: a golden-ratio walk is even for any number of them.
killed=0 fraction=0 here=0
declare -A count
for ((i = 0; killed < kills && i < 3 * kills + 20; i++)); do
	[ -d "$place" ] || cp -a "$work/fresh" "$place"
	c=$((i % ${#commands[@]}))
	command_of "$c"
	fraction=$(((fraction + 61803) % 100000))
	after=$((took[c] * fraction / 100000 + 500))
	"$program" --at "$night" "${words[@]}" >"$work/out" 2>&1 </dev/null &
	pid=$!
	sleep "$((after / 1000000)).$(printf %06d $((after % 1000000)))"
	kill -9 $pid 2>/dev/null
	{ wait $pid; } 2>/dev/null
	if [ $? -eq 137 ]; then
		killed=$((killed + 1)) here=$((here + 1))
		count[${commands[c]%% *}]=$((${count[${commands[c]%% *}]:-0} + 1))
	fi
	holds "${commands[c]} killed after $after us"
	if [ $here -ge 10 ] || [ $killed -eq "$kills" ]; then # the next kills meet a full spool again
		completes
		rm -rf "$place"
		here=0
	fi
done
[ $killed -eq "$kills" ] || fail "only $killed of $kills runs were met"
for command in "${!count[@]}"; do printf '%s %s, ' "${count[$command]}" "$command"; done
echo "in all $killed kills"
exit $status
