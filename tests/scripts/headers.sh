#!/bin/sh
# Every header compiles alone: it includes what it needs.
# usage: headers.sh SOURCE_DIR COMPILER [FLAG...]
set -eu
source=$1
shift
cd "$source"
status=0
for header in base/*.h store/*.h validator/*.h archiver/*.h; do
	"$@" -std=c11 -D_GNU_SOURCE -I. -fsyntax-only -Wall -Werror -x c "$header" || {
		echo "$header does not stand alone"
		status=1
	}
done
exit $status
