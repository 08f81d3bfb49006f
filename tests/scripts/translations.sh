#!/bin/sh
# Every text for people has a Vietnamese translation, none is fuzzy, and none stands for a text that is gone.
# usage: translations.sh SOURCE_DIR
set -eu
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$source/tests/scripts/extract-strings.sh" "$source" >"$work/all.pot"
msgmerge --quiet --no-fuzzy-matching --no-wrap -o "$work/merged.po" "$source/archiver/po/vi.po" "$work/all.pot"
msgattrib --untranslated --no-obsolete --no-wrap "$work/merged.po" >"$work/missing.po"
msgattrib --only-obsolete --no-wrap "$work/merged.po" >"$work/gone.po"
status=0
if grep -q '^msgid "..*"' "$work/missing.po"; then
	echo "without a translation in archiver/po/vi.po:"
	grep '^msgid' "$work/missing.po"
	status=1
fi
if grep -q '^#~ msgid' "$work/gone.po"; then
	echo "translated in archiver/po/vi.po, and nowhere in the sources:"
	grep '^#~ msgid' "$work/gone.po"
	status=1
fi
exit $status
