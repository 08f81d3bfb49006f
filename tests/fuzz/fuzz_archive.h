/* An archive directory in memory for targets whose bytes are files of an archive. */
#ifndef LTVAULT_TESTS_FUZZ_ARCHIVE_H
#define LTVAULT_TESTS_FUZZ_ARCHIVE_H

#include "base/digest.h"
#include "store/file.h"
#include "store/private.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FUZZ_NOW (INT64_C(1795312800) * UTIME_SECOND)

static char fuzz_folder[64];

static inline int fuzz_remove_one(const char *path, const struct stat *st, int kind, struct FTW *place) {
	(void)st, (void)kind, (void)place;
	return remove(path);
}

static inline void fuzz_archive_end(void) {
	nftw(fuzz_folder, fuzz_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A new archive, empty but for the event that made it; what was there before is gone. */
static inline void fuzz_archive_begin(void) {
	struct error err = {0};
	if (*fuzz_folder) {
		fuzz_archive_end();
		if (mkdir(fuzz_folder, 0700)) abort();
	} else {
		digest_init();
		snprintf(fuzz_folder, sizeof fuzz_folder, "%s/ltvault-fuzz-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
		if (!mkdtemp(fuzz_folder)) abort();
		atexit(fuzz_archive_end);
	}
	if (store_create(fuzz_folder, FUZZ_NOW, &err)) abort();
}

static inline void fuzz_archive_write(const char *name, const void *data, size_t len) {
	char path[128];
	snprintf(path, sizeof path, "%s/%s", fuzz_folder, name);
	FILE *out = fopen(path, "we");
	if (!out || fwrite(data, 1, len, out) != len || fclose(out)) abort();
}

/* Everything that reads an archive, over what is there: nothing here may fail in another way than by an error. */
static inline void fuzz_archive_read(enum store_mode mode) {
	struct error err = {0};
	struct fsck_counts counts;
	struct store *store = store_open(fuzz_folder, mode, "fuzz", FUZZ_NOW + 1000 * UTIME_DAY, &err);
	if (!store) return;
	FILE *nowhere = fopen("/dev/null", "we");
	if (!nowhere) abort();
	err = (struct error){0};
	store_fsck(store, true, NULL, NULL, &counts, &err);
	err = (struct error){0};
	store_dump(store, nowhere, &err);
	fclose(nowhere);
	store_close(store);
}

#endif
