#include "archiver/backup_protect.h"

#include "archiver/backup_seal.h"
#include "archiver/log.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define README "README.txt"

static bool is_protected_kind(const struct copy *c) {
	return !strcmp(medium_text(c->medium, "protect"), "append");
}

static void protect(struct copy *c, const char *name, bool for_good) {
	c->unprotected += !place_protect(&c->place, name, for_good);
}

/* The newest journal file grows; the others are followed by one. */
static unsigned newest_journal(const struct copy *c) {
	unsigned number, newest = 0;
	for (size_t i = 0; i < c->generation.count; i++)
		if (sscanf(c->generation.files[i].name, "journal/%u.log", &number) == 1 && number > newest) newest = number;
	return newest;
}

static void protect_plain(struct copy *c) {
	unsigned number, newest = newest_journal(c);
	for (size_t i = 0; i < c->generation.count; i++) {
		const struct generation_file *file = &c->generation.files[i];
		char seal[SHA256_HEX];
		if (!strncmp(file->name, "packs/", 6)) protect(c, file->name, backup_seal_of(c, file->name, seal) && !strcmp(seal, file->hex));
		else if (sscanf(file->name, "journal/%u.log", &number) == 1) protect(c, file->name, number < newest);
	}
}

/* A message that is listed never changes: what a file gains is in new ones. */
static void protect_messages(struct copy *c) {
	for (size_t i = 0; i < c->sums.count; i++)
		if (!strncmp(c->sums.items[i].name, "packs/", 6) || !strncmp(c->sums.items[i].name, "journal/", 8)) protect(c, c->sums.items[i].name, true);
}

static int protect_generation(struct copy *c, uint64_t number) {
	char *folder = generation_path(number, ""), **names;
	size_t count;
	int rc = place_list(&c->place, folder, BACKUP_NAMES_MAX, &names, &count, c->err);
	for (size_t i = 0; !rc && i < count; i++) {
		char *name = generation_path(number, names[i]);
		protect(c, name, true);
		free(name);
	}
	if (!rc) place_names_free(names, count);
	free(folder);
	return rc;
}

int backup_protect(struct copy *c) {
	size_t i;
	const json_t *one;
	if (!is_protected_kind(c)) return 0;
	if (c->recipients) protect_messages(c);
	else protect_plain(c);
	json_array_foreach(medium_generations(c->medium), i, one)
		if (protect_generation(c, (uint64_t)json_integer_value(json_object_get(one, "number")))) return -1;
	if (protect_generation(c, c->generation.number)) return -1;
	protect(c, README, true);
	return 0;
}

int backup_write_readme(struct copy *c) {
	const char *readme = c->recipients ? backup_readme_encrypted : backup_readme;
	struct error unread = {0};
	char *there = NULL;
	size_t len = 0;
	if (place_has(&c->place, README)) place_read(&c->place, README, LIMIT_LABEL_BYTES, &there, &len, &unread);
	bool same = there && len == strlen(readme) && !memcmp(there, readme, len);
	free(there);
	if (same) return 0;
	place_unprotect(&c->place, README);
	return place_write(&c->place, README, readme, strlen(readme), c->err);
}

bool backup_protection_failed(struct copy *c) {
	bool failed = is_protected_kind(c) && c->unprotected, known = medium_time(c->medium, "unprotected_since") != UTIME_NONE;
	char count[24];
	if (failed == known) return false;
	medium_set_time(c->medium, "unprotected_since", failed ? c->app->now : UTIME_NONE);
	if (failed)
		log_event(LOG_WARN_LEVEL, "medium.not_protected", "medium", c->medium->row.label, "files", log_number(c->unprotected, count), "reason",
		          "file system or rights do not allow chattr +a and +i (CAP_LINUX_IMMUTABLE)", NULL);
	return failed;
}
