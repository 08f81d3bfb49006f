#!/bin/sh
# Every finding is named by a test: a document that has it and the nearest that has not begin with that. So is every
# fault of what is collected, which docs/collecting.md explains as well.
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
status=0
if [ -s "$work/missing" ]; then
	echo "named in no file below tests/:"
	cat "$work/missing"
	status=1
fi
sed -n 's/^\(TSP\|FETCH\)_FAULT(\([A-Z0-9_]*\),.*/\2/p' "$source/validator/tsp_fault.def" "$source/archiver/fetch_fault.def" \
	>"$work/faults"
[ -s "$work/faults" ] || status=1
while read -r fault; do
	grep -qx "$fault" "$work/words" || { echo "$fault: in no test" && status=1; }
	grep -q "^| \`$fault\` |" "$source/docs/collecting.md" || { echo "$fault: no row in docs/collecting.md" && status=1; }
done <"$work/faults"
exit $status
