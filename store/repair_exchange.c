#include "store/repair_private.h"

#include "store/fault.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A second name first: at no moment is the archive without the file. */
static int set_aside(int dir, const char *path, utime now, char aside[static 64], struct error *err) {
	char when[UTIME_TEXT_MAX];
	const char *name = strrchr(path, '/') + 1;
	*aside = 0;
	if (faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT) return 0;
	if (file_make_folder(dir, "damaged", err) < 0) return -1;
	utime_text(now, when);
	for (int n = 1; n < 1000; n++) {
		snprintf(aside, 64, "damaged/%.30s.%.20s%c%d", name, when, n > 1 ? '-' : 0, n);
		if (!fault_hit() && linkat(dir, path, dir, aside, 0) == 0) return file_sync_folder(dir, "damaged", err);
		if (errno != EEXIST) break;
	}
	error_errno(err, "%s", aside);
	*aside = 0;
	return -1;
}

int repair_exchange(int dir, const char *fresh, const char *path, utime now, char aside[static 64], struct error *err) {
	char folder[FILE_PATH_MAX];
	snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
	if (set_aside(dir, path, now, aside, err) < 0 || file_rename(dir, fresh, path, err) < 0) return -1;
	return file_sync_folder(dir, folder, err);
}
