/* Objects: immutable bytes named by their SHA-256. */
#ifndef LTVAULT_STORE_OBJECT_H
#define LTVAULT_STORE_OBJECT_H

#include "base/digest.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object_id {
	unsigned char sha256[SHA256_SIZE];
};
#define OBJECT_ID_TEXT_MAX 72 /* "sha256:" and 64 digits and the zero */

char *object_id_text(const struct object_id *id, char text[static OBJECT_ID_TEXT_MAX]); /* "sha256:ab12..." */
bool object_id_parse(const char *text, struct object_id *id);                           /* with or without "sha256:" */
bool object_id_equal(const struct object_id *a, const struct object_id *b);
bool object_id_is_zero(const struct object_id *id); /* all zero stands for "none" */

/* What an object is, for statistics and reports; the store attaches no meaning to it. */
enum object_kind {
#define OBJECT_KIND(name, text) OBJECT_##name,
#include "store/object_kind.def"
#undef OBJECT_KIND
	OBJECT_KINDS
};
const char *object_kind_name(enum object_kind kind);

/* Outcome of reading: facts about a stored object, no errors of the run. */
enum object_state {
	OBJECT_PRESENT,    /* bytes read, and their digest is the name */
	OBJECT_MISSING,    /* not in the catalogue, or its pack is not there */
	OBJECT_DAMAGED,    /* other bytes than the name says, or the medium did not give them (EIO) */
	OBJECT_UNREADABLE, /* could not tell: the run failed (err is set): permissions, descriptors, interrupt */
};
const char *object_state_name(enum object_state state); /* "present" ... */

#endif
