#!/bin/sh
# Bad input to ingest: each thing gets a message that names it and the documented exit status, nothing is lost, and the
# other files are taken in.
# usage: bad-input.sh PROGRAM TESTPKI
set -eu
program=$1 testpki=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
export LTVAULT_LANG=en

"$testpki" make "$work/pki" >/dev/null
sample=$work/pki/samples/70-QD-UBND-unsigned.pdf
"$program" init "$work/a" >/dev/null
cp "$work"/pki/trust/* "$work/a/trust/"
sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^offline = .*/offline = yes/' "$work/a/ltvault.conf"

# expect NAME STATUS TEXT COMMAND...: the exit status, and a text somewhere in what was printed.
expect() {
	name=$1 wanted=$2 text=$3
	shift 3
	got=0
	"$@" >"$work/out" 2>&1 </dev/null || got=$?
	if [ $got -ne "$wanted" ] || ! grep -qF -e "$text" "$work/out"; then
		echo "$name: exit status $got, expected $wanted and: $text"
		sed 's/^/    /' "$work/out"
		status=1
	fi
}
ingest() { expect "$1" "$2" "$3" "$program" -C "$work/a" ingest "$4"; }
holds() { [ -e "$work/$1" ] || { echo "lost: $1"; status=1; }; }

mkdir "$work/d"
cd "$work/d"
: >empty.pdf
ingest 'empty file' 1 'EMPTY_FILE' empty.pdf
head -c 2000 "$work/pki/samples/15-QD-UBND.pdf" >cut.pdf
ingest 'truncated PDF' 1 'cut.pdf: record 1, quarantined' cut.pdf
cp "$sample" zero.pdf; : >zero.pdf.json
ingest 'sidecar of 0 bytes' 1 'zero.pdf.json: the file is empty' zero.pdf
cp "$sample" text.pdf; echo 'number: 15' >text.json
ingest 'sidecar that is not JSON' 1 'text.json: not JSON: line 1' text.pdf
ingest 'file that is not there' 2 'gone.pdf: there is no such file' gone.pdf
if [ -f /sys/kernel/mm/transparent_hugepage/enabled ]; then
	ingest 'file of another size than it says' 2 'enabled: changed while it was read' /sys/kernel/mm/transparent_hugepage/enabled
fi
ln -s "$sample" link.pdf
ingest 'symbolic link' 2 'link.pdf: a symbolic link is not followed' link.pdf
mkfifo pipe.pdf
ingest 'pipe' 2 'pipe.pdf: not a file' pipe.pdf
if [ "$(id -u)" -ne 0 ]; then
	cp "$sample" closed.pdf
	chmod 000 closed.pdf
	ingest 'unreadable file' 2 'closed.pdf: Permission denied' closed.pdf
fi
# Root reads everything; the same as somebody else, in an archive that is theirs.
if [ "$(id -u)" -eq 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups "$program" --version >/dev/null 2>&1; then
	cp -a "$work/a" "$work/b"
	chown -R 65534 "$work/b"
	chmod a+rx "$work" "$work/d"
	cp "$sample" closed.pdf
	chmod 000 closed.pdf
	as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$program" -C "$work/b" "$@"; }
	expect 'unreadable file' 2 'closed.pdf: Permission denied' as_nobody ingest closed.pdf
	mkdir -m 700 shut
	expect 'unreadable folder' 2 'shut: Permission denied' as_nobody ingest shut
	cp closed.pdf "$work/b/spool/in/"
	expect 'unreadable file in the spool' 2 'closed.pdf: Permission denied' as_nobody ingest
	[ -e "$work/b/spool/in/closed.pdf" ] || { echo 'an unreadable file left the spool'; status=1; }
	expect 'the archive with unreadable files' 0 ': 0 problems' as_nobody fsck --deep
fi
odd=$(printf 'two\nlines\377.pdf')
cp "$sample" "$odd"
ingest 'name with newline and invalid UTF-8' 1 'two\nlines\xff.pdf: record 2' "$odd"
expect 'policy that is none' 2 'is not one of: refuse quarantine accept' "$program" -C "$work/a" ingest --on-failed maybe x
expect 'no archive' 2 'there is no archive here' "$program" -C "$work/d" ingest x
expect 'clock before the last event' 4 'before the last recorded event' "$program" --at 2000-01-01 -C "$work/a" ingest zero.pdf
expect 'clock before the last event: the way out' 4 'restore --replace --until TIME --fork' "$program" --at 2000-01-01 -C "$work/a" ingest zero.pdf
"$program" --at 2001-01-01 init "$work/old" >"$work/out" 2>&1
expect 'clock far after the last event' 4 'further than archive.clock_ahead after the last recorded event at 2001-01-01' "$program" -C "$work/old" evidence create
expect 'clock far after the last event, reading' 0 ': 0 problems' "$program" -C "$work/old" fsck
expect 'the time is named' 0 rebuilt "$program" --at "$(date -u +%FT%TZ)" -C "$work/old" rebuild --search
sed -i 's/^clock_ahead = .*/clock_ahead = 0s/' "$work/old/ltvault.conf"
expect 'no bound for the clock' 0 rebuilt "$program" -C "$work/old" rebuild --search
expect 'second writer' 75 'held by' flock "$work/a/work/lock" "$program" -C "$work/a" ingest zero.pdf
for name in empty.pdf zero.pdf zero.pdf.json text.pdf text.json link.pdf pipe.pdf; do
	[ -e "$name" ] || [ -L "$name" ] || holds "d/$name"
done

# The same in the spool: what is a document goes in, what is refused is moved with a notice, the rest is left and told.
in=$work/a/spool/in
cp "$sample" "$in/good-name.pdf"
: >"$in/empty.pdf"
cp "$sample" "$in/zero.pdf"; : >"$in/zero.pdf.json"
ln -s "$sample" "$in/link.pdf"
mkfifo "$in/pipe.pdf"
expect 'the spool' 1 'link.pdf: a symbolic link is not followed' "$program" -C "$work/a" ingest
day=$(ls "$work/a/spool/done")
holds "a/spool/done/$day/good-name.pdf"
for name in empty.pdf zero.pdf zero.pdf.json; do holds "a/spool/refused/$day/$name"; done
[ -L "$in/link.pdf" ] && [ -p "$in/pipe.pdf" ] || { echo 'link or pipe is gone from the spool'; status=1; }
[ "$(find "$work/a/spool/outbox" -name '*.txt' | wc -l)" -eq "$(find "$work/a/spool/outbox" -name '*.json' | wc -l)" ] || status=1
for notice in "$work"/a/spool/outbox/*.txt; do
	grep -q 'DOCUMENT REFUSED' "$notice" || { echo "no reason in English in $notice"; status=1; }
	grep -q 'TỪ CHỐI' "$notice" || { echo "no reason in Vietnamese in $notice"; status=1; }
done
expect 'the archive afterwards' 0 ': 0 problems' "$program" -C "$work/a" fsck --deep
exit $status
