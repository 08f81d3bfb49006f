#!/bin/sh
# Holds the test PKI against programs of other people: check.sh WHAT BINARY_DIR WORK_DIR
# [LTVAULT]; 77 means a program is missing.
set -eu
what=$1 bin=$2 work=$3
out=$work/pki-$what
rm -rf "$out"
mkdir -p "$work"

fail() {
	echo "$*" >&2
	exit 1
}

want() {
	command -v "$1" >/dev/null || { echo "$1 is not installed"; exit 77; }
}

# The samples of expected.tsv that end in .pdf and whose indication with evidence is $1.
pdfs() {
	awk -F '\t' -v want="$1" 'NR > 1 && $1 ~ /\.pdf$/ && $4 == want {print $1}' "$out/expected.tsv"
}

"$bin/ltv-testpki" make "$out"

case $what in
same)
	rm -rf "$out.again" "$out.bulk" "$out.bulk2"
	"$bin/ltv-testpki" make "$out.again"
	diff -r "$out" "$out.again"
	"$bin/ltv-testpki" bulk "$out.bulk" 20 7
	"$bin/ltv-testpki" bulk "$out.bulk2" 20 7
	diff -r "$out.bulk" "$out.bulk2"
	"$bin/ltv-testpki" bulk "$out.bulk2" 20 8
	! diff -rq "$out.bulk" "$out.bulk2" >/dev/null || fail "the seed changed nothing"
	rm -rf "$out.large" "$out.large2"
	"$bin/ltv-testpki" large "$out.large" 1 2
	"$bin/ltv-testpki" large "$out.large2" 1 2
	diff -r "$out.large" "$out.large2"
	;;
table)
	# Every sample has a line and every line a sample; nothing is named twice.
	(cd "$out/samples" && ls | grep -v '\.json$' | LC_ALL=C sort) >"$out/have"
	awk -F '\t' 'NR > 1 {print $1}' "$out/expected.tsv" | LC_ALL=C sort >"$out/said"
	diff "$out/have" "$out/said"
	awk -F '\t' 'NF != 7 {print "fields: " $0; bad = 1} END {exit bad}' "$out/expected.tsv"
	test "$(wc -l <"$out/expected.tsv")" -gt 31
	;;
qpdf)
	want qpdf
	for f in $(pdfs TOTAL-PASSED) $(pdfs INDETERMINATE) $(pdfs NO-SIGNATURE); do
		qpdf --check "$out/samples/$f" >"$out/said" 2>&1 || { cat "$out/said"; fail "$f"; }
	done
	! qpdf --check "$out/samples/71-QD-UBND-cut.pdf" >/dev/null 2>&1 || fail "the cut file is whole"
	;;
pdfsig)
	want pdfsig
	for f in $(pdfs TOTAL-PASSED) $(pdfs INDETERMINATE); do
		pdfsig -nocert "$out/samples/$f" >"$out/said" 2>&1 || true
		grep -q "Signature is Valid" "$out/said" || { cat "$out/said"; fail "$f"; }
		! grep -Eq "Mismatch|is Invalid" "$out/said" || { cat "$out/said"; fail "$f"; }
	done
	pdfsig -nocert "$out/samples/40-QD-UBND-tampered.pdf" 2>&1 | grep -q "Digest Mismatch"
	pdfsig -nocert "$out/samples/41-QD-UBND-bad-value.pdf" 2>&1 | grep -q "is Invalid"
	;;
text)
	want pdftotext
	pdftotext "$out/samples/15-QD-UBND.pdf" - | grep -q "Ban hành Quy chế quản lý, sử dụng chữ ký số"
	;;
openssl)
	want openssl
	cd "$out"
	openssl x509 -inform DER -in evidence/sub-g2.crt -out sub-g2.pem
	openssl crl -inform DER -in evidence/sub-g2.crl -out sub-g2.crl.pem
	openssl crl -inform DER -in evidence/root-g2.crl -out root-g2.crl.pem
	cat sub-g2.crl.pem root-g2.crl.pem >crls.pem
	at=$(date -u -d 2026-12-01 +%s)
	verify() {
		openssl verify -attime "$at" -crl_check_all -CRLfile crls.pem -CAfile trust/root-g2.pem \
			-untrusted sub-g2.pem "certs/$1.pem" >said 2>&1
	}
	for good in chairman deputy office chief-p256 department-p384 ward-chairman ward wrong-usage tsa-g2 sub-g2; do
		verify $good || { cat said; fail "$good"; }
	done
	for bad in "revoked-person:certificate revoked" "held-person:certificate revoked" \
		"expired-person:certificate has expired" "future-person:certificate is not yet valid" \
		"unknown-person:unable to get"; do
		! verify "${bad%%:*}" || fail "$bad"
		grep -q "${bad#*:}" said || { cat said; fail "$bad"; }
	done
	cat trust/root-g2.pem sub-g2.pem >both.pem
	openssl cms -verify -cades -binary -inform DER -in samples/75-du-lieu.txt.p7s -content samples/75-du-lieu.txt \
		-attime "$at" -CAfile both.pem -out /dev/null
	openssl cms -verify -binary -inform DER -in samples/76-BC-UBND.p7m -attime "$at" -CAfile both.pem -out /dev/null
	openssl ts -verify -in samples/77-du-lieu.tsr -data samples/75-du-lieu.txt -attime "$at" -CAfile trust/root-g2.pem
	openssl ts -verify -token_in -in samples/78-du-lieu.tst -data samples/75-du-lieu.txt -attime "$at" \
		-CAfile trust/root-g2.pem
	openssl ocsp -respin evidence/chairman.ocsp -issuer sub-g2.pem -cert certs/chairman.pem -CAfile both.pem \
		-attime "$at" -no_nonce 2>&1 | grep -q "certs/chairman.pem: good"
	;;
responders)
	want openssl
	want curl
	cd "$out"
	mkfifo said.fifo
	"$bin/ltv-testresponders" --pki "$out" --port 0 --time 2026-11-20T08:00:00Z >said.fifo &
	server=$!
	trap 'kill $server 2>/dev/null || true' EXIT
	read -r ready url <said.fifo
	test "$ready" = ready
	at=$(date -u -d 2026-11-21 +%s)
	get() { curl -sS -f --noproxy '*' "$@"; }
	post() { get -H "Content-Type: application/$1" --data-binary "@$2" "$url/$3"; }

	get "$url/pki/pub/crt/sub-g2.crt" | cmp - evidence/sub-g2.crt
	openssl x509 -inform DER -in evidence/sub-g2.crt -out sub-g2.pem
	cat trust/root-g2.pem sub-g2.pem >both.pem
	get "$url/pki/pub/crl/sub-g2.crl" >live.crl
	openssl crl -inform DER -in live.crl -CAfile both.pem -noout -lastupdate 2>&1 | grep -q "Nov 20 08:00:00 2026"

	asked() { # certificate, answer
		openssl ocsp -issuer sub-g2.pem -cert "certs/$1.pem" -reqout request -no_nonce >/dev/null 2>&1
		post ocsp-request request ocsp/sub-g2 >answer
		get "$url/ocsp/sub-g2/$(openssl base64 -A -in request | sed 's/+/%2B/g;s,/,%2F,g;s/=/%3D/g')" | cmp - answer
		openssl ocsp -respin answer -issuer sub-g2.pem -cert "certs/$1.pem" -CAfile both.pem -attime "$at" \
			-no_nonce >said 2>&1 || { cat said; fail "$1"; }
		grep -q "certs/$1.pem: $2" said && grep -q "Response verify OK" said || { cat said; fail "$1"; }
	}
	asked chairman good
	asked revoked-person revoked
	openssl ocsp -issuer sub-g2.pem -serial 99 -reqout request -no_nonce >/dev/null 2>&1
	post ocsp-request request ocsp/sub-g2 | openssl ocsp -respin /dev/stdin -resp_text -noverify | grep -q "unknown"
	# With a nonce, straight from the client; the root's answers come from its own responder.
	openssl ocsp -issuer trust/root-g2.pem -cert sub-g2.pem -url "$url/ocsp/root-g2" -CAfile both.pem -attime "$at" \
		>said 2>&1
	grep -q "sub-g2.pem: good" said && grep -q "Response verify OK" said || { cat said; fail "nonce"; }

	openssl ts -query -data expected.tsv -sha512 -cert -out query >/dev/null 2>&1
	post timestamp-query query tsa >reply
	openssl ts -verify -queryfile query -in reply -CAfile trust/root-g2.pem -attime "$at"
	openssl ts -reply -in reply -text | grep -q "Nov 20 08:00:00 2026"
	openssl ts -query -data expected.tsv -sha256 -out query >/dev/null 2>&1
	post timestamp-query query tsa >reply
	cat certs/tsa-g2.pem sub-g2.pem >tsa.pem
	openssl ts -verify -queryfile query -in reply -CAfile trust/root-g2.pem -untrusted tsa.pem -attime "$at"
	openssl ts -reply -in reply -token_out -out token >/dev/null 2>&1
	! openssl pkcs7 -inform DER -in token -print_certs | grep -q "BEGIN CERT" || fail "certificates without asking"

	# What is no request is told so, and the server lives on.
	printf 'rubbish' >query
	post timestamp-query query tsa | openssl ts -reply -in /dev/stdin -text | grep -q "Rejected"
	post ocsp-request query ocsp/sub-g2 | openssl ocsp -respin /dev/stdin -resp_text -noverify | grep -q malformed
	! get "$url/nothing" 2>/dev/null || fail "nothing is there"
	! get -X DELETE "$url/tsa" 2>/dev/null || fail "only GET and POST"
	head -c 70000 /dev/zero >query
	! post timestamp-query query tsa >/dev/null 2>&1 || fail "too large a request"
	get "$url/pki/pub/crt/sub-g2.crt" | cmp - evidence/sub-g2.crt
	kill -TERM $server
	wait $server

	# A bad server, switch by switch.
	for fault in --truncate --wrong-type "--status 503" "--slow 300"; do
		# shellcheck disable=SC2086
		"$bin/ltv-testresponders" --pki "$out" --port 0 $fault >said.fifo &
		server=$!
		read -r ready url <said.fifo
		status=0
		curl -sS --noproxy '*' -o answer -w '%{http_code} %{content_type} %{time_total}' \
			"$url/pki/pub/crt/sub-g2.crt" >said 2>said.err || status=$?
		case $fault in
		--truncate) test $status = 18 ;; # transfer closed with bytes outstanding
		--wrong-type) grep -q "200 text/html" said ;;
		--status*) grep -q "^503 " said ;;
		--slow*) awk '{exit !($3 >= 0.3)}' said && cmp -s answer evidence/sub-g2.crt ;;
		esac || { cat said; fail "$fault"; }
		kill -TERM $server
		wait $server
	done
	trap - EXIT
	;;
live)
	# The whole way over HTTP: the program fetches issuer, status and nothing else from the responders. Certificates name
	# the responders' port, so a free one is found first: all of their answers must come from certificates that name it.
	ltvault=$4
	mkfifo "$out/said.fifo"
	"$bin/ltv-testresponders" --pki "$out" --port 0 >"$out/said.fifo" &
	server=$!
	read -r ready url <"$out/said.fifo"
	kill -TERM $server
	wait $server
	"$bin/ltv-testpki" make "$out" --base-url "$url"
	"$bin/ltv-testresponders" --pki "$out" --port "${url##*:}" --time 2026-11-20T08:00:00Z >"$out/said.fifo" &
	server=$!
	trap 'kill $server 2>/dev/null || true' EXIT
	read -r ready url <"$out/said.fifo"
	"$ltvault" init "$out/archive" >/dev/null
	sed -i 's/^allow_private =.*/allow_private = 127.0.0.1/' "$out/archive/ltvault.conf"
	for f in 15-QD-UBND 16-QD-UBND 19-BC-SKHCN 25-CV-UBND-xref 40-QD-UBND-tampered 50-QD-SNV-signed-after-revocation \
		53-QD-SNV-stamped-before-revocation 62-QD-VP-g1 63-HD-unknown-ca 65-QD-SXD-ca-revoked-stamped; do
		wanted=$(awk -F '\t' -v f="$f.pdf" '$1 == f {print $4}' "$out/expected.tsv")
		"$ltvault" -C "$out/archive" --at 2026-11-20T08:05:00Z --json validate --trust "$out/trust" \
			"$out/samples/$f.pdf" >"$out/said" 2>"$out/said.err" || true
		grep -q "^  \"indication\": \"$wanted\"" "$out/said" || { cat "$out/said" "$out/said.err"; fail "$f: not $wanted"; }
	done
	kill -TERM $server
	wait $server
	trap - EXIT
	;;
copies)
	# The block of a copy is read from the signature's layers, whoever else reads it; its words on the page are none.
	want pdftotext
	ltvault=$4
	said() { # FILE TEXT: that stands in the report
		"$ltvault" --at 2026-12-01 --json validate --offline --trust "$out/trust" --evidence "$out/evidence" \
			"$out/samples/$1" >"$out/said" || true
		tr -d '\n' <"$out/said" | sed 's/  */ /g' >"$out/flat"
		grep -qF -- "$2" "$out/flat" || { cat "$out/said"; fail "$1: not $2"; }
	}
	pdftotext "$out/samples/33-SY-UBND-block.pdf" - | grep -q "^UBND PHƯỜNG BẾN ĐÁ$" || fail "pdftotext reads another block"
	said 33-SY-UBND-block.pdf '"words": "SAO Y / UBND PHƯỜNG BẾN ĐÁ / 2026-10-19T09:00:00+07:00"'
	said 33-SY-UBND-block.pdf '"copy": { "by": [ "text", "placement" ], "form": "sao-y",'
	said 33-SY-UBND-block.pdf '"code": "COPY_BLOCK_FOUND"'
	said 33-SY-UBND-block.pdf '"indication": "TOTAL-PASSED", "sub_indication": null, "integrity": "intact", "provable"'
	said 34-SL-UBND-block-numbered.pdf '"reading": "not-readable"'
	said 34-SL-UBND-block-numbered.pdf '"code": "COPY_BLOCK_NOT_READABLE"'
	said 34-SL-UBND-block-numbered.pdf '"copy": { "by": [ "placement" ], "form": null }'
	for f in 33-SY-UBND-block:"taken for a copy by" 34-SL-UBND-block-numbered:"may be a copy by"; do
		LTVAULT_LANG=en "$ltvault" --at 2026-12-01 validate --offline "$out/samples/${f%%:*}.pdf" >"$out/said" || true
		grep -q "^   ${f#*:} .*the place of the signature$" "$out/said" || { cat "$out/said"; fail "$f"; }
	done
	said 28-SY-UBND.pdf '"copy": null }' # SAO Y is the heading of its text
	! grep -q COPY_BLOCK "$out/flat" || fail "28-SY-UBND.pdf has a block"
	;;
*) fail "nothing is called $what" ;;
esac
