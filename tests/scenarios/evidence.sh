#!/bin/bash
# Evidence records from the command line, with real time-stamps: made, renewed, both ways, exported, judged by this program and
# by others, and known for what they are when their newest time-stamps were taken away.
# usage: evidence.sh PROGRAM TESTPKI RESPONDERS PYTHON_CHECK
set -u
program=$1 testpki=$2 responders=$3 check=$4
work=$(mktemp -d)
pid=
trap '[ -n "$pid" ] && kill $pid; rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0
at=2026-12-01T00:00:00Z

fail() {
	echo "$*"
	status=1
}

serve() { # PORT
	: >"$work/ready"
	"$responders" --pki "$work/pki" --port "$1" --time $at >"$work/ready" 2>/dev/null &
	pid=$!
	for _ in $(seq 400); do
		grep -q ready "$work/ready" && break
		sleep 0.05
	done
	url=$(sed -n 's/^ready //p' "$work/ready")
}

# The addresses in certificates must be those of the responders: first a port, then the certificates for it.
"$testpki" make "$work/pki" >/dev/null || exit 1
serve 0
[ -n "$url" ] || { echo "no responders"; exit 1; }
kill $pid; wait $pid 2>/dev/null
rm -rf "$work/pki"
"$testpki" make "$work/pki" --base-url "$url" >/dev/null || exit 1
serve "${url##*:}"

a=$work/archive
run() { "$program" -C "$a" --at $at "$@"; }
says() { # STATUS WORDS COMMAND...: the command ends so and prints that
	local want=$1 words=$2
	shift 2
	run "$@" >"$work/out" 2>&1
	local got=$?
	[ $got -eq "$want" ] || fail "$*: status $got: $(tail -n 2 "$work/out")"
	[ -z "$words" ] || grep -q -- "$words" "$work/out" || fail "$*: does not say \"$words\": $(tail -n 2 "$work/out")"
}

"$program" --at $at init "$a" >/dev/null
cp "$work"/pki/trust/* "$a/trust/"
sed -i -e 's/^allow_private = .*/allow_private = 127.0.0.1 localhost/' -e "s|^second = .*|second = SHA3-512|" "$a/ltvault.conf"
says 4 'timestamp.urls' evidence create
sed -i "s|^urls = .*|urls = $url/nothing $url/tsa|" "$a/ltvault.conf"
run ingest "$work"/pki/samples/15-* "$work"/pki/samples/16-* >/dev/null
says 1 'no evidence record' evidence show 1
says 2 'no evidence record' evidence export 1 -o "$work/none.ers"

# One authority answers: the first line of records has it, the second waits for another one.
says 1 '1 rounds' evidence create
says 0 'Proves since 2026-12-01' evidence show 1
says 2 'series 2' evidence export 1 --series 2 -o "$work/none.ers"
sed -i "s|^urls = .*|urls = $url/tsa http://localhost:${url##*:}/tsa|" "$a/ltvault.conf"
says 0 '1 rounds' evidence create
says 0 '' evidence export 1 -o "$work/1.ers"
says 0 '' evidence export 1 --series 2 -o "$work/second.ers"
says 2 'there is a file' evidence export 1 -o "$work/1.ers"
says 0 TOTAL-PASSED evidence check 1
says 0 TOTAL-PASSED evidence check 1 --series 2

# The document and its metadata together: one record for both, what is missing or too much is told.
says 0 'Together since 2026-12-01.*: 2 objects, 0 more' evidence show 1 --group
says 0 '' evidence export 1 --group -o "$work/group.ers"
says 0 TOTAL-PASSED evidence check 1 --group
grep -q EVIDENCE_GROUP_INCOMPLETE "$work/out" && fail "a whole group is called incomplete"
says 2 'no such record' evidence check 99 --group
n=0
for id in $(run --json evidence show 1 --group | grep -o 'sha256:[0-9a-f]*'); do
	n=$((n + 1))
	for pack in "$a"/packs/*.tar; do tar -xOf "$pack" "sha256/${id#sha256:}" >>"$work/member$n" 2>/dev/null; done
done
group() { # STATUS WORDS MEMBER...: what validate says to the group's record with these
	local want=$1 words=$2 with=()
	shift 2
	for file in "$@"; do with+=(--data "$file"); done
	"$program" --at $at validate --offline --json --trust "$work/pki/trust" "${with[@]}" "$work/group.ers" >"$work/out"
	[ $? -eq "$want" ] || fail "group with $*: $(grep -m 3 code "$work/out")"
	if [ -n "$words" ]; then grep -q "$words" "$work/out" || fail "group with $*: no $words"; else ! grep -q ERS_OTHER "$work/out" || fail "group with $*: others"; fi
}
group 0 '' "$work/member1" "$work/member2"
group 0 ERS_OTHER_HASHES "$work/member1"
group 1 HASH_FAILURE "$work/member1" "$work/member2" "$work/pki/samples/16-QD-UBND.pdf"
cp -a "$a" "$work/damaged"
pack=$(grep -l '"symbol":"QĐ-UBND"' "$work"/damaged/packs/*.tar | head -n 1)
printf X | dd of="$pack" bs=1 seek=$(($(grep -abo '"symbol":"QĐ-UBND"' "$pack" | head -n 1 | cut -d : -f 1) + 2)) conv=notrunc status=none
"$program" -C "$work/damaged" --at $at evidence check 1 --group >"$work/out" 2>&1
[ $? -eq 1 ] && grep -q EVIDENCE_GROUP_INCOMPLETE "$work/out" || fail "a damaged member: $(cat "$work/out")"
rm -rf "$work/damaged"

says 0 '2 time-stamp renewals' evidence renew --all
says 0 '1 hash-tree renewals' evidence renew --hash SHA3-384
says 0 'SHA3-384' evidence show 1

# The group goes on in the new tree, and is judged as before: each member, and no other.
says 0 'Together since 2026-12-01.*SHA3-384.*: 2 objects, 0 more that are not there whole$' evidence show 1 --group
rm "$work/group.ers"
says 0 '' evidence export 1 --group -o "$work/group.ers"
says 0 TOTAL-PASSED evidence check 1 --group
grep -q EVIDENCE_GROUP_INCOMPLETE "$work/out" && fail "a renewed group is called incomplete"
group 0 '' "$work/member1" "$work/member2"
group 0 ERS_OTHER_HASHES "$work/member2"
group 1 HASH_FAILURE "$work/member1" "$work/member2" "$work/pki/samples/16-QD-UBND.pdf"
says 0 '' evidence export 1 -o "$work/3.ers"
rm "$work/second.ers"
says 0 '' evidence export 1 --series 2 -o "$work/second.ers"
says 0 TOTAL-PASSED evidence check 1

# Whoever looks at the document is told, and judging it uses the archive's records: of the document that the archive has, and of no
# other. The day after, for a proof is older than what it is used for.
data=$(ls "$work"/pki/samples/15-*.pdf | head -n 1)
says 0 'the document: proven since 2026-12-01' show 1
says 0 'Evidence records: \([0-9]*\) of \1 objects covered, 0 waiting' show 1
says 1 'of these covered by an evidence record' report
for now in 2026-12-01 2026-12-02; do
	"$program" -C "$a" --at ${now}T00:00:00Z validate "$data" >"$work/out" || fail "validate: $(head -n 3 "$work/out")"
	for words in 'In this archive: record 1' EVIDENCE_RECORD_USED 'the document: proven since 2026-12-01' 'provable until 2029-01-01'; do
		grep -q "$words" "$work/out" || fail "validate at $now does not say \"$words\""
	done
done
grep -q 'proven to exist since *2026-12-01.*by an evidence record' "$work/out" || fail "validate names another proof: $(grep proven "$work/out")"
"$program" -C "$a" --at 2026-12-02T00:00:00Z --json validate "$data" >"$work/out"
for words in '"basis": "evidence-record"' '"covered": 1'; do grep -q "$words" "$work/out" || fail "validate --json lacks $words"; done
run validate "$work"/pki/samples/17-CT-UBND.pdf >"$work/out" 2>&1
grep -q -e 'In this archive' -e EVIDENCE_RECORD "$work/out" && fail "validate has records of a document that is not in the archive"

# EVIDENCE_TRUNCATED: the older record is complete in itself, and only the journal knows better; the newest has it not.
says 1 EVIDENCE_TRUNCATED evidence check 1 --record "$work/1.ers"
grep -q TOTAL-PASSED "$work/out" || fail "the truncated record is not good in itself"
says 0 TOTAL-PASSED evidence check 1 --record "$work/3.ers"
grep -q EVIDENCE_TRUNCATED "$work/out" && fail "the whole record is called truncated"
says 1 TOTAL-FAILED evidence check 2 --record "$work/3.ers"

data=$(ls "$work"/pki/samples/15-*.pdf | head -n 1)
for record in 1 second 3; do
	"$program" --at $at validate --offline --json --trust "$work/pki/trust" --data "$data" "$work/$record.ers" >"$work/out" ||
		fail "validate $record.ers: $(grep -m 3 code "$work/out")"
done
"$program" --at $at validate --offline --trust "$work/pki/trust" --data "$work/pki/samples/16-QD-UBND.pdf" "$work/3.ers" >/dev/null &&
	fail "a record proves another document"

# Others: own arithmetic in Python, the tokens with openssl.
if command -v python3 >/dev/null; then
	cat "$work"/pki/trust/*.pem >"$work/anchors.pem"
	for row in '1 1 1' 'second 1 2' '3 2 3'; do
		set -- $row
		rm -rf "$work/tokens"; mkdir "$work/tokens"
		python3 "$check" "$work/$1.ers" "$data" "$work/tokens" "$2" "$3" >"$work/out" 2>&1 || fail "python: $1.ers: $(tail -n 1 "$work/out")"
		for token in "$work"/tokens/*.tst; do
			read -r alg hex <"${token%.tst}.imprint"
			openssl ts -verify -in "$token" -token_in -digest "$hex" -CAfile "$work/anchors.pem" >"$work/out" 2>&1 ||
				fail "openssl ts: $1.ers, $alg: $(tail -n 1 "$work/out")"
		done
	done
	! python3 "$check" "$work/3.ers" "$work/pki/samples/16-QD-UBND.pdf" "$work/tokens" 2 3 >/dev/null 2>&1 ||
		fail "python: a record proves another document"
fi

# The bag has what the archive has.
says 0 '' export 1 -o "$work/bag"
cmp -s "$work/3.ers" "$work/bag/data/1/evidence-record-1.ers" || fail "the bag's evidence record is another one"
cmp -s "$work/second.ers" "$work/bag/data/1/evidence-record-2.ers" || fail "the bag has not the second evidence record"

# The group's record in the bag, by the very lines of its README: whole, with a member changed, with a file put in another's place.
in_bag() { # STATUS WORDS WHAT
	sed -n 's/^       \(grep -F -f .*\|xargs -0 sh .*\)/\1/p' "$work/bag/README.txt" >"$work/lines"
	[ "$(wc -l <"$work/lines")" -eq 2 ] || fail "the bag's README has no command for groups"
	(cd "$work/bag" && PATH=$work/path:$PATH N=1 TRUST=$work/pki/trust sh "$work/lines") >"$work/out" 2>&1
	local got=$?
	[ $got -eq 123 ] && got=1 # xargs
	[ $got -eq "$1" ] && grep -q "$2" "$work/out" || fail "$3: status $got: $(head -n 4 "$work/out")"
}
mkdir "$work/path"
printf '#!/bin/sh\nexec "%s" --at %s --json "$@"\n' "$program" $at >"$work/path/ltvault"
chmod +x "$work/path/ltvault"
[ "$(sort "$work/bag/data/1/evidence-group-1.txt")" = "$(sha256sum "$work/member1" "$work/member2" | cut -d ' ' -f 1 | sort)" ] ||
	fail "the bag names other members"
in_bag 0 TOTAL-PASSED "the group in the bag"
grep -q ERS_OTHER_HASHES "$work/out" && fail "the group in the bag lacks members"
cp "$work/bag/data/1/metadata.json" "$work/metadata"
echo >>"$work/bag/data/1/metadata.json"
in_bag 1 HASH_FAILURE "a changed member"
cp "$work/metadata" "$work/bag/data/1/metadata.json"
in_bag 0 TOTAL-PASSED "the member as it was"
grep -v -F "$(sha256sum <"$work/metadata" | cut -d ' ' -f 1)" "$work/bag/manifest-sha256.txt" >"$work/less"
cp "$work/less" "$work/bag/manifest-sha256.txt"
in_bag 0 ERS_OTHER_HASHES "a member that is not there"

# A night without an authority reports and goes on; the next with one finishes.
kill $pid; wait $pid 2>/dev/null; pid=
run ingest "$work"/pki/samples/17-* >/dev/null 2>&1
run nightly >"$work/out" 2>&1
[ $? -eq 1 ] || fail "the night without an authority: $(tail -n 3 "$work/out")"
grep -q 'step=evidence status=1' "$work/out" || fail "the night does not say that a tree waits"
grep -q 'step=report status=0' "$work/out" || fail "the night did not go on"
serve "${url##*:}"
says 0 'step=evidence status=0' nightly
says 0 'Proves since' evidence show 3
says 0 '' fsck --deep
says 0 '' rebuild
says 0 '' evidence export 1 -o "$work/rebuilt.ers"
cmp -s "$work/3.ers" "$work/rebuilt.ers" || fail "after rebuild the evidence record is another one"

# Some months before the authority's algorithm ends by the policy the night renews, once.
kill $pid; wait $pid 2>/dev/null
at=2028-08-15T00:00:00Z
serve "${url##*:}"
run nightly >"$work/out" 2>&1
for words in 'kind=renewal series=1' 'kind=renewal series=2' 'step=evidence status=0'; do
	grep -q "$words" "$work/out" || fail "the night does not say \"$words\": $(grep -E 'evidence|timestamp' "$work/out")"
done
at=2028-08-16T00:00:00Z
run nightly >"$work/out" 2>&1
grep -q 'kind=renewal' "$work/out" && fail "the next night renewed again: $(grep -E 'evidence|timestamp' "$work/out")"
says 0 TOTAL-PASSED evidence check 1
exit $status
