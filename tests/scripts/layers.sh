#!/bin/sh
# Includes go down: validator and store do not know each other, base knows nobody. Foreign headers have their homes.
# usage: layers.sh SOURCE_DIR
set -eu
cd "$1"
status=0

wrong() {
	echo "$1"
	status=1
}

# layer, and the layers that it must not include
while read -r layer forbidden; do
	for other in $forbidden; do
		for hit in $(grep -ln "^#include \"$other/" "$layer"/*.c "$layer"/*.h 2>/dev/null || true); do
			wrong "$hit includes $other/"
		done
	done
done <<EOT
base store validator archiver tests
store validator archiver tests
validator store archiver tests
archiver tests
EOT

# header, how many files may include it, and the layer they are in
while read -r header most layer; do
	files=$(grep -l "^#include <$header>" base/*.[ch] store/*.[ch] validator/*.[ch] archiver/*.[ch] 2>/dev/null || true)
	[ "$(printf '%s\n' "$files" | grep -c .)" -le "$most" ] || wrong "<$header> has more than $most home: $(echo $files)"
	for file in $files; do
		case $file in
		"$layer"/*) ;;
		*) wrong "$file: <$header> belongs to $layer/" ;;
		esac
	done
done <<EOT
lmdb.h 1 store
qpdf/qpdf-c.h 1 validator
zlib.h 1 validator
libxml/parser.h 1 validator
libxml/tree.h 1 validator
libxml/xmlwriter.h 1 archiver
curl/curl.h 1 archiver
sqlite3.h 1 archiver
ini.h 1 archiver
seccomp.h 1 archiver
EOT
# Packs are written through libarchive in store/, bags and packages in archiver/, containers read in validator/: one file
# each.
for layer in store archiver validator; do
	[ "$(grep -l '^#include <archive.h>' "$layer"/*.[ch] | grep -c .)" -le 1 ] || wrong "<archive.h> has more than one home in $layer/"
done
# Relative includes would pass by the check above. What the build generates (.inc) has no place in the tree.
if grep -n '^#include "\(\.\|[^/"]*"\)' base/*.[ch] store/*.[ch] validator/*.[ch] archiver/*.[ch] | grep -v '\.inc"'; then
	wrong "includes are written from the top of the tree"
fi
# Only main reads the clock as a time of the world; log lines carry the time when they are written.
for file in $(grep -lE '\btime\((NULL|0)\)|CLOCK_REALTIME|gettimeofday\(' base/*.c store/*.c validator/*.c archiver/*.c || true); do
	case $file in
	archiver/main.c | archiver/log.c | archiver/sandbox.c) ;;
	*) wrong "$file reads the clock" ;;
	esac
done
exit $status
