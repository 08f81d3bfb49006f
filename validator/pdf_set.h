/* A map from 64-bit keys to small numbers; also a set. All zero is empty. */
#ifndef LTVAULT_VALIDATOR_PDF_SET_H
#define LTVAULT_VALIDATOR_PDF_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pdf_set {
	uint64_t *keys; /* key + 1; 0: free */
	uint32_t *values;
	size_t size, used; /* size is a power of two */
};

/* False when the key was there already; its value stays. Keys below 2^64 - 1. */
bool pdf_set_add(struct pdf_set *set, uint64_t key, uint32_t value);
bool pdf_set_has(const struct pdf_set *set, uint64_t key);
bool pdf_set_get(const struct pdf_set *set, uint64_t key, uint32_t *value);
void pdf_set_put(struct pdf_set *set, uint64_t key, uint32_t value); /* adds or replaces */
void pdf_set_dispose(struct pdf_set *set);

#endif
