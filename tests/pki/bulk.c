#include "tests/pki/bulk.h"

#include "tests/pki/tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEDIAN_BYTES (100.0 * 1024) /* with the deviation below the mean is 150 KiB */
#define LARGEST_BYTES (16u << 20)   /* beyond five deviations: keeps one unlucky file from ruling a measurement */

/* splitmix64: fast, and good enough that no compressor finds anything. */
static uint64_t next_number(uint64_t *state) {
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* exp(x) for |x| < 8 without the mathematics library, whose last digit differs between machines. */
static double exponential(double x) {
	double small = x / 1024, sum = 1 + small * (1 + small / 2 * (1 + small / 3));
	for (int i = 0; i < 10; i++) sum *= sum;
	return sum;
}

static size_t next_size(uint64_t *state) {
	double normal = -6; /* twelve uniform numbers: variance one */
	for (int i = 0; i < 12; i++) normal += (double)(next_number(state) >> 11) / 9007199254740992.0;
	double size = MEDIAN_BYTES * exponential(0.9 * normal);
	return size > LARGEST_BYTES ? LARGEST_BYTES : (size_t)size + 1;
}

void bulk_fill(unsigned char *data, size_t len, uint64_t *state) {
	for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
		uint64_t word = next_number(state);
		memcpy(data + at, &word, sizeof word);
	}
}

void bulk_write(const char *out_dir, uint64_t count, uint64_t seed) {
	unsigned char *data = xmalloc(LARGEST_BYTES + sizeof(uint64_t));
	tool_make_dir(out_dir);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t state = seed * 0x2545f4914f6cdd1du + i;
		size_t size = next_size(&state);
		bulk_fill(data, (size + 7) / 8 * 8, &state);
		char *dir = xasprintf("%s/%03" PRIu64, out_dir, i / 1000), *name = xasprintf("%06" PRIu64 ".bin", i);
		if (i % 1000 == 0) tool_make_dir(dir);
		tool_write(dir, name, data, size);
		free(dir);
		free(name);
	}
	free(data);
}
