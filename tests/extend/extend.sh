#!/bin/bash
# Documents are extended with the responders on loopback: killed at any moment, the archive checks clean and the next run
# finishes without asking for a time-stamp that it has. What comes out is held before other tools, as far as they are there.
# usage: extend.sh PROGRAM TESTPKI TESTRESPONDERS [KILLS]
set -u
program=$1 testpki=$2 responders=$3 kills=${4:-12}
work=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
export LTVAULT_LANG=en
status=0
intake=2026-12-01T08:00:00Z night=2026-12-01T08:00:30Z

fail() {
	echo "$*"
	status=1
}

serve() { # PORT TIME
	"$responders" --pki "$work/pki" --port "$1" --time "$2" >"$work/said" &
	server=$!
	read -r _ url <"$work/said"
}

# Certificates name the responders' port, so a free one is found first.
mkfifo "$work/said"
"$testpki" make "$work/pki" >/dev/null
serve 0 "$intake"
kill "$server" && wait "$server" 2>/dev/null
rm -rf "$work/pki"
"$testpki" make "$work/pki" --base-url "$url" >/dev/null 2>&1 || "$testpki" --base-url "$url" make "$work/pki" >/dev/null
serve "${url##*:}" "$intake"

archive() { # FOLDER: with the samples that can be extended
	"$program" --at "$intake" init "$1" >/dev/null
	cp "$work"/pki/trust/* "$1/trust/"
	sed -i -e 's/^allow_private = .*/allow_private = 127.0.0.1/' -e "s|^urls = .*|urls = $url/tsa|" "$1/ltvault.conf"
	"$program" --at "$intake" -C "$1" ingest "$work"/pki/samples/{15,16,18,20,25,32}-*.pdf >/dev/null
}

# ---- undisturbed ----
archive "$work/a"
"$program" --at "$night" -C "$work/a" --json extend 1 2 3 4 5 6 >"$work/out" 2>"$work/err" || fail "extend: $(tail -n 3 "$work/out" "$work/err")"
grep -q '"extended":6,' "$work/out" || fail "six documents should be extended: $(tail -n 1 "$work/out")"
grep -q '"tokens":6,' "$work/out" || fail "six time-stamps should be asked for: $(tail -n 1 "$work/out")"
"$program" --at "$night" -C "$work/a" --json extend 1 2 3 4 5 6 | grep -q '"up_to_date":6' || fail "extended again, there should be nothing to do"
"$program" -C "$work/a" fsck --deep >/dev/null || fail "fsck"
"$program" --at "$night" -C "$work/a" verify 1 2 3 4 5 6 >/dev/null || fail "verify of extended documents"
"$program" --at "$night" -C "$work/a" --json show 1 | grep -q '"revision": *1' || fail "verify did not judge the newest form"
"$program" --at "$night" -C "$work/a" show 1 | grep -q '^Long-term forms' || fail "show does not list the long-term form"
cp -a "$work/a" "$work/lost"
rm -rf "$work/lost/catalogue"
"$program" --at "$night" -C "$work/lost" rebuild >/dev/null 2>&1 || fail "rebuild of an archive with revisions"
"$program" -C "$work/lost" fsck --deep >/dev/null || fail "fsck of the rebuilt archive"

# ---- a missing authority, and a document that is not to be extended ----
cp -a "$work/pki/samples/40-QD-UBND-tampered.pdf" "$work/bad.pdf"
archive "$work/b"
"$program" --at "$intake" -C "$work/b" ingest --on-failed accept "$work/bad.pdf" >/dev/null
sed -i "s|^urls = .*|urls = $url/nobody|" "$work/b/ltvault.conf"
"$program" --at "$night" -C "$work/b" --json extend 1 2 7 >"$work/out" 2>/dev/null
[ $? -eq 1 ] || fail "extend without an authority: status"
grep '"record":1,' "$work/out" | grep -q '"refusal":"NO_TIMESTAMP"' || fail "no time-stamp: $(cat "$work/out")"
grep '"record":1,' "$work/out" | grep -q '"next":"2026-12-02' || fail "an authority that did not answer is asked the next night"
grep '"record":2,' "$work/out" | grep -q '"level":"B-LT"' || fail "status data alone: $(cat "$work/out")"
grep '"record":7,' "$work/out" | grep -q '"refusal":"SIGNATURE_BROKEN"' || fail "a broken signature: $(cat "$work/out")"

# ---- an encrypted document: nothing can be added, everybody is told why, and the archive's evidence record proves it ----
if command -v qpdf >/dev/null; then
	qpdf --encrypt '' owner 256 -- "$work/pki/samples/15-QD-UBND.pdf" "$work/locked.pdf"
	cp -a "$work/a" "$work/e"
	"$program" --at "$night" -C "$work/e" ingest --on-failed accept "$work/locked.pdf" >/dev/null 2>&1
	"$program" --at "$night" -C "$work/e" --json extend 7 2>/dev/null | grep -q '"refusal":"ENCRYPTED"' || fail "an encrypted document: reason"
	"$program" --at "$night" -C "$work/e" extend 7 2>/dev/null | grep -q 'locked.pdf: not extended: it is encrypted' || fail "an encrypted document: for people"
	LTVAULT_LANG=vi "$program" --at "$night" -C "$work/e" extend 7 2>/dev/null | grep -q 'tệp được mã hóa' || fail "an encrypted document: in Vietnamese"
	"$program" --at "$night" -C "$work/e" --json show 7 | tr -d ' \n' | grep -q '"not_extended":{[^}]*"reason":"ENCRYPTED"[^}]*"next":"2027-12-01T08:00:30Z"}' ||
		fail "an encrypted document is shown: $("$program" --at "$night" -C "$work/e" --json show 7 | grep -A 5 '"not_extended"')"
	"$program" --at "$night" -C "$work/e" --json show 7 | grep -q '"code": "ENCRYPTED"' || fail "an encrypted document: the verdict's finding"
	"$program" --at "$night" -C "$work/e" show 7 | grep -q 'Cannot be extended now: it is encrypted' || fail "show: an encrypted document"
	LTVAULT_LANG=vi "$program" --at "$night" -C "$work/e" show 7 | grep -q 'Hiện chưa gia hạn được: tệp được mã hóa' || fail "show in Vietnamese"
	"$program" --at "$night" -C "$work/e" --json show 1 | grep -q '"not_extended": null' || fail "what is complete has a reason"
	"$program" --at "$night" -C "$work/e" evidence create >/dev/null 2>&1 || fail "evidence record of an encrypted document"
	"$program" --at "$night" -C "$work/e" --json evidence show 7 | grep -q '"timestamps": 1' || fail "an encrypted document has no evidence record"
fi

# ---- killed ----
archive "$work/c"
begun=$(date +%s%6N)
cp -a "$work/c" "$work/timed"
"$program" --at "$night" -C "$work/timed" extend 1 2 3 4 5 6 >/dev/null 2>&1
took=$(($(date +%s%6N) - begun))
for ((i = 1; i <= kills; i++)); do
	"$program" --at "$night" -C "$work/c" extend 1 2 3 4 5 6 >/dev/null 2>&1 &
	pid=$!
	after=$((took * i / (kills + 1)))
	sleep "$((after / 1000000)).$(printf %06d $((after % 1000000)))"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	"$program" -C "$work/c" fsck --deep >"$work/fsck" 2>&1 || fail "killed after $after us: $(head -n 3 "$work/fsck")"
done
"$program" --at "$night" -C "$work/c" extend 1 2 3 4 5 6 >/dev/null 2>&1 || fail "the run after the kills"
for record in 1 2 3 4 5 6; do
	"$program" -C "$work/c" --json show $record | python3 -c 'import json,sys; sys.exit(len(json.load(sys.stdin)["revisions"]) != 1)' ||
		fail "record $record has not one revision after the kills"
done

# ---- CMS: detached with its content, enveloping; time-stamps alone are not extended ----
"$program" --at "$intake" init "$work/s" >/dev/null
cp "$work"/pki/trust/* "$work/s/trust/"
sed -i -e 's/^allow_private = .*/allow_private = 127.0.0.1/' -e "s|^urls = .*|urls = $url/tsa|" "$work/s/ltvault.conf"
"$program" --at "$intake" -C "$work/s" ingest "$work"/pki/samples/{75,76,78}-*.{txt,p7s,p7m,tst} >/dev/null 2>&1
record() { # NAME
	"$program" -C "$work/s" --json find "name:${1%%-*}" | grep "\"file\":\"$1\"" | sed 's/^{"record":\([0-9]*\),.*/\1/'
}
detached=$(record 75-du-lieu.txt.p7s) enveloping=$(record 76-BC-UBND.p7m) token=$(record 78-du-lieu.tst)
"$program" --at "$night" -C "$work/s" --json extend "$detached" "$enveloping" "$token" >"$work/out" 2>"$work/err"
grep "\"record\":$token," "$work/out" | grep -q '"refusal":"FORMAT"' || fail "a time-stamp alone: $(cat "$work/out" "$work/err")"
grep "\"record\":$detached," "$work/out" | grep -q '"level":"B-LTA"' || fail "detached, with a time-stamp: $(cat "$work/out" "$work/err")"
grep "\"record\":$enveloping," "$work/out" | grep -q '"level":"B-LT"' || fail "enveloping, without one: $(cat "$work/out" "$work/err")"
grep -q '"extended":2,' "$work/out" || fail "two CMS files should be extended: $(cat "$work/out" "$work/err")"
again=2026-12-02T09:00:00Z
kill "$server" && wait "$server" 2>/dev/null
serve "${url##*:}" "$again"
"$program" --at "$again" -C "$work/s" --json extend "$detached" "$enveloping" >"$work/out" 2>"$work/err"
grep "\"record\":$detached," "$work/out" | grep -q '"refusal":"UP_TO_DATE"' || fail "detached, the second night: $(cat "$work/out" "$work/err")"
grep "\"record\":$enveloping," "$work/out" | grep -q '"level":"B-LTA"' || fail "enveloping, the second night: $(cat "$work/out" "$work/err")"
"$program" --at "$again" -C "$work/s" --json extend "$detached" "$enveloping" | grep -q '"up_to_date":2' || fail "CMS extended again"
"$program" --at "$again" -C "$work/s" verify "$detached" "$enveloping" >/dev/null || fail "verify of extended CMS files"
"$program" -C "$work/s" fsck --deep >/dev/null || fail "fsck with CMS forms"
cp -a "$work/s" "$work/s-lost"
rm -rf "$work/s-lost/catalogue"
"$program" --at "$again" -C "$work/s-lost" rebuild >/dev/null 2>&1 || fail "rebuild with CMS forms"
"$program" -C "$work/s-lost" fsck --deep >/dev/null || fail "fsck of what was rebuilt with CMS forms"
"$program" -C "$work/s" export "$detached" "$enveloping" --revision latest -o "$work/cms" >/dev/null || fail "export of CMS forms"
p7s=$(ls "$work"/cms/data/*/document/*.p7s) p7m=$(ls "$work"/cms/data/*/document/*.p7m)
"$program" --at "$again" validate --offline --trust "$work/pki/trust" --data "$work/pki/samples/75-du-lieu.txt" "$p7s" >"$work/out" ||
	fail "validate of the detached one: $(head -n 5 "$work/out")"
"$program" --at "$again" validate --offline --trust "$work/pki/trust" "$p7m" >"$work/out" || fail "validate of the enveloping one: $(head -n 5 "$work/out")"
if command -v openssl >/dev/null; then
	openssl x509 -in "$work/pki/trust/root-g2.pem" -out "$work/root.pem" 2>/dev/null
	at="-attime $(date -d "$again" +%s) -CAfile $work/root.pem -purpose any -binary -inform DER"
	openssl cms -verify $at -in "$p7s" -content "$work/pki/samples/75-du-lieu.txt" -out /dev/null 2>"$work/err" || fail "openssl cms: $(cat "$work/err")"
	openssl cms -verify $at -in "$p7m" -out "$work/inside" 2>"$work/err" || fail "openssl cms: $(cat "$work/err")"
	openssl cms -verify -noverify $at -in "$work/pki/samples/76-BC-UBND.p7m" -out "$work/before" 2>/dev/null
	cmp -s "$work/inside" "$work/before" || fail "what is inside the enveloping one is not what it was"
fi
kill "$server" && wait "$server" 2>/dev/null
serve "${url##*:}" "$intake"

# ---- other tools ----
"$program" -C "$work/a" export 1 2 3 4 5 6 --revision latest -o "$work/bag" >/dev/null || fail "export"
for file in "$work"/bag/data/*/document/*.pdf; do
	"$program" --at "$night" validate --offline --trust "$work/pki/trust" "$file" >"$work/out" || fail "$file: $(head -n 3 "$work/out")"
	if command -v qpdf >/dev/null; then qpdf --check "$file" >"$work/out" 2>&1 || fail "qpdf: $file: $(tail -n 2 "$work/out")"; fi
	if command -v pdfsig >/dev/null; then
		[ "$(pdfsig "$file" 2>/dev/null | grep -c 'Signature is Valid')" -eq "$(pdfsig "$file" 2>/dev/null | grep -c 'Type: .*\(CAdES\|pkcs7\)')" ] ||
			fail "pdfsig: $file"
	fi
done
if command -v openssl >/dev/null; then
	openssl x509 -in "$work/pki/trust/root-g2.pem" -out "$work/root.pem" 2>/dev/null
	for token in "$work"/bag/data/evidence/*.tst; do
		# Over which digest it is, the token says; that this is the document's is checked by the program above.
		digest=$(openssl ts -reply -token_in -in "$token" -text 2>/dev/null | sed -n 's/^ *00[0-9a-f]0 - \(.\{47\}\) .*/\1/p' | head -n 2 | tr -d ' \n-')
		openssl ts -verify -token_in -in "$token" -digest "$digest" -CAfile "$work/root.pem" -attime "$(date -d "$night" +%s)" >"$work/out" 2>&1 ||
			fail "openssl ts: $token: $(tail -n 2 "$work/out")"
	done
fi
exit $status
