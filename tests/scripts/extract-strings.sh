#!/bin/sh
# Every text that is translated, as a gettext template on standard output: what the sources mark, and the findings.
# usage: extract-strings.sh SOURCE_DIR
set -eu
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
	echo '#define EXTEND_REFUSAL(name, text) N_(text)'
	echo '#include "validator/extend_refusal.def"'
	echo '#define ERROR(name, status, text) N_(text)'
	echo '#include "base/error.def"'
	echo '#define FINDING(code, severity, rule, text) N_(text)'
	echo '#include "validator/finding.def"'
	echo '#include "archiver/archive_finding.def"'
} >"$work/findings.in.c"
${CC:-cc} -E -P -I. "$work/findings.in.c" >"$work/findings.c"
xgettext --language=C --from-code=UTF-8 --keyword=_ --keyword=N_ --keyword=i18n_text --keyword=i18n_text_in:2 \
	--no-location --no-wrap --sort-output --omit-header --output=- archiver/*.c archiver/*.h archiver/*.def "$work/findings.c"
