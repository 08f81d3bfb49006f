/* Files that come from outside, read whole and within a bound. */
#ifndef LTVAULT_ARCHIVER_WORKER_FILES_H
#define LTVAULT_ARCHIVER_WORKER_FILES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outside_file {
	char *path;
	unsigned char *data;
	size_t len;
	bool named; /* itself, and not found in a folder */
};
struct outside_files {
	struct outside_file *items;
	size_t count, cap;
	uint64_t total; /* bytes of all */
};

/* Opens a regular file for reading without waiting for anybody (a FIFO would); ERROR_INPUT says what else it is.
 * Returns the descriptor and the size, or -1. */
int outside_open(const char *path, uint64_t *size, struct error *err);
/* The whole file; ERROR_INPUT when it is longer than max or changed its length while it was read. */
int outside_read(const char *path, uint64_t max, unsigned char **data, size_t *len, struct error *err);
/* The SHA-256 of a file of any length. */
int outside_sha256(const char *path, unsigned char sha256[static 32], struct error *err);
/* A file, or the files directly in a folder in the order of their names (hidden ones not). Bounds: each of
 * LIMIT_EVIDENCE_BYTES, all of LIMIT_EVIDENCE_TOTAL, LIMIT_EVIDENCE_COUNT. */
int outside_collect(struct outside_files *files, const char *path, struct error *err);
void outside_dispose(struct outside_files *files);

#endif
