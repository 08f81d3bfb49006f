#!/bin/sh
# What is installed is whole: the program, a manual page for each command, the night's files.
# usage: install.sh BUILD_DIR
set -eu
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
cmake --install "$build" --prefix "$work" >/dev/null
for file in bin/ltvault libexec/ltvault/ltvault-nightly lib/systemd/system/ltvault.service lib/systemd/system/ltvault.timer \
	share/doc/ltvault/crontab share/doc/ltvault/ltvault.conf share/man/man1/ltvault.1; do
	[ -s "$work/$file" ] || { echo "$file is not installed"; failed=1; }
done
for command in $("$work/bin/ltvault" --help | awk 'NF && /^  [a-z]/ {print $1}'); do
	[ -s "$work/share/man/man1/ltvault-$command.1" ] || { echo "ltvault-$command.1 is not installed"; failed=1; }
done
sh -n "$work/libexec/ltvault/ltvault-nightly" || failed=1
if command -v systemd-analyze >/dev/null; then
	# The unit names the place that was configured; here everything lies elsewhere.
	mkdir "$work/units"
	sed "s|^ExecStart=.*|ExecStart=$work/libexec/ltvault/ltvault-nightly|" "$work/lib/systemd/system/ltvault.service" >"$work/units/ltvault.service"
	cp "$work/lib/systemd/system/ltvault.timer" "$work/units/"
	# Pages of the manual are looked for in the system's places.
	systemd-analyze verify --man=no "$work/units/ltvault.service" "$work/units/ltvault.timer" >"$work/said" 2>&1 || failed=1
	if grep -q 'ltvault\.' "$work/said"; then
		cat "$work/said"
		failed=1
	fi
fi
exit $failed
