#!/bin/sh
# Every finding is named by a test: a document that has it and the nearest that has not begin with that.
# usage: findings.sh SOURCE_DIR
set -eu
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n 's/^FINDING(\([A-Z0-9_]*\),.*/\1/p' "$source/validator/finding.def" "$source/archiver/archive_finding.def" |
	sort -u >"$work/codes"
[ -s "$work/codes" ] || {
	echo "no findings were read"
	exit 1
}
grep -rhoIE '[A-Z][A-Z0-9_]+' "$source/tests" | sed 's/^FINDING_//' | sort -u >"$work/words"
comm -23 "$work/codes" "$work/words" >"$work/missing"
[ -s "$work/missing" ] || exit 0
echo "named in no file below tests/:"
cat "$work/missing"
exit 1
