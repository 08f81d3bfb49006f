#include "store/row.h"

#include <assert.h>
#include <string.h>

struct span key_span(const struct key *key) {
	return (struct span){key->data, key->len};
}

struct span span_text(const char *text) {
	return (struct span){(const unsigned char *)text, strlen(text)};
}

static void add(struct key *key, const void *data, size_t len) {
	assert(key->len + len <= sizeof key->data);
	memcpy(key->data + key->len, data, len);
	key->len += len;
}

static void add_number(struct key *key, uint64_t v, int bytes) {
	unsigned char out[8];
	for (int i = 0; i < bytes; i++) out[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
	add(key, out, (size_t)bytes);
}

struct key key_number(uint64_t number) {
	struct key key = {.len = 0};
	add_number(&key, number, 8);
	return key;
}

struct key key_index(uint64_t number, uint32_t index) {
	struct key key = key_number(number);
	add_number(&key, index, 4);
	return key;
}

struct key key_object(const struct object_id *id) {
	struct key key = {.len = 0};
	add(&key, id->sha256, SHA256_SIZE);
	return key;
}

struct key key_pack(uint32_t pack) {
	struct key key = {.len = 0};
	add_number(&key, pack, 4);
	return key;
}

struct key key_place(uint32_t pack, uint64_t offset) {
	struct key key = key_pack(pack);
	add_number(&key, offset, 8);
	return key;
}

struct key key_due(utime due, uint64_t number) {
	struct key key = {.len = 0};
	add_number(&key, (uint64_t)due ^ (UINT64_C(1) << 63), 8);
	add_number(&key, number, 8);
	return key;
}

/* A natural key may be longer than a key of LMDB, and its bytes say nothing about order. */
struct key key_natural(const char *natural_key, uint64_t number) {
	struct key key = {.len = 0};
	unsigned char digest[SHA256_SIZE];
	sha256_bytes(natural_key, strlen(natural_key), digest);
	add(&key, digest, sizeof digest);
	add_number(&key, number, 8);
	return key;
}

struct key key_name(const char *name, uint64_t number, uint32_t receipt) {
	struct key key = key_natural(name, number);
	add_number(&key, receipt, 4);
	return key;
}

struct key key_evidence(uint64_t number, const struct object_id *id) {
	struct key key = key_number(number);
	add(&key, id->sha256, SHA256_SIZE);
	return key;
}

struct key key_medium(const unsigned char id[static 16]) {
	struct key key = {.len = 0};
	add(&key, id, 16);
	return key;
}

uint64_t key_last_number(struct span key) {
	uint64_t v = 0;
	for (size_t i = key.len >= 8 ? key.len - 8 : 0; i < key.len; i++) v = v << 8 | key.data[i];
	return v;
}
