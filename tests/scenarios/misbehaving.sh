#!/bin/bash
# Each misbehaviour of each service (OCSP, revocation lists, certificates of issuers, time-stamps) in a real night: it is told by its
# name, the verdict is what the rest allows, nothing becomes evidence that did not verify, all steps of the night are done, and
# the archive checks clean.
# usage: misbehaving.sh PROGRAM TESTPKI [KIND...]
set -u
program=$1 testpki=$2
shift 2
chosen=" $* "
responders=$(dirname "$testpki")/ltv-testresponders
keys=$(dirname "$0")/../pki/keys
command -v openssl >/dev/null || { echo "openssl is not installed"; exit 77; }
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill $server; rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0
port=0
when=2026-11-20T08:02:00Z
a=$work/b

fail() {
	echo "$*"
	status=1
}

# serve [OPTION...]
serve() {
	[ -z "$server" ] || { kill $server; wait $server; }
	rm -f "$work/said"
	mkfifo "$work/said"
	"$responders" --pki "$work/pki" --port "$port" --time 2026-11-20T08:00:00Z "$@" >"$work/said" &
	server=$!
	read -r _ url <"$work/said"
	port=${url##*:}
}

"$testpki" make "$work/pki" || exit 1
serve
"$testpki" make "$work/pki" --base-url "$url" || exit 1
"$program" --at "$when" init "$work/a" >/dev/null
cp "$work"/pki/trust/* "$work/a/trust/"
sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^allow_private =.*/allow_private = 127.0.0.1/' -e 's/^timeout = .*/timeout = 4s/' \
	-e "s|^urls = .*|urls = $url/tsa|" -e 's/^policy = $/policy = /' -e '/^\[timestamp\]/,/^\[/s/^policy =.*/policy = 2.16.704.1.1.1.1.2/' "$work/a/ltvault.conf"
echo "a document" >"$work/text"
openssl cms -sign -binary -nodetach -cades -in "$work/text" -signer "$work/pki/certs/chairman.pem" -inkey "$keys/person.pem" \
	-outform DER -out "$work/a/spool/in/document.p7m" 2>/dev/null || exit 77

# The digests of objects that are linked to the document, by kind.
linked() { "$program" -C "$a" show --json 1 | sed -n '/"evidence"/,/\]/p' | tr -d ' \n' | grep -o "{[^}]*}" | grep "\"kind\":\"$1\"" | grep -o 'sha256:[0-9a-f]*\|[0-9a-f]\{64\}' | grep -o '[0-9a-f]\{64\}' | sort; }
verdict() { "$program" -C "$a" find --json name:document | grep -o '"indication":"[A-Z-]*"' | cut -d '"' -f 4; }
stamps() { "$program" -C "$a" --json evidence show 1 2>/dev/null | grep -c '"from"'; }

night() { # KIND:BAD
	serve --bad "$1"
	rm -rf "$a"
	cp -a "$work/a" "$a"
	timeout 100 "$program" --at "$when" -C "$a" nightly >"$work/out" 2>&1
}

# What a good night leaves: the same evidence, the same verdict, a time-stamp.
night none
[ $? -eq 0 ] && [ "$(verdict)" = TOTAL-PASSED ] && [ "$(stamps)" = 1 ] || fail "a good night: $(verdict), $(stamps): $(cat "$work/out")"
good=$(linked certificate)
[ -n "$good" ] && [ -n "$(linked crl)" ] && [ -n "$(linked ocsp)" ] || fail "a good night: evidence: $(linked certificate) $(linked crl) $(linked ocsp)"

# KIND BAD VERDICT LINKED LOG: what the document comes to (passed, unsure; any: a host that has too much to do or is slow is left alone, and all
# services here are on one host), whether what this service gave is its evidence, and what
# the log has, a basic regular expression.
table='
ocsp slow any no kind=ocsp .*fault=FETCH_TIMEOUT
ocsp truncated passed no kind=ocsp .*fault=FETCH_TRUNCATED
ocsp huge passed no kind=ocsp .*fault=FETCH_TOO_LARGE
ocsp empty passed no kind=ocsp .*fault=FETCH_EMPTY
ocsp wrong-type passed yes event=fetch_odd kind=ocsp .*fault=FETCH_WRONG_TYPE
ocsp redirect-loop passed no kind=ocsp .*fault=FETCH_REDIRECTED
ocsp overloaded any no kind=ocsp .*fault=FETCH_STATUS .*503
ocsp malformed passed no kind=ocsp .*fault=FETCH_UNREADABLE
ocsp rejection passed no kind=ocsp .*fault=FETCH_UNREADABLE
ocsp clock passed yes -
ocsp wrong-certificate passed no event=evidence_not_accepted kind=ocsp
ocsp expired-certificate passed no event=evidence_not_accepted kind=ocsp
crl slow any no kind=crl .*fault=FETCH_TIMEOUT
crl truncated passed no kind=crl .*fault=FETCH_TRUNCATED
crl huge passed no kind=crl .*fault=FETCH_TOO_LARGE
crl empty passed no kind=crl .*fault=FETCH_EMPTY
crl wrong-type passed yes event=fetch_odd kind=crl .*fault=FETCH_WRONG_TYPE
crl redirect-loop passed no kind=crl .*fault=FETCH_REDIRECTED
crl overloaded any no kind=crl .*fault=FETCH_STATUS .*503
crl malformed passed no kind=crl .*fault=FETCH_UNREADABLE
crl rejection passed no kind=crl .*fault=FETCH_STATUS .*403
crl clock passed yes -
crl wrong-certificate passed no event=evidence_not_accepted kind=crl
crl expired-certificate passed yes -
cert slow unsure no kind=certificate .*fault=FETCH_TIMEOUT
cert truncated unsure no kind=certificate .*fault=FETCH_TRUNCATED
cert huge unsure no kind=certificate .*fault=FETCH_TOO_LARGE
cert empty unsure no kind=certificate .*fault=FETCH_EMPTY
cert wrong-type passed yes -
cert redirect-loop unsure no kind=certificate .*fault=FETCH_REDIRECTED
cert overloaded unsure no kind=certificate .*fault=FETCH_STATUS .*503
cert malformed unsure no kind=certificate .*fault=FETCH_UNREADABLE
cert rejection unsure no kind=certificate .*fault=FETCH_STATUS .*403
cert wrong-certificate unsure no event=evidence_not_accepted kind=certificate
cert expired-certificate unsure no event=evidence_not_accepted kind=certificate
tsa slow passed no event=timestamp_failed .*fault=FETCH_TIMEOUT
tsa truncated passed no event=timestamp_failed .*fault=FETCH_TRUNCATED
tsa huge passed no event=timestamp_failed .*fault=FETCH_TOO_LARGE
tsa empty passed no event=timestamp_failed .*fault=FETCH_EMPTY
tsa wrong-type passed yes event=timestamp_odd .*fault=FETCH_WRONG_TYPE
tsa redirect-loop passed no event=timestamp_failed .*fault=FETCH_REDIRECTED
tsa overloaded passed no event=timestamp_failed .*fault=FETCH_STATUS .*503
tsa malformed passed no event=timestamp_failed .*fault=TSP_MALFORMED
tsa rejection passed no event=timestamp_failed .*fault=TSP_REJECTED
tsa clock passed no event=timestamp_failed .*fault=TSP_WRONG_TIME
tsa wrong-certificate passed no event=timestamp_failed .*fault=TSP_NOT_VALID
tsa expired-certificate passed no event=timestamp_failed .*fault=TSP_NOT_VALID
tsa wrong-nonce passed no event=timestamp_failed .*fault=TSP_WRONG_NONCE
tsa wrong-imprint passed no event=timestamp_failed .*fault=TSP_WRONG_IMPRINT
tsa wrong-policy passed no event=timestamp_failed .*fault=TSP_WRONG_POLICY
'
tried=0
while read -r kind bad wanted has log; do
	[ -n "$kind" ] || continue
	[ "$chosen" = '  ' ] || [[ $chosen == *" $kind "* ]] || continue
	tried=$((tried + 1))
	night "$kind:$bad"
	got=$?
	what="$kind $bad"
	[ $got -le 1 ] || fail "$what: exit status $got: $(cat "$work/out")"
	[ "$log" = - ] || grep -q "$log" "$work/out" || fail "$what: no '$log': $(grep -v level=info "$work/out")"
	[ "$wanted" = any ] || [ "$(verdict)" = "$([ "$wanted" = passed ] && echo TOTAL-PASSED || echo INDETERMINATE)" ] || fail "$what: $(verdict)"
	case $kind in
	ocsp | crl) found=$(linked "$kind") ;;
	cert) found=$(linked certificate) ;;
	tsa) found=$(stamps | grep -v '^0$') ;;
	esac
	[ "$has" = "$([ -n "$found" ] && echo yes || echo no)" ] || fail "$what: evidence: $found"
	[ "$kind" != cert ] || [ -z "$found" ] || [ "$found" = "$good" ] || fail "$what: other certificates: $found"
	# The night went on to its end.
	[ "$(ls "$a"/reports/*.html 2>/dev/null | wc -l)" = 1 ] || fail "$what: no report: $(cat "$work/out")"
	[ -e "$a/spool/in/document.p7m" ] && fail "$what: the document is still in the spool"
	"$program" -C "$a" fsck --deep >"$work/out" 2>&1 || fail "$what: fsck: $(cat "$work/out")"
done <<<"$table"
[ $tried -gt 0 ] || fail 'nothing was tried'
exit $status
