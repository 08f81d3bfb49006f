/* Unsigned documents with every kind of cross-reference data. */
#ifndef LTVAULT_TESTS_EXTEND_BASES_H
#define LTVAULT_TESTS_EXTEND_BASES_H

#include "base/mem.h"

enum shape { SHAPE_TABLE, SHAPE_STREAM, SHAPE_HYBRID, SHAPE_LINEARISED, SHAPE_PACKED, SHAPE_REVISIONS, SHAPES };
extern const char *const shape_names[SHAPES];

/* Empty when the tool qpdf, which makes two of the shapes, is not there. `dir` is for scratch. */
struct buf unsigned_make(enum shape shape, const char *dir);
/* What older readers see as free in the table, and others find beside it. */
void add_hybrid_section(struct buf *document, int size);

#endif
