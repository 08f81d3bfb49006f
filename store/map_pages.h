/* Keeps the resident part of a large read-only file mapping small.
 *
 * Pages of a mapped file stay in a process until the kernel wants them back, so that who walks through a large file has all of
 * it resident. Here the places that were read are counted, and after a bound all pages are given back at once: they stay in the
 * page cache, addresses stay valid, and what is read again costs a fault without any input. How much a fault brings in is the
 * kernel's affair (64 KiB of single pages, or 2 MiB where the page cache has them in one piece): so it is asked, now and then.
 *
 * For one thread at a time, like the catalogue that it serves. */
#ifndef LTVAULT_STORE_MAP_PAGES_H
#define LTVAULT_STORE_MAP_PAGES_H

#include <stddef.h>
#include <stdint.h>

#define MAP_PAGES_WINDOW_BITS 16 /* a fault brings in the pages around it that are in memory, 64 KiB in all */
#define MAP_PAGES_SLOTS 1024

struct map_pages { /* zeroed: nothing is ever given back */
	unsigned char *base;
	size_t len;
	int statm;                     /* the kernel's counts for this process; 0: not to be had */
	uint64_t rest;                 /* pages of files that were resident when all of these had been given back */
	unsigned touched;              /* windows since pages were given back, or more */
	uint64_t seen[MAP_PAGES_SLOTS]; /* of windows, by their number; 0: none */
};

/* The mapping that this address lies in, as /proc/self/maps has it; where there is none, nothing happens ever. */
void map_pages_find(struct map_pages *pages, const void *inside);
void map_pages_end(struct map_pages *pages); /* before the mapping ends */
/* This place was read; NULL: one that nobody knows. An address elsewhere does not count. */
void map_pages_touch(struct map_pages *pages, const void *at);
void map_pages_give_back(struct map_pages *pages);

#endif
