/* A directory that is held open, and the files below it by their names: of a medium, or of the archive copied from or to.
 *
 * Everything on a medium is reached through the directory that was opened when it was identified, component by component,
 * without following a symbolic link and without leaving its file system: a medium that is unmounted in the middle, or made
 * by somebody else, leads nowhere else. Names are relative ("packs/000001.tar"); each function returns 0, or -1 with err. */
#ifndef LTVAULT_ARCHIVER_MEDIUM_PLACE_H
#define LTVAULT_ARCHIVER_MEDIUM_PLACE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct medium_place {
	int dir;
	dev_t device;
	const char *path; /* borrowed; what errors name */
	bool trusted;     /* the archive itself: its folders may be links to elsewhere */
};
int place_open(struct medium_place *place, const char *path, bool trusted, struct error *err);
void place_close(struct medium_place *place); /* safe on one that was never opened (all zero) */

/* Whether a name can lead nowhere but below the place: no absolute one, no "." or "..", no control characters. */
bool place_name_is_safe(const char *name);

/* A regular file; with O_CREAT it is made with mode 0640. The descriptor, or -1. */
int place_open_file(const struct medium_place *place, const char *name, int flags, struct error *err);
bool place_has(const struct medium_place *place, const char *name); /* anything of that name */
int place_make_folder(const struct medium_place *place, const char *name, struct error *err); /* there already is fine */
int place_sync_folder(const struct medium_place *place, const char *name, struct error *err); /* "" is the place itself */
int place_rename(const struct medium_place *place, const char *from, const char *to, struct error *err);
int place_remove(const struct medium_place *place, const char *name, bool folder, struct error *err); /* not there is fine */
/* Cuts a file to its first `size` bytes, durable; also one that can only be appended to. */
int place_truncate(const struct medium_place *place, const char *name, uint64_t size, struct error *err);
/* Marks a file as one that can only be appended to (chattr +a), or, `for_good`, not be changed at all (+i): false where file system or rights
 * (CAP_LINUX_IMMUTABLE) do not allow it. Who may mark may also take the mark away; it keeps off mistakes and programs without that right. */
bool place_protect(const struct medium_place *place, const char *name, bool for_good);
/* Takes such marks away as far as rights allow; what then needs them gone says so when it fails. */
void place_unprotect(const struct medium_place *place, const char *name);
/* Names in a folder that do not begin with a dot, sorted; at most `max`, more are ERROR_LIMIT. A folder that is not there is
 * empty. Each name and the list are the caller's (place_names_free). */
int place_list(const struct medium_place *place, const char *folder, size_t max, char ***names, size_t *count, struct error *err);
void place_names_free(char **names, size_t count);
/* A whole small file with a zero byte behind it, the caller's; ERROR_LIMIT above `max`. */
int place_read(const struct medium_place *place, const char *name, size_t max, char **data, size_t *len, struct error *err);
/* To NAME.new, made durable, renamed. */
int place_write(const struct medium_place *place, const char *name, const void *data, size_t len, struct error *err);

#endif
