/* A file system of its own for a test: an ext4 image on a loop device, mounted where only this process sees it. Needs root. */
#ifndef LTVAULT_TESTS_OWN_DISK_H
#define LTVAULT_TESTS_OWN_DISK_H

#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>

#include "tests/archiver/folder.h"

/* False where this may not be done here: the test is skipped. Nothing may be mounted at `place` before. */
static inline bool disk_mount(const char *place, unsigned megabytes) {
	static bool own;
	if (!own && (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))) return false;
	own = true;
	char *command = xasprintf("PATH=$PATH:/usr/sbin:/sbin; rm -f %s.img; truncate -s %uM %s.img && mkfs.ext4 -q %s.img 2>/dev/null && "
	                          "mount -o loop %s.img %s 2>/dev/null", place, megabytes, place, place, place, place);
	bool done = system(command) == 0;
	free(command);
	return done;
}

/* Safe where nothing is mounted. */
static inline void disk_unmount(const char *place) {
	char *image = xasprintf("%s.img", place);
	umount(place);
	unlink(image);
	free(image);
}

#endif
