#!/bin/bash
# One flipped bit anywhere in an archive is found, repaired from a medium, and never taken for right: packs, journal, catalogue.
# Bytes of the catalogue that mean nothing (unused parts of pages, statistics) may differ without being told: there the
# archive must answer as before, and a rebuilt catalogue be the same.
# With 20000 flips it is the long run; each byte is hit in turn, spread evenly over all files.
# usage: bitflip.sh PROGRAM TESTPKI [FLIPS]
set -u
program=$1 testpki=$2 flips=${3:-60}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0 unseen=0 seen=0
night=2026-11-22T02:00:00Z

fail() {
	echo "$*"
	status=1
}

run() { # COMMAND...: output in $work/out, exit status returned
	"$program" --at "$night" -C "$work/a" "$@" >"$work/out" 2>&1
}

flip() { # FILE BYTE BIT
	chmod u+w "$1"
	python3 -c 'import sys
f = open(sys.argv[1], "r+b"); n = int(sys.argv[2]); f.seek(n); b = f.read(1)[0]; f.seek(n); f.write(bytes([b ^ 1 << int(sys.argv[3])]))' "$@"
}

answers() { # what the archive says of every document, and the documents
	"$program" -C "$1" find --json --limit 0 2>/dev/null | sed -e 's/"record":[0-9]*,//' | sort
}

"$testpki" make "$work/pki" >/dev/null || exit 1
"$program" --at "$night" init "$work/good" >/dev/null
cp "$work"/pki/trust/* "$work/good/trust/"
sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^offline = .*/offline = yes/' -e 's/^same_device = .*/same_device = yes/' \
	-e "s|^media = .*|media = $work/medium|" "$work/good/ltvault.conf"
mkdir "$work/medium"
find "$work/pki/samples" -type f -name '*.p*' | sort | head -n 24 | xargs -I{} cp {} "$work/good/spool/in/"
"$program" --at "$night" -C "$work/good" media init "$work/medium" --label first >/dev/null || exit 1
"$program" --at "$night" -C "$work/good" nightly >"$work/out" 2>&1
"$program" -C "$work/good" fsck --deep >"$work/out" 2>&1 || fail "the archive before any flip: $(tail -n 3 "$work/out")"
answers "$work/good" >"$work/rows"
[ "$(wc -l <"$work/rows")" -ge 10 ] || fail 'too few documents'
cp -a "$work/medium" "$work/kept"
(cd "$work/good" && sha256sum packs/* journal/*) >"$work/sums"

files=$(cd "$work/good" && echo packs/* journal/* catalogue/data.mdb)
total=$(cd "$work/good" && cat $files | wc -c)
for ((i = 0; i < flips && !status; i++)); do
	at=$((total * i / flips + (i * 7919) % (total / flips)))
	rm -rf "$work/a" "$work/medium"
	cp -a "$work/good" "$work/a"
	cp -a "$work/kept" "$work/medium"
	for file in $files; do
		size=$(stat -c %s "$work/a/$file")
		[ $at -lt "$size" ] && break
		at=$((at - size))
	done
	where="$file byte $at bit $((i % 8))"
	flip "$work/a/$file" $at $((i % 8))
	run nightly
	result=$?
	case $result in
	0 | 1) unseen=$((unseen + 1)) ;;
	3) seen=$((seen + 1)) ;;
	*) fail "$where: the night ended with $result: $(tail -n 2 "$work/out")" ;;
	esac
	if [ "$file" != catalogue/data.mdb ]; then
		[ $result -eq 3 ] || fail "$where: not told (exit status $result)"
		grep -q 'repaired' "$work/out" || fail "$where: not repaired: $(tail -n 2 "$work/out")"
	fi
	run fsck --deep || fail "$where: after the night: $(head -n 3 "$work/out")"
	answers "$work/a" | cmp -s - "$work/rows" || fail "$where: the archive answers otherwise than before"
	# Packs and journal grew; what was there before is there again, byte for byte.
	while read -r sum name; do
		length=$(stat -c %s "$work/good/$name")
		[ "$(head -c "$length" "$work/a/$name" | sha256sum | cut -d' ' -f1)" = "$sum" ] || fail "$where: $name is not what it was"
	done <"$work/sums"
done
echo "$flips flips: $seen told, $unseen without any effect, in $total bytes"
exit $status
