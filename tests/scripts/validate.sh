#!/bin/sh
# What validate and path say to things that cannot be judged: the exit status, the words, and nothing else happens.
# usage: validate.sh PROGRAM
set -eu
program=$1
containers=$(cd "$(dirname "$0")/../fuzz/corpus/asic" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset LTVAULT_ARCHIVE
export LTVAULT_LANG=en
failed=0

# expect STATUS TEXT ARGUMENT... : TEXT stands on standard output or standard error.
expect() {
	wanted=$1 text=$2
	shift 2
	status=0
	"$program" "$@" >said 2>&1 </dev/null || status=$?
	if [ "$status" != "$wanted" ] || ! grep -qF -- "$text" said; then
		echo "ltvault $*: exit status $status instead of $wanted, or without \"$text\":"
		cat said
		failed=1
	fi
}

newline='two
lines.pdf'
mkdir folder
mkfifo fifo
: >empty.pdf
printf 'rubbish' >rubbish
printf 'rubbish' >"$newline"
ln -s rubbish link
ln -s nowhere dangling
printf '%%PDF-1.7\nnothing more' >truncated.pdf

expect 2 "folder: is a folder, not a file" validate --offline folder
expect 2 "fifo: is a FIFO, not a file" validate --offline fifo
expect 2 "/dev/zero: is a device, not a file" validate --offline /dev/zero
expect 2 "absent: No such file or directory" validate --offline absent
expect 2 "dangling: No such file or directory" validate --offline dangling
expect 2 '"error": "absent: No such file or directory"' validate --offline --json absent
expect 2 "[EMPTY_FILE]" validate --offline empty.pdf
expect 2 '"code": "EMPTY_FILE"' validate --offline --json empty.pdf
expect 2 "[NOT_RECOGNISED]" validate --offline rubbish
expect 2 "[NOT_RECOGNISED]" validate --offline link
expect 2 'two\u000alines.pdf' validate --offline "$newline"
expect 2 '"file": "two\\u000alines.pdf"' validate --offline --json "$newline"
expect 1 "[DOCUMENT_DAMAGED]" validate --offline truncated.pdf
expect 2 "mainindication:no-signature" validate --offline --etsi rubbish
expect 2 "--etsi and --json: one of them, please" validate --offline --etsi --json rubbish
# In the worker itself: nothing that unpacking and XML need is forbidden there, and names do not depend on the locale.
for locale in C C.UTF-8; do
	export LC_ALL=$locale
	expect 1 '"integrity": "intact"' validate --offline --json "$containers/extended"
	expect 1 '"coverage": "whole-file"' validate --offline --json "$containers/extended"
done
unset LC_ALL
expect 2 "[ASIC_XADES_NOT_SUPPORTED]" validate --offline "$containers/xades"
expect 1 "[ASIC_NAME_UNREADABLE]" validate --offline "$containers/old-name"
expect 2 "one file, please" validate
expect 2 "one file, please" validate a b
expect 2 "--frob: unknown option" validate --frob rubbish
expect 2 "--trust: needs PATH" validate rubbish --trust
expect 2 "absent: No such file or directory" validate --offline --trust absent rubbish
expect 2 "rubbish: holds no certificate" validate --offline --trust rubbish rubbish
expect 2 "[NOT_RECOGNISED]" validate --offline --trust folder rubbish
expect 2 "absent: No such file or directory" validate --offline --evidence absent rubbish
expect 2 "absent: No such file or directory" validate --offline --data absent rubbish
expect 2 "fifo: is a FIFO, not a file" validate --offline --data fifo rubbish
expect 2 '"strict" is not hard, soft or off' validate --offline --revocation strict rubbish
expect 2 "absent: No such file or directory" validate --offline --policy absent rubbish
expect 2 "is not ALG:HEX" validate --offline --digest SHA-256:00 rubbish
expect 2 "is not ALG:HEX" validate --offline --digest 00 rubbish
expect 2 "is not a time" --at yesterday validate --offline rubbish
expect 2 "there is no archive here" -C folder validate --offline rubbish
expect 2 "one file, please" path
expect 2 "folder: is a folder, not a file" path --offline folder
expect 2 "absent: No such file or directory" path --offline absent
if [ "$(id -u)" != 0 ]; then
	printf 'secret' >closed
	chmod 0 closed
	expect 2 "closed: Permission denied" validate --offline closed
fi
# A file that is one byte too long is not read: a hole costs nothing but its hashing.
if [ "${LTVAULT_SLOW:-}" ]; then
	truncate -s 1073741825 large
	expect 1 "[DOCUMENT_TOO_LARGE]" validate --offline large
fi
# Standard streams that are closed do no harm to the worker's own descriptors.
status=0
"$program" validate --offline rubbish <&- 2>&- >said || status=$?
[ "$status" = 2 ] && grep -qF NOT_RECOGNISED said || { echo "with closed streams: exit status $status"; failed=1; }
exit $failed
