#!/bin/bash
# Pages of the catalogue that would end a process by signal end none: each is overwritten in turn, with ones and with zeros, and
# then the file is cut short. Every command says what is wrong and names the remedy, or is not concerned; the night remakes the
# catalogue and goes on.
# usage: damaged-page.sh PROGRAM TESTPKI
set -u
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0
night=2026-11-22T02:00:00Z

fail() {
	echo "$*"
	status=1
}

run() { # COMMAND...: no signal, no core; exit status returned
	"$program" --at "$night" -C "$work/a" "$@" >"$work/out" 2>"$work/err"
	local result=$?
	[ $result -le 4 ] || fail "$where: $*: ended with $result"
	return $result
}

where='before any damage'
"$program" --at "$night" init "$work/good" >/dev/null
sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^offline = .*/offline = yes/' "$work/good/ltvault.conf"
for i in $(seq 40); do echo "document $i" >"$work/good/spool/in/$i.pdf"; done
"$program" --at "$night" -C "$work/good" nightly >/dev/null 2>&1
answers() {
	"$program" -C "$1" find --json --limit 0 2>/dev/null | sort
}
answers "$work/good" >"$work/rows"
[ "$(wc -l <"$work/rows")" -eq 40 ] || fail 'too few documents'
pages=$(($(stat -c %s "$work/good/catalogue/data.mdb") / 4096))

damage() { # PAGE OCTAL
	head -c 4096 /dev/zero | tr '\0' "\\$2" | dd of="$work/a/catalogue/data.mdb" bs=4096 seek="$1" conv=notrunc status=none
}

told=0 tried=0
for ((page = 0; page <= pages; page++)); do
	for byte in 377 000; do
		[ $page -lt 3 ] || [ $((page % 2)) -eq $((byte == 0)) ] || continue # each page one of them, the first ones both
		tried=$((tried + 1))
		rm -rf "$work/a"
		cp -a "$work/good" "$work/a"
		where="page $page filled with \\$byte"
		if [ $page -eq "$pages" ]; then
			where='cut in half'
			truncate -s $((pages / 2 * 4096)) "$work/a/catalogue/data.mdb"
		else
			damage $page $byte
		fi
		run fsck
		if [ $? -eq 3 ]; then
			told=$((told + 1))
			grep -q 'ltvault rebuild' "$work/out" "$work/err" || fail "$where: fsck does not name the remedy: $(cat "$work/out" "$work/err")"
		fi
		run find document
		run verify --all
		run nightly
		[ $? -ne 4 ] && [ $? -ne 2 ] || fail "$where: the night: $(tail -n 2 "$work/err")"
		"$program" -C "$work/a" fsck --deep >"$work/out" 2>&1 || fail "$where: after the night: $(head -n 2 "$work/out")"
		answers "$work/a" | cmp -s - "$work/rows" || fail "$where: the archive answers otherwise than before"
	done
done
[ $told -gt $((pages / 4)) ] || fail "only $told of $tried damages were told"
echo "$tried damaged files, $told told by fsck"
exit $status
