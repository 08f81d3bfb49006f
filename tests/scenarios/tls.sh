#!/bin/bash
# Authorities and status data over TLS: who is believed, who we are, and what is said when one side does not believe the other.
# usage: tls.sh PROGRAM TESTPKI
set -u
program=$1 testpki=$2
responders=$(dirname "$testpki")/ltv-testresponders
command -v openssl >/dev/null || { echo "openssl is not installed"; exit 77; }
work=$(mktemp -d)
servers=()
trap '[ ${#servers[@]} -eq 0 ] || kill "${servers[@]}"; rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0
when=2026-11-20T08:05:00Z

fail() {
	echo "$*"
	status=1
}

# serve PORT [OPTION...]: its port in $port
serve() {
	local listen=$1
	shift
	rm -f "$work/said"
	mkfifo "$work/said"
	"$responders" --pki "$work/pki" --port "$listen" --time 2026-11-20T08:04:00Z "$@" >"$work/said" &
	servers+=($!)
	read -r _ url <"$work/said"
	port=${url##*:}
}

# key NAME; issue NAME ISSUER [EXTENSION]: NAME.pem has certificate and key
issue() {
	local extension=${3:-basicConstraints=CA:FALSE}
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$1.key" 2>/dev/null
	openssl req -new -key "$work/$1.key" -subj "/CN=$1" -out "$work/$1.csr" 2>/dev/null
	if [ "$2" = "$1" ]; then
		openssl req -x509 -key "$work/$1.key" -subj "/CN=$1" -days 36500 -out "$work/$1.crt" 2>/dev/null
	else
		openssl x509 -req -in "$work/$1.csr" -CA "$work/$2.crt" -CAkey "$work/$2.key" -CAcreateserial -days 36500 \
			-extfile <(echo "$extension") -out "$work/$1.crt" 2>/dev/null
	fi || exit 77
	cat "$work/$1.crt" "$work/$1.key" >"$work/$1.pem"
}

issue tls-ca tls-ca
issue other-ca other-ca
issue server tls-ca subjectAltName=DNS:localhost
issue archive tls-ca
issue stranger other-ca
openssl ec -in "$work/archive.key" -aes128 -passout pass:word -out "$work/locked.key" 2>/dev/null
printf 'machine localhost login archive password word\n' >"$work/netrc"
printf 'machine localhost login archive password other\n' >"$work/wrong-netrc"

# Status data from a host that shows who it is and asks nobody; time-stamps from one that asks both ways; one in the clear, which
# wants to know who asks, and one that leads there.
"$testpki" make "$work/pki" || exit 1
serve 0
kill "${servers[0]}"
wait "${servers[0]}" 2>/dev/null
servers=()
"$testpki" make "$work/pki" --base-url "https://localhost:$port" || exit 1
serve "$port" --tls "$work/server.pem"
serve 0 --tls "$work/server.pem" --clients "$work/tls-ca.crt" --password archive:word
tsa=$port
printf 'openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMaxProtocol = TLSv1.2\n' >"$work/openssl.cnf"
OPENSSL_CONF=$work/openssl.cnf serve 0 --tls "$work/server.pem" --clients "$work/tls-ca.crt" --password archive:word
older=$port
serve 0 --password archive:word
clear=$port
serve 0 --tls "$work/server.pem" --redirect "http://localhost:$clear/tsa"
downgrade=$port

"$program" --at "$when" init "$work/a" >/dev/null
cp "$work"/pki/trust/* "$work/a/trust/"
sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^allow_private =.*/allow_private = localhost/' -e 's/^timeout = .*/timeout = 4s/' "$work/a/ltvault.conf"
echo "what is stamped" >"$work/a/spool/in/a.txt"
"$program" --at "$when" -C "$work/a" ingest >/dev/null 2>&1

# set SECTION.KEY=VALUE: each key stands once in the file but for `authorities`, which two sections have
set_value() {
	local section=${1%%.*} key=${1#*.}
	key=${key%%=*}
	sed -i "/^\[$section\]/,/^\[/s|^$key = .*|$key = ${1#*=}|;/^\[$section\]/,/^\[/s|^$key =\$|$key = ${1#*=}|" "$work/b/ltvault.conf"
}

# stamp NAME RESULT WORDS [SETTING...]: a time-stamp with those settings; RESULT `yes`, or the fault in the log, with WORDS
stamp() {
	local name=$1 result=$2 words=$3 setting
	shift 3
	rm -rf "$work/b"
	cp -a "$work/a" "$work/b"
	for setting in "timestamp.urls=https://localhost:$tsa/tsa" "timestamp.authorities=$work/tls-ca.crt" "timestamp.certificate=$work/archive.crt" \
		"timestamp.key=$work/archive.key" "timestamp.passwords=$work/netrc" "network.authorities=$work/tls-ca.crt" "$@"; do
		set_value "$setting"
	done
	"$program" --at "$when" -C "$work/b" evidence create >"$work/out" 2>&1 </dev/null
	local got=$?
	if [ "$result" = yes ]; then
		[ $got -eq 0 ] && ! grep -q 'fault=' "$work/out" || fail "$name: $got: $(cat "$work/out")"
		"$program" -C "$work/b" --json evidence show 1 2>/dev/null | grep -q '"from"' || fail "$name: no time-stamp"
	else
		[ $got -ne 0 ] || fail "$name: status 0"
		grep "$result" "$work/out" | grep -q -- "$words" || fail "$name: no $result with '$words': $(cat "$work/out")"
		"$program" -C "$work/b" --json evidence show 1 2>/dev/null | grep -q '"from"' && fail "$name: there is a time-stamp"
	fi
	grep -q 'word\b.*word\b' "$work/out" && fail "$name: a password was told: $(cat "$work/out")"
}

stamp 'all as it should be' yes ''
stamp 'certificate and key in one file' yes '' "timestamp.certificate=$work/archive.pem" timestamp.key=
stamp 'nobody vouches but the system' fault=FETCH_TLS 'self-signed certificate\|local issuer certificate' timestamp.authorities=
stamp 'somebody else vouches' fault=FETCH_TLS 'self-signed certificate\|local issuer certificate' "timestamp.authorities=$work/other-ca.crt"
stamp 'the file of those who vouch has none' fault=FETCH_TLS "$work/netrc" "timestamp.authorities=$work/netrc"
stamp 'another name' fault=FETCH_TLS "subject name matches target" "timestamp.urls=https://127.0.0.1:$tsa/tsa"
stamp 'no certificate of ours' fault=FETCH_TLS 'the host wants a certificate of ours' timestamp.certificate= timestamp.key=
stamp 'all as it should be, TLS 1.2' yes '' "timestamp.urls=https://localhost:$older/tsa"
stamp 'no certificate of ours, TLS 1.2' fault=FETCH_TLS 'the host may want a certificate of ours: .*handshake failure' \
	"timestamp.urls=https://localhost:$older/tsa" timestamp.certificate= timestamp.key=
stamp 'a certificate of somebody else' fault=FETCH_TLS 'unknown ca' "timestamp.certificate=$work/stranger.crt" "timestamp.key=$work/stranger.key"
stamp 'the key of another certificate' fault=FETCH_TLS "$work/stranger.key" "timestamp.key=$work/stranger.key"
stamp 'a key under a password' fault=FETCH_TLS "$work/locked.key" "timestamp.key=$work/locked.key"
stamp 'a key that is none' fault=FETCH_TLS "$work/netrc" "timestamp.key=$work/netrc"
stamp 'a key that is not there' 'timestamp.key' "$work/no.key: could not be read" "timestamp.key=$work/no.key"
stamp 'a file of passwords that is not there' 'timestamp.passwords' "$work/no.netrc: could not be read" "timestamp.passwords=$work/no.netrc"
stamp 'a wrong password' fault=FETCH_STATUS 'HTTP status 401' "timestamp.passwords=$work/wrong-netrc"
stamp 'no password' fault=FETCH_STATUS 'HTTP status 401' timestamp.passwords=
stamp 'a password in the clear, where the address says so' yes '' "timestamp.urls=http://localhost:$clear/tsa"
stamp 'a password is not shown in the clear after TLS' fault=FETCH_STATUS 'HTTP status 401' "timestamp.urls=https://localhost:$downgrade/tsa"

# Status data: the authority's certificate is judged with lists and answers from the first host.
stamp 'nobody vouches for the host of the lists' fault=FETCH_TLS 'kind=crl\|kind=ocsp' network.authorities=
stamp 'so its time-stamp is not used' fault=TSP_NOT_VALID 'CERT_NO_PATH\|REVOCATION_MISSING' network.authorities=
stamp 'the file of those who vouch is not there' fault=FETCH_TLS "$work/no.crt" "network.authorities=$work/no.crt"
exit $status
