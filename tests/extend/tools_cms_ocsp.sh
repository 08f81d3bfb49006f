#!/bin/bash
# The documents of extend-cms_ocsp before OpenSSL: the signatures are still valid, the answers stand where RFC 5940 has them, and each
# is a response that can be read.
# usage: tools_cms_ocsp.sh FOLDER; exit status 77 when it is not there
set -u
folder=$1 status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v openssl >/dev/null || exit 77
openssl x509 -inform DER -in "$folder/root.der" -out "$work/root.pem" || exit 77
rows=0
while IFS=$'\t' read -r file form answers; do
	with=(-binary -inform DER -in "$folder/$file" -CAfile "$work/root.pem" -purpose any -no_check_time)
	[ "$form" = detached ] && with+=(-content "$folder/content")
	openssl cms -verify "${with[@]}" -out "$work/inside" 2>"$work/err" || { echo "openssl cms: $file: $(tail -n 2 "$work/err")"; status=1; }
	cmp -s "$work/inside" "$folder/content" || { echo "content of $file"; status=1; }
	found=$(openssl asn1parse -inform DER -in "$folder/$file" | grep -c 'OBJECT *:\(1\.3\.6\.1\.5\.5\.7\.16\.2\|id-ri-ocsp-response\)$')
	[ "$found" = "$answers" ] || { echo "$file: $found answers, not $answers"; status=1; }
	rows=$((rows + 1))
done <"$folder/list.tsv"
for answer in "$folder"/*.ocsp; do
	openssl ocsp -respin "$answer" -noverify -resp_text 2>&1 | grep -q 'Response Status: successful' || { echo "openssl ocsp: $answer"; status=1; }
done
[ $rows -gt 0 ] || { echo "nothing to look at"; status=1; }
exit $status
