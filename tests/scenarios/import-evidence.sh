#!/bin/bash
# Evidence carried by hand into an archive without a network: what the files hold is stored, linked to the records that it helps and
# to no others, and the next night judges those with it. What is no evidence is told and changes nothing.
# usage: import-evidence.sh PROGRAM TESTPKI
set -u
program=$1 testpki=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0
a=$work/a
night=2026-11-22T02:00:00Z later=2026-11-22T05:00:00Z next=2026-12-01T02:00:00Z

fail() {
	echo "$*"
	status=1
}

run() { "$program" -C "$a" "$@" >"$work/out" 2>"$work/err"; }
verdict_of() { "$program" -C "$a" find --json "name:$1" | grep -o '"indication": *"[^"]*"' | cut -d '"' -f 4; }

"$testpki" make "$work/pki" || exit 1
"$program" --at "$night" init "$a" >/dev/null
cp "$work"/pki/trust/* "$a/trust/"
sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^offline = .*/offline = yes/' "$a/ltvault.conf"
# One under the second generation, one under the first.
cp "$work"/pki/samples/{15-QD-UBND,62-QD-VP-g1}.pdf "$a/spool/in/"
run --at "$night" nightly
[ "$(verdict_of 15)" = INDETERMINATE ] || fail "without evidence: $(verdict_of 15)"

# The CA first: until it is known, nothing leads from the signer to a list.
run --at "$later" --json import-evidence "$work/pki/evidence/sub-g2.crt"
[ $? = 0 ] && grep -q '"kind":"certificate"' "$work/out" && grep -q '"numbers":\[1\]' "$work/out" || fail "certificate: $(cat "$work/out" "$work/err")"
run find --count "due<=$later"
grep -qx 1 "$work/out" || fail "due after the certificate: $(cat "$work/out")"
run --at "$next" nightly
# A folder of everything, PEM as well as DER.
mkdir "$work/carried"
openssl crl -inform DER -in "$work/pki/evidence/sub-g2.crl" -out "$work/carried/sub-g2.pem" 2>/dev/null || cp "$work/pki/evidence/sub-g2.crl" "$work/carried/sub-g2.pem"
cp "$work/pki/evidence/root-g2.crl" "$work/pki/evidence/chairman.ocsp" "$work/pki/samples/77-du-lieu.tsr" "$work/carried/"
run --at "$next" --json import-evidence "$work/carried"
[ $? = 0 ] || fail "folder: $(cat "$work/out" "$work/err")"
for kind in crl ocsp timestamp; do grep -q "\"kind\":\"$kind\"" "$work/out" || fail "folder: no $kind: $(cat "$work/out")"; done
grep '"kind":"crl"' "$work/out" | grep -q '"numbers":\[1\]' || fail "folder: $(cat "$work/out")"
# The same again: told as before, and no link is made twice.
events() { "$program" -C "$a" --json report | grep -o '"events":[0-9]*' | head -n 1 | cut -d : -f 2; }
before=$(events)
cp "$work/out" "$work/first"
run --at "$next" --json import-evidence "$work/carried"
cmp -s "$work/first" "$work/out" || fail "again: $(cat "$work/out")"
[ $(($(events) - before)) -le 1 ] || fail "importing the same again made $(($(events) - before)) events"
run --at "$next" verify
[ "$(verdict_of 15)" = TOTAL-PASSED ] || fail "with evidence: $(verdict_of 15): $(cat "$work/out" "$work/err")"
[ "$(verdict_of 62)" = INDETERMINATE ] || fail "the other generation: $(verdict_of 62)"

# Neither evidence nor harm.
head -c 3000 /dev/zero >"$work/zeros"
head -c 200 "$work/pki/evidence/sub-g2.crl" >"$work/cut.crl"
for file in "$work/zeros" "$work/cut.crl" "$work/pki/samples/15-QD-UBND.pdf"; do
	run --at "$next" import-evidence "$file"
	[ $? = 1 ] && grep -q 'neither certificate' "$work/out" || fail "$file: $(cat "$work/out" "$work/err")"
done
run --at "$next" import-evidence "$work/absent"
[ $? = 2 ] || fail "absent file: $?"
run import-evidence
[ $? = 2 ] || fail "no file: $?"
run fsck --deep || fail "fsck: $(cat "$work/out")"
exit $status
