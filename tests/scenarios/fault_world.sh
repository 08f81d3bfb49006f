# What the scenarios with faults have in common, to be read by bash: a test PKI with its responders, and an archive with two
# media and an authority that makes time-stamps.
# before: program, testpki, responders (programs), work (an empty folder that the caller removes)
# shellcheck shell=bash disable=SC2154,SC2034
export LTVAULT_LANG=en
status=0
night=2026-11-22T02:00:00Z
server=
url=

fail() {
	echo "$*"
	status=1
}

serve() { # PORT
	rm -f "$work/said"
	mkfifo "$work/said"
	"$responders" --pki "$work/pki" --port "$1" --time 2026-11-22T01:58:00Z >"$work/said" 2>/dev/null &
	server=$!
	read -r _ url <"$work/said"
}

# The addresses in certificates must be those of the responders: first a port, then the certificates for it.
world() {
	"$testpki" make "$work/pki" >/dev/null || exit 1
	serve 0
	[ -n "$url" ] || { echo 'no responders'; exit 1; }
	kill "$server"
	wait "$server" 2>/dev/null
	rm -rf "$work/pki"
	"$testpki" make "$work/pki" --base-url "$url" >/dev/null || exit 1
	serve "${url##*:}"
}

asked() { # how often the authority was asked for a time-stamp until now
	curl -sS --noproxy '*' "$url/count" | awk '$1 == "tsa" {print $2}'
}

run() { # the program as it runs in the night; what it said is in $work/out
	timeout -k 5 120 "$program" --at "$night" "$@" >"$work/out" 2>&1 </dev/null
}

# An archive and its media m1 (the night's) and m2 in FOLDER, its spool empty.
archive() { # FOLDER
	run init "$1/a" || fail "init: $(tail -n 2 "$work/out")"
	cp "$work"/pki/trust/* "$1/a/trust/"
	mkdir -p "$1/m1" "$1/m2"
	sed -i -e 's/^settle = .*/settle = 0s/' -e 's/^same_device = .*/same_device = yes/' -e 's/^batch = .*/batch = 2/' \
		-e 's/^allow_private =.*/allow_private = 127.0.0.1 localhost/' -e 's/^horizon = .*/horizon = 36500d/' \
		-e "s|^media = .*|media = $1/m1|" -e "s|^urls = .*|urls = $url/tsa|" "$1/a/ltvault.conf"
	run -C "$1/a" media init "$1/m1" --label first || fail "media init: $(tail -n 2 "$work/out")"
	run -C "$1/a" media init "$1/m2" --label second || fail "media init: $(tail -n 2 "$work/out")"
}

rows() { # ARCHIVE: what it says of its documents, whatever happened on the way
	"$program" -C "$1" find --json --limit 0 | sed -e 's/"record":[0-9]*,//' | sort
}

originals() { # ARCHIVE: digests of the documents it has
	"$program" -C "$1" find --json --limit 0 2>/dev/null | sed 's/.*"sha256":"\([0-9a-f]*\)".*/\1/' | sort
}

clean() { # ARCHIVE WHEN
	run -C "$1" fsck --deep || fail "$2: fsck of ${1##*/}: $(head -n 3 "$work/out")"
}
