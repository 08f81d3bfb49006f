#!/bin/sh
# Help and manual agree: every option of help is in the manual page and the other way round; help goes to standard
# output and fits 110 columns, in both languages.
# usage: help.sh PROGRAM
set -eu
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

wrong() {
	echo "$1"
	status=1
}

# The options in a help text: those of the command stand before "for every command".
LTVAULT_LANG=en "$program" --help >"$work/help" 2>"$work/errors" || wrong "--help: exit status $?"
commands=$(awk 'NF && /^  [a-z]/ && !/^  -/ {print $1}' "$work/help")
[ -n "$commands" ] || wrong "--help names no command"
for command in $commands; do
	for language in en vi; do
		LTVAULT_LANG=$language "$program" "$command" --help >"$work/$language" 2>"$work/errors" || wrong "$command --help: exit status $?"
		[ ! -s "$work/errors" ] || wrong "$command --help writes to standard error"
		columns=$(LC_ALL=C.UTF-8 wc -L <"$work/$language")
		[ "$columns" -le 110 ] || wrong "$command --help ($language): $columns columns: $(LC_ALL=C.UTF-8 grep -E '^.{111}' "$work/$language")"
	done
	sed '/^for every command/,$d' "$work/en" | grep -oE '^ +(-[a-zA-Z0-9], )? *--[a-z-]+' | grep -oE -e '--[a-z-]+' | sort >"$work/in-help" || true
	"$program" --manual "$command" >"$work/page" || wrong "--manual $command: exit status $?"
	sed -n '/^\.Sh OPTIONS/,/^\.Sh EXIT/p' "$work/page" | grep '^\.It' | sed 's/\\-/-/g' | grep -oE 'Fl --?[a-z-]{2,}' |
		sed 's/^Fl -*/--/' | sort >"$work/in-manual" || true
	diff "$work/in-help" "$work/in-manual" >"$work/diff" || wrong "$command: help (<) and manual (>) differ: $(cat "$work/diff")"
	if command -v mandoc >/dev/null; then
		mandoc -T lint -W error "$work/page" >"$work/lint" || wrong "$command: $(cat "$work/lint")"
	fi
done
"$program" --manual frob >"$work/page" 2>"$work/errors" && wrong '--manual of a command that is none'
[ ! -s "$work/page" ] && grep -q 'frob: no such command' "$work/errors" || wrong "--manual frob: $(cat "$work/errors")"
exit $status
