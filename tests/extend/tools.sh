#!/bin/sh
# The documents of extend-matrix before qpdf and pdfsig: whole files, and every signature still valid.
# usage: tools.sh FOLDER; exit status 77 when neither tool is there
set -u
status=0
command -v qpdf >/dev/null || command -v pdfsig >/dev/null || exit 77
for file in "$1"/*.pdf; do
	if command -v qpdf >/dev/null; then
		qpdf --check "$file" >/dev/null 2>&1 || { echo "qpdf --check: $file"; status=1; }
	fi
	if command -v pdfsig >/dev/null; then
		said=$(pdfsig "$file" 2>/dev/null)
		signatures=$(echo "$said" | grep -c 'Type: ETSI.CAdES.detached')
		valid=$(echo "$said" | grep -c 'Signature is Valid')
		[ "$signatures" -gt 0 ] && [ "$signatures" -eq "$valid" ] || { echo "pdfsig: $file: $valid of $signatures"; status=1; }
	fi
done
exit $status
