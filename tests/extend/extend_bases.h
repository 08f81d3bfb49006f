/* Unsigned documents with every kind of cross-reference data. */
#ifndef LTVAULT_TESTS_EXTEND_BASES_H
#define LTVAULT_TESTS_EXTEND_BASES_H

#include "base/mem.h"
#include "tests/pki/cert_make.h"

#include <stdbool.h>

enum shape { SHAPE_TABLE, SHAPE_STREAM, SHAPE_HYBRID, SHAPE_LINEARISED, SHAPE_PACKED, SHAPE_REVISIONS, SHAPES };
extern const char *const shape_names[SHAPES];

/* Empty when the tool qpdf, which makes two of the shapes, is not there. `dir` is for scratch. */
struct buf unsigned_make(enum shape shape, const char *dir);
/* What older readers see as free in the table, and others find beside it. */
void add_hybrid_section(struct buf *document, int size);

/* A new value for object `number` of generation `generation`, in a section of its own; for documents with tables. */
void add_object(struct buf *document, int number, int generation, const char *value);
/* Signed by another writer than the one under test, as a certification with P=1 (frozen) or P=2. */
struct buf certified_make(const struct pki *pki, bool frozen);
/* Encrypted by the tool qpdf; empty when it is not there. */
struct buf encrypt(const struct buf *plain, const char *dir);

#endif
