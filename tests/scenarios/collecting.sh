#!/bin/bash
# What is fetched, how often, and what becomes of it. Many documents of one CA cost one list and one answer a certificate in a
# night; a later night asks again, keeps both answers, and is then content. Every misbehaviour of a responder is named in the
# log, the run goes on, and nothing that did not verify becomes evidence.
# usage: collecting.sh PROGRAM TESTPKI
set -u
program=$1 testpki=$2
responders=$(dirname "$testpki")/ltv-testresponders
keys=$(dirname "$0")/../pki/keys
for tool in curl openssl; do
	command -v $tool >/dev/null || { echo "$tool is not installed"; exit 77; }
done
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill $server; rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0
port=0

fail() {
	echo "$*"
	status=1
}

# serve TIME [OPTION...]
serve() {
	[ -z "$server" ] || { kill $server; wait $server; }
	rm -f "$work/said"
	mkfifo "$work/said"
	"$responders" --pki "$work/pki" --port "$port" --time "$@" >"$work/said" &
	server=$!
	read -r _ url <"$work/said"
	port=${url##*:}
}

# The archive $1, empty.
archive() {
	rm -rf "${1:?}"
	"$program" --at "$first" init "$1" >/dev/null
	cp "$work"/pki/trust/* "$1/trust/"
	sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^allow_private =.*/allow_private = 127.0.0.1/' -e 's/^timeout = .*/timeout = 4s/' "$1/ltvault.conf"
}

counted() { curl -sS --noproxy '*' "$url/count" | awk -v kind="$1" '$1 == kind {print $2}'; }

# asked WHEN KIND NUMBER
asked() { [ "$(counted "$2")" = "$3" ] || fail "$1: asked for $2 $(counted "$2") times, not $3"; }

# kinds NUMBER: of the evidence of a record, sorted.
kinds() { "$program" -C "$a" show --json "$1" | sed -n '/"evidence"/,/\]/p' | grep -o '"kind": "[a-z]*"' | sort | tr -d '\n'; }

first=2026-11-20T08:05:00Z second=2026-11-22T02:00:00Z third=2026-12-23T02:00:00Z
"$testpki" make "$work/pki" || exit 1
serve 2026-11-20T08:00:00Z # finds a free port
"$testpki" make "$work/pki" --base-url "$url" || exit 1

# ---- one list and one answer a certificate ----
documents=150
a=$work/a
archive "$a"
for ((i = 1; i <= documents; i++)); do
	echo "document $i" >"$work/text"
	openssl cms -sign -binary -nodetach -cades -in "$work/text" -signer "$work/pki/certs/chairman.pem" -inkey "$keys/person.pem" \
		-outform DER -out "$a/spool/in/$i.p7m" 2>/dev/null || exit 77
done
serve 2026-11-20T08:00:00Z
"$program" --at "$first" -C "$a" nightly >"$work/out" 2>&1
[ "$("$program" -C "$a" find --count 'verdict:TOTAL-PASSED' | tr -cd 0-9)" = $documents ] ||
	fail "first night: $("$program" -C "$a" find --count 'verdict:TOTAL-PASSED') of $documents passed: $(head -n 5 "$work/out")"
asked 'first night' ocsp 2 # the person and the CA
asked 'first night' crl 2
asked 'first night' cert 1
before=$(kinds 1)

# ---- the same day again: the lists are asked for under their names, and nothing comes ----
echo "another" >"$work/text"
openssl cms -sign -binary -nodetach -cades -in "$work/text" -signer "$work/pki/certs/deputy.pem" -inkey "$keys/other.pem" \
	-outform DER -out "$a/spool/in/another.p7m" 2>/dev/null
"$program" --at 2026-11-20T09:00:00Z -C "$a" nightly >"$work/out" 2>&1
asked 'same day' unchanged 3
asked 'same day' crl 4
[ "$("$program" -C "$a" find --count 'verdict:TOTAL-PASSED' | tr -cd 0-9)" = $((documents + 1)) ] || fail "same day: $(cat "$work/out")"

# ---- after the grace period: what was said before the signature is asked again, once for all, and both are kept ----
serve 2026-11-22T01:00:00Z
"$program" --at "$second" -C "$a" nightly >"$work/out" 2>&1
asked 'second night' ocsp 3 # the two persons and the CA
asked 'second night' crl 2
after=$(kinds 1)
[ "$(grep -o ocsp <<<"$after" | wc -l)" = $((2 * $(grep -o ocsp <<<"$before" | wc -l))) ] || fail "second night: $before, then $after"
# Now there is an answer from after the signature: nothing is due before the usual interval is over.
serve 2026-11-24T01:00:00Z
"$program" --at 2026-11-24T02:00:00Z -C "$a" nightly >"$work/out" 2>&1
asked 'third night' ocsp 0

# ---- bad responders ----
for row in slow:FETCH_TIMEOUT truncated:FETCH_TRUNCATED huge:FETCH_TOO_LARGE empty:FETCH_EMPTY redirect-loop:FETCH_REDIRECTED \
	overloaded:FETCH_STATUS malformed:FETCH_UNREADABLE rejection: clock: wrong-certificate: expired-certificate:; do
	bad=${row%%:*} fault=${row#*:}
	serve 2026-11-20T08:00:00Z --bad "ocsp:$bad" --bad "crl:$bad"
	a=$work/bad
	archive "$a"
	# Too much is not too slow, whatever else the machine is at.
	[ "$bad" != huge ] || sed -i 's/^timeout = .*/timeout = 40s/' "$a/ltvault.conf"
	cp "$work/pki/samples/15-QD-UBND.pdf" "$a/spool/in/"
	timeout 120 "$program" --at "$first" -C "$a" nightly >"$work/out" 2>&1
	[ $? -le 1 ] || fail "$bad: exit status: $(cat "$work/out")"
	[ -z "$fault" ] || grep -q "fault=$fault " "$work/out" || fail "$bad: no $fault: $(cat "$work/out")"
	"$program" -C "$a" find --json | grep -q '"indication": *"INDETERMINATE"' || fail "$bad: $("$program" -C "$a" find --json)"
	case $bad in
	clock | expired-certificate) ;; # authentic, only too old
	*) kinds 1 | grep -Eq 'ocsp|crl' && fail "$bad: evidence: $(kinds 1)" ;;
	esac
	"$program" -C "$a" fsck --deep >"$work/out" 2>&1 || fail "$bad: fsck: $(cat "$work/out")"
done
exit $status
