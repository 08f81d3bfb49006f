/* Errors: the run could not do something. What is true of a document is a finding, not an error.
 *
 * A function that can fail takes `struct error *` last and returns 0 or -1 (or NULL). The first error is kept;
 * callers prefix context on the way up: `packs/000017.tar: no space left on device`. */
#ifndef LTVAULT_BASE_ERROR_H
#define LTVAULT_BASE_ERROR_H

enum error_code {
	ERROR_NONE,
#define ERROR(name, exit_status, text) ERROR_##name,
#include "base/error.def"
#undef ERROR
	ERROR_CODES
};

/* All zero means no error. */
struct error {
	enum error_code code;
	char text[1024]; /* lower case, past tense, the thing first; always terminated */
};

/* Each sets code and text unless an error is already there, and returns -1 so that callers can `return` it.
 * `err` may be NULL: the failure is then known by the result alone. */
int error_set(struct error *err, enum error_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same from errno: ENOSPC and EDQUOT become NO_SPACE, ENOENT NOT_FOUND, everything else IO; strerror is added. */
int error_errno(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts `context: ` before the text. */
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
void error_clear(struct error *err);

const char *error_name(enum error_code code);    /* "NO_SPACE" */
const char *error_meaning(enum error_code code); /* "no space left" */
int error_exit_status(enum error_code code);     /* 0 for ERROR_NONE */

#endif
