/* Large documents with many signatures, to measure with. */
#ifndef LTVAULT_TESTS_PKI_LARGE_H
#define LTVAULT_TESTS_PKI_LARGE_H

#include <stdint.h>

/* Two PDFs of so many megabytes, signed so many times, one update for each signature: OUTDIR/one-stream.pdf has nearly
 * all of its bytes in one stream; OUTDIR/many-objects.pdf is a scanned and tagged book, a page for each 48 KB with its
 * image, text, links and structure elements. The test PKI's trust goes to OUTDIR/trust. */
void large_write(const char *out_dir, uint64_t megabytes, unsigned signatures);

#endif
