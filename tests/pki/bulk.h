/* Files to measure with: incompressible, of log-normal size around 150 KB. */
#ifndef LTVAULT_TESTS_PKI_BULK_H
#define LTVAULT_TESTS_PKI_BULK_H

#include <stddef.h>
#include <stdint.h>

/* Writes OUTDIR/000/000000.bin and so on, a thousand in a folder; the same seed gives the same bytes. */
void bulk_write(const char *out_dir, uint64_t count, uint64_t seed);

/* Fills `len` bytes, a multiple of eight, with what no compressor makes smaller; `state` is the seed, and goes on. */
void bulk_fill(unsigned char *data, size_t len, uint64_t *state);

#endif
