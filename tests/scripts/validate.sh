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
LTVAULT_LANG=vi expect 2 "ltvault: không tìm thấy: absent: No such file or directory" validate --offline absent
expect 2 "dangling: No such file or directory" validate --offline dangling
expect 2 '"error": "absent: No such file or directory"' validate --offline --json absent
expect 2 "[EMPTY_FILE]" validate --offline empty.pdf
expect 2 '"code": "EMPTY_FILE"' validate --offline --json empty.pdf
expect 2 "[NOT_RECOGNISED]" validate --offline rubbish
expect 2 "[NOT_RECOGNISED]" validate --offline link
expect 2 'two\u000alines.pdf' validate --offline "$newline"
expect 2 '"file": "two\\u000alines.pdf"' validate --offline --json "$newline"
expect 1 "[DOCUMENT_DAMAGED]" validate --offline truncated.pdf
# An encrypted document; its password comes from a file, a FIFO or standard input, and reaches the worker.
base64 -d <<'END' | gzip -d >locked.pdf
H4sIAAAAAAACA4VTzU7cMBC+5yl84Ujjv7HH0goJ2F2pKmgRFC6Ig2OPYaslQdmAoI/TF+lj9VZ1spRlKw6No8Sen2+++TLZO5vO99UnX+39/P
Xjd6WEFF3zrZpMRD17HqhdL7t2Lcbj4fRottkcxTVdUT96RM2pO5En9EQrgeLgYLzrs3hLa6EZ81zUX18eSNTHcYir7pbdFbV5LKV3Sh53j+0g
lKi/LPNaXAuzSb15S37Fe081O6mnlJfxqHvmLMkr8LoZM3pixH8ojCg7IHa3/nzT4cWQ/+4OH4e72dMIUU+7tHigdgw6Zcfs4sqI+oTa2+FOGP
3W8ny5GqgfIWKbY5+3IRqcqBdiQoqK91IHWwqoEBI2UimSIJ3X0risnUNrDBZfKORMIRUF2jdq9FhNxShUaCg1iJFc8qEJJmfQBqTXwBwW/J0g
a/ZICc7EWEKJziUklC5CyDqYRnM1pRVKnUpRroBNEjxa632WpoxfT+xbflJ/zwPgtXXK2+QBIWmkolQkwOTASEw2c/y5cGPf9/M3AfnVvx8uxU
Qr45hN9K4hJpH5EBuiplEmAIMGEwtqy2qUkqJHZpaZVVGIEFzBnCKyYEhKOkLvMvhsg5fAuMRyMolL7j0lZK6eJZCYLSqWF6ONJflcMoZmFF4a
dpdciEUxUoZSEFz2SiYrGeZKwM6IPPdUKimgkttLOAADooitTYF49bRbmzLyow3DB5sGfLcNfVyueITG8TvvuvF32AzvxfI7Mav681RcT4yyCo
Jm9QGDD0YbtE67cW6M9gEO/h/Bf8esTf3LwyDspgL3ux5iP2y6RQnV3t5sMa/+ABwcAjsiBAAA
END
printf 'user-secret\nanother line\n' >right
printf 'user-secret\r\n' >windows
printf 'user-secre\n' >wrong
: >empty
head -c 1025 /dev/zero | tr '\0' x >long
printf 'user\0secret\n' >zero
expect 1 "[PASSWORD_NEEDED]" validate --offline locked.pdf
expect 1 "[PASSWORD_WRONG]" validate --offline --password-file wrong locked.pdf
expect 1 "[PASSWORD_WRONG]" validate --offline --password-file empty locked.pdf
expect 2 "--password-file: absent: No such file or directory" validate --offline --password-file absent locked.pdf
expect 2 "--password-file: long: the first line is longer than 1024 bytes" validate --offline --password-file long locked.pdf
expect 2 "--password-file: zero: the first line holds a zero byte" validate --offline --password-file zero locked.pdf
opens() {
	"$program" validate --offline --json --password-file "$1" locked.pdf >said 2>&1 || true
	if grep -q PASSWORD_ said || ! grep -q '"ENCRYPTED"' said; then
		echo "locked.pdf does not open with the password in $1:"
		cat said
		failed=1
	fi
}
opens right
opens windows
opens - <right
mkfifo pipe
cat right >pipe &
opens pipe
wait

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
expect 2 "not checked: signatures of this kind are not supported yet" validate --offline "$containers/xades"
LTVAULT_LANG=vi expect 2 "Chưa kiểm tra: loại chữ ký này chưa được hỗ trợ" validate --offline "$containers/xades"
expect 2 '"rules": []' validate --offline --json "$containers/xades"
echo '<x xmlns="http://www.w3.org/2000/09/xmldsig#"/>' >signed.xml
printf 'PK\003\004 _xmlsignatures/sig1.xml' >signed.docx
echo '<EvidenceRecord xmlns="urn:ietf:params:xml:ns:ers"/>' >record.xml
for file in signed.xml signed.docx record.xml; do
	expect 2 "not checked: signatures of this kind are not supported yet" validate --offline $file
done
expect 1 "no digital signature found: the file is damaged" validate --offline truncated.pdf
expect 2 "no digital signature was found in the file" validate --offline rubbish
expect 1 "[ASIC_NAME_UNREADABLE]" validate --offline "$containers/old-name"
expect 2 "one file, please" validate
expect 2 "one file, please" validate a b
expect 2 "--frob: unknown option" validate --frob rubbish
expect 2 "--trust: needs PATH" validate rubbish --trust
expect 2 "absent: No such file or directory" validate --offline --trust absent rubbish
expect 2 "rubbish: holds no certificate" validate --offline --trust rubbish rubbish
expect 2 "[NOT_RECOGNISED]" validate --offline --trust folder rubbish
expect 2 "event=trust-empty folder=folder" validate --offline --trust folder rubbish
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
