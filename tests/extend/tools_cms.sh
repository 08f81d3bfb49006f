#!/bin/bash
# The documents of extend-cms before OpenSSL: every signature is still valid, and so is every archive time-stamp.
# usage: tools_cms.sh FOLDER; exit status 77 when it is not there
set -u
folder=$1 status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v openssl >/dev/null || exit 77
openssl x509 -inform DER -in "$folder/root.der" -out "$work/root.pem" || exit 77
while IFS=$'\t' read -r file form at; do
	with=(-binary -inform DER -in "$folder/$file" -CAfile "$work/root.pem" -purpose any -no_check_time)
	[ "$form" = detached ] && with+=(-content "$folder/content")
	openssl cms -verify "${with[@]}" -out "$work/inside" 2>"$work/err" || { echo "openssl cms: $file: $(tail -n 2 "$work/err")"; status=1; }
	cmp -s "$work/inside" "$folder/content" || { echo "content of $file"; status=1; }
done <"$folder/list.tsv"
while IFS=$'\t' read -r file digest at; do
	openssl ts -verify -token_in -in "$folder/$file" -digest "$digest" -CAfile "$work/root.pem" -attime "$at" >"$work/err" 2>&1 ||
		{ echo "openssl ts: $file: $(tail -n 2 "$work/err")"; status=1; }
done <"$folder/tokens.tsv"
[ -s "$folder/list.tsv" ] && [ -s "$folder/tokens.tsv" ] || { echo "nothing to look at"; status=1; }
exit $status
