/* Files to measure with: incompressible, of log-normal size around 150 KB. */
#ifndef LTVAULT_TESTS_PKI_BULK_H
#define LTVAULT_TESTS_PKI_BULK_H

#include <stdint.h>

/* Writes OUTDIR/000/000000.bin and so on, a thousand in a folder; the same seed gives the same bytes. */
void bulk_write(const char *out_dir, uint64_t count, uint64_t seed);

#endif
