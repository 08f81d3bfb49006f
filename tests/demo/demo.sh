#!/usr/bin/env bash
# The main job on sample documents: make an archive, drop documents into its spool, run a night, say what happened.
# Usage: demo.sh BUILD_DIR DEMO_DIR
set -euo pipefail
build=$(cd "$1" && pwd)
demo=$2
port=${LTVAULT_DEMO_PORT:-8089}
ltvault=$build/ltvault
testpki=$build/tests/ltv-testpki
responders=$build/tests/ltv-testresponders

# The addresses in the test certificates carry the port, so it must be known to be free before anything is made.
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
	echo "demo: port $port on this machine is taken; choose another: LTVAULT_DEMO_PORT=$((port + 1)) ./run demo" >&2
	exit 2
fi
if [ -e "$demo" ]; then
	[ -f "$demo/.ltvault-demo" ] || { echo "demo: $demo is there already and is no earlier demonstration; name another folder" >&2; exit 2; }
	rm -rf "$demo"
fi
mkdir -p "$demo"
demo=$(cd "$demo" && pwd)
touch "$demo/.ltvault-demo"
archive=$demo/archive

"$testpki" make "$demo/pki" --base-url "http://127.0.0.1:$port" >/dev/null
"$responders" --pki "$demo/pki" --port "$port" >"$demo/responders.log" 2>&1 &
responders_pid=$!
trap 'kill $responders_pid 2>/dev/null || true' EXIT
for _ in $(seq 100); do
	grep -q ready "$demo/responders.log" && break
	kill -0 $responders_pid 2>/dev/null || { cat "$demo/responders.log" >&2; exit 4; }
	sleep 0.05
done

"$ltvault" init "$archive" >/dev/null
cp "$demo"/pki/trust/* "$archive/trust/"
mkdir "$demo/medium"
sed -i -e 's/^name = .*/name = Kho lưu trữ điện tử tỉnh (mẫu)/' -e 's/^settle = .*/settle = 0s/' -e 's/^same_device = .*/same_device = yes/' \
	-e 's/^allow_private = .*/allow_private = 127.0.0.1/' \
	-e "s|^urls = .*|urls = http://127.0.0.1:$port/tsa|" -e "s|^media = .*|media = \"$(sed 's/[&|\\]/\\&/g' <<<"$demo/medium")\"|" \
	"$archive/ltvault.conf"
"$ltvault" -C "$archive" media init "$demo/medium" --label "Demo disk A" >/dev/null
"$ltvault" -C "$archive" backup "$demo/medium" >/dev/null
cp "$demo"/pki/samples/* "$archive/spool/in/"
given=$(find "$archive/spool/in" -type f ! -name '*.json' | wc -l)

status=0
"$ltvault" -C "$archive" nightly >"$demo/night.out" 2>"$demo/night.log" || status=$?
count() { "$ltvault" -C "$archive" find --count "$@" 2>/dev/null || true; }
page=$(find "$archive/reports" -name '*.html' | sort | tail -n 1)
printf -v try '%q -C %q' "$ltvault" "$archive"
printf -v release '%q' "$demo/release.zip"
printf -v trust '%q --evidence %q' "$archive/trust" "$demo/pki/evidence"
printf -v program '%q' "$ltvault"
cat <<TEXT

 1. $given documents were dropped into $archive/spool/in, and a night was run (exit status $status: 1 means that there are findings).
 2. Valid (TOTAL-PASSED):            $(count verdict:TOTAL-PASSED)
 3. Undecided (INDETERMINATE):       $(count verdict:INDETERMINATE)
 4. Not valid (TOTAL-FAILED):        $(count verdict:TOTAL-FAILED)
 5. Without a signature:             $(count verdict:NO-SIGNATURE)
 6. Set apart for a decision:        $(count state:quarantined); refused with a notice in spool/outbox: $(find "$archive/spool/outbox" -name '*.txt' | wc -l)
 7. Backup medium "Demo disk A":     $demo/medium (open it with -C; check it with sha256sum -c SHA256SUMS)
 8. The night's log, a line an event: $demo/night.log
 9. The integrity report:            file://${page// /%20}
10. Try next:
      $try find state:quarantined
      $try show 1
      $try find 'quyết định'
      $try export --all -o $release
      $try fsck --deep
      $try report
      $program validate --trust $trust FILE.pdf
TEXT
[ "$status" -le 1 ]
