/* What the search index knows of one record: the row that `find` prints, and the words that lead to it. */
#ifndef LTVAULT_ARCHIVER_SEARCH_DOC_H
#define LTVAULT_ARCHIVER_SEARCH_DOC_H

#include "store/records.h"

#include <jansson.h>

/* Columns of words; each is kept twice, folded and with its marks. */
enum search_column {
	SEARCH_SYMBOL,
	SEARCH_ORG,
	SEARCH_SUBJECT,
	SEARCH_TYPE,
	SEARCH_SIGNER,
	SEARCH_RECIPIENT,
	SEARCH_NAME,
	SEARCH_DOSSIER, /* the file (hồ sơ) it belongs to: code and title */
	SEARCH_OTHER,   /* what the rest of the metadata says in words */
	SEARCH_COLUMNS
};
extern const char *const search_column_names[SEARCH_COLUMNS];

/* Compact JSON with the keys of a row of `find --json` (docs/search.md), and below "index" what is only searched for.
 * Metadata or verdict that cannot be read are left out: an index of what can be found is better than none. 0, or -1. */
int search_doc(struct store *store, const struct record_row *row, json_t **doc, struct error *err);
/* Whether a verdict or metadata that the document was made from has changed: equal digests mean an equal document. 0,
 * or -1. */
int search_doc_basis(struct store *store, const struct record_row *row, unsigned char basis[static SHA256_SIZE],
		     struct error *err);

/* Words of one column separated by spaces, with marks or folded; owned by the caller. */
char *search_doc_words(const json_t *doc, enum search_column column, bool marks);
/* Folded number; owned by the caller. */
char *search_doc_number(const json_t *doc);
/* When the first of its signers' certificates ends; false when none is known. */
bool search_doc_expires(const json_t *doc, utime *expires);
/* Until when it can be proven, and what ends that ("" not known); false when there is no date. */
bool search_doc_provable(const json_t *doc, utime *until, const char **limit);
/* ",RSA 2048,SHA-256,", what the proof rests on; owned by the caller. */
char *search_doc_algorithms(const json_t *doc);
/* [["SHA256", "CN=..."], ...], the roots that it rests on, as compact JSON; owned by the caller. */
char *search_doc_roots(const json_t *doc);
/* The date in days since 1970-01-01; false when there is none. */
bool search_doc_day(const json_t *doc, int64_t *day);

#endif
