#!/bin/bash
# Searching, showing, handing out, reporting and checking work beside a night that writes, and every answer is whole.
# Afterwards: lost catalogue and lost, damaged or empty search index come back equal; so does the archive from its medium,
# and the medium answers as the archive does, also when nothing can be written to it.
# usage: readers.sh PROGRAM TESTPKI
set -u
program=$1 testpki=$2
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0
night=2026-11-22T02:00:00Z
a=$work/a

fail() {
	echo "$*"
	status=1
}

run() { "$program" --at "$night" "$@" >"$work/out" 2>"$work/err" </dev/null; }

# read_well ARCHIVE WHEN COMMAND...: found or not, but never an error, and with --json nothing that is not JSON.
read_well() {
	local archive=$1 when=$2 got
	shift 2
	run -C "$archive" "$@"
	got=$?
	[ $got -le 1 ] || fail "$when: $*: exit status $got: $(head -n 3 "$work/err" "$work/out")"
	! grep -q '^ltvault: ' "$work/err" || fail "$when: $*: $(cat "$work/err")"
}

rows() { "$program" -C "$1" find --json --limit 0; }

# All that can be asked of an archive, in one text.
answers() {
	rows "$1"
	# A medium cannot know of the backup that wrote it: its ledger names one copy fewer.
	for ((i = 1; i <= records; i++)); do "$program" -C "$1" show --json $i | sed '/^  "copies": {/,/^  }/d'; done
}

"$testpki" make "$work/pki" >/dev/null || exit 1
run init "$a"
cp "$work"/pki/trust/* "$a/trust/"
mkdir "$work/medium"
sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^same_device = .*/same_device = yes/' -e 's/^offline = .*/offline = yes/' -e 's/^batch = .*/batch = 1/' \
	-e "s|^media = .*|media = $work/medium|" "$a/ltvault.conf"
run -C "$a" backup --register "$work/medium"
cp "$work"/pki/samples/* "$a/spool/in/"

"$program" --at "$night" -C "$a" nightly >"$work/night" 2>&1 &
writer=$!
rounds=0
while kill -0 $writer 2>/dev/null; do
	rounds=$((rounds + 1))
	read_well "$a" 'beside the night' find 'quyet dinh'
	read_well "$a" 'beside the night' report --json
	read_well "$a" 'beside the night' fsck --deep
	read_well "$a" 'beside the night' find --count
	count=$(tr -cd 0-9 <"$work/out")
	if [ "${count:-0}" -gt 0 ]; then
		read_well "$a" 'beside the night' show --json "$count"
		read_well "$a" 'beside the night' export 1 "$count" -o "$work/release-$rounds"
		(cd "$work/release-$rounds" && sha256sum --quiet -c ./manifest-sha256.txt) || fail 'an export beside the night is not whole'
	fi
done
wait $writer
[ $? -le 1 ] || fail "the night beside readers: $(tail -n 3 "$work/night")"
[ $rounds -ge 2 ] || echo "only $rounds rounds of reading beside the night"

records=$("$program" -C "$a" find --count)
answers "$a" >"$work/before"
rows "$a" >"$work/rows"
same_rows() { rows "$1" 2>&1 | cmp -s - "$work/rows" || fail "$2: find gives other rows than before"; }
same() { answers "$1" 2>&1 | cmp -s - "$work/before" || fail "$2: other answers than before"; }

cp -a "$a" "$work/again"
rm -rf "$work/again/catalogue"
run -C "$work/again" find
[ $? -eq 3 ] && grep -q 'ltvault rebuild' "$work/err" || fail "a lost catalogue is not told with what to do: $(cat "$work/err")"
run -C "$work/again" rebuild || fail "rebuild: $(cat "$work/err")"
same "$work/again" 'rebuilt catalogue'
rm "$work/again/search.db"
same_rows "$work/again" 'lost search index'
: >"$work/again/search.db"
same_rows "$work/again" 'empty search index'
head -c 30000 "$program" | dd of="$work/again/search.db" bs=1k seek=8 conv=notrunc 2>/dev/null
same_rows "$work/again" 'overwritten search index'
truncate -s 20000 "$work/again/search.db"
same_rows "$work/again" 'cut search index'
run -C "$work/again" rebuild --search || fail "rebuild --search: $(cat "$work/err")"
same_rows "$work/again" 'search index made anew'

run restore "$work/medium" "$work/restored" || fail "restore: $(cat "$work/err")"
same "$work/restored" 'restored archive'
run -C "$work/restored" fsck --deep || fail "fsck of the restored archive: $(cat "$work/out")"

same_rows "$work/medium" 'the medium'
chmod -R a-w "$work/medium"
medium=$work/medium
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then # root writes whatever the mode says
	chmod a+rx "$work" && chmod -R a+rX "$medium"
	as_nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
	$as_nobody "$program" --version >/dev/null 2>&1 && program_alone=$program && program=$work/as-nobody &&
		printf '#!/bin/sh\nexec %s %s "$@"\n' "$as_nobody" "$program_alone" >"$program" && chmod a+rx "$program"
fi
for words in 'find quyet' 'find --json' 'show 1' 'report' 'fsck --deep'; do
	# shellcheck disable=SC2086
	read_well "$medium" 'medium without writing' $words
done
run -C "$medium" ingest "$work/pki/samples/15-QD-UBND.pdf"
[ $? -eq 2 ] && grep -q 'backup medium' "$work/err" || fail "a medium takes documents in: $(cat "$work/err")"
run -C "$medium" rebuild
[ $? -eq 2 ] && grep -q 'backup medium' "$work/err" || fail "a medium is rebuilt: $(cat "$work/err")"
exit $status
