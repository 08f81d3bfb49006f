/* Reads a compiled gettext catalogue (.mo). glibc's own lookup depends on installed locales, and since 2.39 it translates
 * nothing in C.UTF-8, the one locale that every system has: a clerk's language must not hang on that. */
#ifndef LTVAULT_ARCHIVER_CATALOGUE_MO_H
#define LTVAULT_ARCHIVER_CATALOGUE_MO_H

struct mo;
struct mo *mo_open(const char *path); /* NULL when there is none or it is not well-formed */
void mo_close(struct mo *mo);         /* NULL-safe */
const char *mo_text(const struct mo *mo, const char *id); /* borrowed; `id` itself when it is not translated */

#endif
