/* Many documents of one office, to measure with. */
#ifndef LTVAULT_TESTS_PKI_MANY_H
#define LTVAULT_TESTS_PKI_MANY_H

#include <stdint.h>

/* PDFs OUTDIR/0000.pdf and on, each with another text, each signed by the chairman and the office with signature time-stamps,
 * certificates as `make --base-url` gives them for the same address. OUTDIR is made. */
void many_write(const char *out_dir, uint64_t count, const char *base_url);

#endif
