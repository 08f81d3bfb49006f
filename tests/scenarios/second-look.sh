#!/bin/bash
# A certificate is revoked. The first document that shows it brings a second look at all that rest on it: those signed before stay
# valid, with their earlier verdicts as they were; others are not touched.
# usage: second-look.sh PROGRAM TESTPKI
set -u
program=$1 testpki=$2
responders=$(dirname "$testpki")/ltv-testresponders
keys=$(dirname "$0")/../pki/keys
command -v openssl >/dev/null || { echo "openssl is not installed"; exit 77; }
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill $server; rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0
port=0
a=$work/a

fail() {
	echo "$*"
	status=1
}

serve() {
	[ -z "$server" ] || { kill $server; wait $server; }
	rm -f "$work/said"
	mkfifo "$work/said"
	"$responders" --pki "$work/pki" --port "$port" --time "$1" >"$work/said" &
	server=$!
	read -r _ url <"$work/said"
	port=${url##*:}
}

# sign NAME CERTIFICATE: a document with a signature in the spool.
sign() {
	echo "$1" >"$work/text"
	openssl cms -sign -binary -nodetach -cades -in "$work/text" -signer "$work/pki/certs/$2.pem" -inkey "$keys/other.pem" -outform DER \
		-out "$a/spool/in/$1.p7m" 2>/dev/null || exit 77
}

night() {
	serve "$1T01:00:00Z"
	"$program" --at "$1T02:00:00Z" -C "$a" nightly >"$work/out" 2>&1
}
verdicts() { "$program" -C "$a" show --json "$1" | grep -o '"indication": *"[A-Z-]*"' | sort | uniq -c | tr -s ' ' | tr -d '\n'; }
report() { cat "$a/reports/$1.json"; }

"$testpki" make "$work/pki" || exit 1
serve 2026-06-10T01:00:00Z
"$testpki" make "$work/pki" --base-url "$url" || exit 1
"$program" --at 2026-06-09T02:00:00Z init "$a" >/dev/null
cp "$work"/pki/trust/* "$a/trust/"
sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^allow_private =.*/allow_private = 127.0.0.1/' "$a/ltvault.conf"

sign before revoked-person
sign other deputy
night 2026-06-10
night 2026-06-12
[ "$("$program" -C "$a" find --count verdict:TOTAL-PASSED)" = 2 ] || fail "before the revocation: $("$program" -C "$a" find --json)"
! grep -q '"certificates\\":[1-9]' "$work/out" || fail "a second look without a revocation: $(cat "$work/out")"
record=$("$program" -C "$a" find --json name:before | grep -o '"record":[0-9]*' | cut -d : -f 2)
other=$("$program" -C "$a" find --json name:other | grep -o '"record":[0-9]*' | cut -d : -f 2)
first=$("$program" -C "$a" show --verdict 1 --json "$record" | sed -n '/^  "report": {/,/^  }/p' | sha256sum)

# Revoked on the 15th; what comes now shows it, two documents at once.
sign after revoked-person
sign later revoked-person
night 2026-07-01
third=$("$program" -C "$a" find --json name:after | grep -o '"record":[0-9]*' | cut -d : -f 2)
fourth=$("$program" -C "$a" find --json name:later | grep -o '"record":[0-9]*' | cut -d : -f 2)
grep -q 'event=certificate-revoked' "$work/out" || fail "nobody noticed: $(cat "$work/out")"
grep -q '"certificates\\":1[^0-9]' "$work/out" || fail "no second look, or several at one certificate: $(cat "$work/out")"
report 2026-07-01 | tr -d ' \n' | grep -q "\"after\":\[$third,$fourth\]" || fail "not listed as signed after: $(report 2026-07-01)"
report 2026-07-01 | tr -d ' \n' | grep -q "\"before\":\[$record\]" || fail "not listed as signed before: $(report 2026-07-01)"
[ "$("$program" -C "$a" find --count certificate:11000201)" = 3 ] || fail "find: $("$program" -C "$a" find --json certificate:11000201)"
grep -q 'Chứng thư bị phát hiện đã thu hồi' "$a/reports/2026-07-01.html" || fail "not in the report for people"

# The next night looks again: valid, for the archive had it before; beside the earlier verdict, which is as it was.
night 2026-07-02
"$program" -C "$a" show --json "$record" | grep -q '"verified": "2026-07-02T02:00:00Z"' || fail "not judged again: $("$program" -C "$a" show --json "$record")"
[ "$("$program" -C "$a" show --verdict 1 --json "$record" | sed -n '/^  "report": {/,/^  }/p' | sha256sum)" = "$first" ] || fail 'the first verdict was altered'
[ "$("$program" -C "$a" find --json name:before | grep -o '"indication":"[^"]*"')" = '"indication":"TOTAL-PASSED"' ] || fail "$("$program" -C "$a" find --json name:before)"
"$program" -C "$a" show --json "$other" | grep -q REVOKED && fail "the other one: $("$program" -C "$a" show --json "$other")"
[ "$("$program" -C "$a" find --json name:after | grep -o '"sub_indication":"[^"]*"')" = '"sub_indication":"REVOKED_NO_POE"' ] || fail "$("$program" -C "$a" find --json name:after)"
grep -q '"certificates\\":0' "$work/out" || fail "looked twice: $(cat "$work/out")"
"$program" -C "$a" fsck --deep >"$work/out" 2>&1 || fail "fsck: $(cat "$work/out")"
exit $status
