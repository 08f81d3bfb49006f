#include "store/private.h"

#include "store/fault.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int remove_catalogue(int dir, const char *folder, struct error *err) {
	static const char *const files[] = {"data.mdb", "lock.mdb"};
	char path[FILE_PATH_MAX];
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		if (file_remove(dir, path, err) < 0) return -1;
	}
	if (unlinkat(dir, folder, AT_REMOVEDIR) < 0 && errno != ENOENT) return error_errno(err, "%s", folder);
	return 0;
}

static int fill(const char *directory, int dir, struct error *err) {
	struct journal_head head = {0};
	char *path = xasprintf("%s/catalogue.new", directory);
	struct catalogue *catalogue = catalogue_open(path, CATALOGUE_WRITE, err);
	int rc = catalogue ? recover_journal(dir, catalogue, &head, true, err) : -1;
	if (!rc && !head.sequence) rc = error_set(err, ERROR_DAMAGED, "journal: it has no events");
	catalogue_close(catalogue);
	free(path);
	return rc;
}

/* Both at once where the file system can, so that there is a catalogue at every moment; else a run that died between the two renames
 * leaves none, and the next one goes on from there. */
static int exchange(int dir, struct error *err) {
	if (file_sync_folder(dir, "catalogue.new", err) < 0) return -1;
	if (faccessat(dir, "catalogue", F_OK, 0) == 0) {
		if (remove_catalogue(dir, "catalogue.old", err) < 0) return -1;
		if (fault_hit()) return error_errno(err, "catalogue");
		bool both = renameat2(dir, "catalogue.new", dir, "catalogue", RENAME_EXCHANGE) == 0;
		if (!both && errno != EINVAL && errno != ENOSYS) return error_errno(err, "catalogue");
		if (file_rename(dir, both ? "catalogue.new" : "catalogue", "catalogue.old", err) < 0) return -1;
		if (both) return file_sync_folder(dir, ".", err);
	}
	if (file_rename(dir, "catalogue.new", "catalogue", err) < 0) return -1;
	return file_sync_folder(dir, ".", err);
}

static void first_problem(void *user, const char *text) {
	error_set(user, ERROR_DAMAGED, "%s", text);
}

int store_check_catalogue(const char *directory, bool medium, struct error *err) {
	char *path = xasprintf("%s/catalogue", directory);
	struct error own = {0};
	digest_init();
	struct catalogue *catalogue = catalogue_open(path, medium ? CATALOGUE_MEDIUM : CATALOGUE_READ, &own);
	if (catalogue) catalogue_check(catalogue, first_problem, &own);
	catalogue_close(catalogue);
	free(path);
	return own.code ? error_set(err, own.code, "%s", own.text) : 0;
}

int store_rebuild(const char *directory, const char *who, utime now, struct error *err) {
	struct error own = {0};
	int lock = -1, rc = -1;
	if (!err) err = &own;
	digest_init();
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) return error_errno(err, "%s", directory);
	lock = lock_take(dir, who, now, err);
	if (lock < 0) goto out;
	if (remove_catalogue(dir, "catalogue.new", err) < 0 || file_make_folder(dir, "catalogue.new", err) < 0)
		goto out;
	if (fill(directory, dir, err) < 0 || exchange(dir, err) < 0) goto out;
	rc = 0;
out:
	if (lock >= 0) close(lock);
	close(dir);
	return rc;
}
