#include "archiver/backup.h"

#include "archiver/medium_file.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const folders[] = {"packs", "journal", "catalogue", "trust", "spool", "spool/in", "spool/done",
                                      "spool/refused", "spool/outbox", "reports", "work"};

/* One file of the manifest: copied, then the copy is read and must have the manifest's digest. */
static int restore_file(const char *medium, const char *directory, const struct medium_sum *sum, const struct medium_watch *watch,
                        struct error *err) {
	char *source = xasprintf("%s/%s", medium, sum->name), *target = xasprintf("%s/%s", directory, sum->name);
	char hex[SHA256_HEX];
	uint64_t size;
	struct stat st;
	if (lstat(source, &st)) error_errno(err, "%s", source);
	else if (!S_ISREG(st.st_mode)) error_set(err, ERROR_DAMAGED, "%s: not a file", source);
	else if (medium_replace(source, target, watch, err) == 0 && medium_digest(target, watch, hex, &size, err) == 0 && strcmp(hex, sum->hex))
		error_set(err, ERROR_DAMAGED, "%s: read as sha256 %s, but SHA256SUMS says %s", source, hex, sum->hex);
	free(source);
	free(target);
	return err->code ? -1 : 0;
}

/* Only what an archive consists of is taken, whatever else a manifest from outside may name. */
static bool belongs(const char *name) {
	static const char *const prefixes[] = {"packs/", "journal/", "trust/"};
	if (!strcmp(name, "ltvault.conf") || !strcmp(name, "catalogue/data.mdb")) return true;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		size_t n = strlen(prefixes[i]);
		if (!strncmp(name, prefixes[i], n) && name[n] && !strchr(name + n, '/')) return true;
	}
	return false;
}

static int restore_into(const char *medium, const char *directory, struct medium_sums *sums, const struct medium_watch *watch,
                        struct error *err) {
	bool catalogue = false;
	for (size_t i = 0; i < ARRAY_LEN(folders) && !err->code; i++) {
		char *path = xasprintf("%s/%s", directory, folders[i]);
		medium_make_directory(path, err);
		free(path);
	}
	for (size_t i = 0; i < sums->count && !err->code; i++) {
		if (!belongs(sums->items[i].name)) error_set(err, ERROR_DAMAGED, "SHA256SUMS: %s is no part of an archive", sums->items[i].name);
		else restore_file(medium, directory, &sums->items[i], watch, err);
		catalogue |= !strcmp(sums->items[i].name, "catalogue/data.mdb");
	}
	if (!err->code && !catalogue) error_set(err, ERROR_DAMAGED, "%s: SHA256SUMS names no catalogue", medium);
	for (size_t i = 0; i < ARRAY_LEN(folders) && !err->code; i++) {
		char *path = xasprintf("%s/%s", directory, folders[i]);
		medium_sync_directory(path, err);
		free(path);
	}
	return err->code ? -1 : medium_sync_directory(directory, err);
}

static int check_medium(const char *medium, struct medium_sums *sums, struct error *err) {
	char *label = xasprintf("%s/" MEDIUM_LABEL, medium), *incomplete = xasprintf("%s/INCOMPLETE", medium);
	char *manifest = xasprintf("%s/SHA256SUMS", medium);
	if (access(label, R_OK)) error_set(err, ERROR_NOT_FOUND, "%s: no medium is there (no " MEDIUM_LABEL ")", medium);
	else if (access(incomplete, F_OK) == 0)
		error_set(err, ERROR_DAMAGED, "%s: the last backup to this medium was cut off; run ltvault backup again, or use another medium", medium);
	else medium_sums_read(sums, manifest, err);
	free(label);
	free(incomplete);
	free(manifest);
	return err->code ? -1 : 0;
}

int restore_archive(const char *medium, const char *directory, const struct medium_watch *watch, struct error *err) {
	struct medium_sums sums = {0};
	struct stat st;
	char *temporary = xasprintf("%s.restoring", directory);
	if (lstat(directory, &st) == 0) {
		error_set(err, ERROR_EXISTS, "%s: there already; an archive is restored to a new place", directory);
		goto out;
	}
	if (check_medium(medium, &sums, err)) goto out;
	if (mkdir(temporary, 0750)) {
		error_errno(err, "%s", temporary);
		if (errno == EEXIST)
			error_prefix(err, "an earlier restore was cut off; remove the folder and start again");
		goto out;
	}
	if (restore_into(medium, temporary, &sums, watch, err)) goto out;
	if (rename(temporary, directory)) error_errno(err, "%s", directory);
out:
	medium_sums_dispose(&sums);
	free(temporary);
	return err->code ? -1 : 0;
}
