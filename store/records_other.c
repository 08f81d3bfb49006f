/* Media, damages, values: small tables that are read whole. */
#include "store/private.h"

#include <stdlib.h>
#include <string.h>

int store_media(struct store *store, struct medium_row **rows, size_t *count, struct error *err) {
	struct span key, value;
	size_t cap = 0;
	*rows = NULL;
	*count = 0;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	struct walk *walk = walk_begin(txn, TABLE_MEDIA);
	for (bool more = walk_seek(walk, (struct span){0}, &key, &value); more; more = walk_next(walk, &key, &value)) {
		struct medium_row row;
		if (key.len != sizeof row.id || !medium_row_get(value, &row)) {
			txn_fail(txn, ERROR_DAMAGED, "catalogue: media: malformed");
			break;
		}
		memcpy(row.id, key.data, sizeof row.id);
		ARRAY_GROW(*rows, *count, cap);
		(*rows)[(*count)++] = row;
	}
	walk_end(walk);
	if (txn_end(txn, err) == 0) return 0;
	for (size_t i = 0; i < *count; i++) medium_row_dispose(&(*rows)[i]);
	free(*rows);
	*rows = NULL;
	*count = 0;
	return -1;
}

int store_damages(struct store *store, struct damage_row **rows, size_t *count, struct error *err) {
	struct span key, value;
	size_t cap = 0;
	*rows = NULL;
	*count = 0;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	struct walk *walk = walk_begin(txn, TABLE_DAMAGES);
	for (bool more = walk_seek(walk, (struct span){0}, &key, &value); more; more = walk_next(walk, &key, &value)) {
		struct damage_row row;
		if (key.len != SHA256_SIZE || !damage_row_get(value, &row)) {
			txn_fail(txn, ERROR_DAMAGED, "catalogue: damages: malformed");
			break;
		}
		memcpy(row.id.sha256, key.data, SHA256_SIZE);
		ARRAY_GROW(*rows, *count, cap);
		(*rows)[(*count)++] = row;
	}
	walk_end(walk);
	if (txn_end(txn, err) == 0) return 0;
	for (size_t i = 0; i < *count; i++) damage_row_dispose(&(*rows)[i]);
	free(*rows);
	*rows = NULL;
	*count = 0;
	return -1;
}

int store_value(struct store *store, const char *name, char **value, struct error *err) {
	struct span bytes;
	*value = NULL;
	if (!*name) return 0;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	bool found = txn_get(txn, TABLE_VALUES, span_text(name), &bytes);
	if (found) *value = xstrndup((const char *)bytes.data, bytes.len);
	if (txn_end(txn, err) == 0) return found;
	free(*value);
	*value = NULL;
	return -1;
}

static bool is_below(struct span key, const char *prefix) {
	return key.len >= strlen(prefix) && !memcmp(key.data, prefix, strlen(prefix));
}

/* The first named value behind *name (or, at the start, the first with the prefix); both become the caller's. */
static int next_value(struct store *store, const char *prefix, char **name, char **value, struct error *err) {
	struct span key, found;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	struct walk *walk = walk_begin(txn, TABLE_VALUES);
	bool more = walk_seek(walk, span_text(*name ? *name : prefix), &key, &found);
	if (more && *name && key.len == strlen(*name) && !memcmp(key.data, *name, key.len)) more = walk_next(walk, &key, &found);
	free(*name);
	*name = *value = NULL;
	if (more && is_below(key, prefix)) {
		*name = xstrndup((const char *)key.data, key.len);
		*value = xstrndup((const char *)found.data, found.len);
	}
	walk_end(walk);
	return txn_end(txn, err);
}

int store_each_value(struct store *store, const char *prefix, value_visit *visit, void *user, struct error *err) {
	char *name = NULL, *value = NULL;
	int rc, stop = 0;
	while (!(rc = next_value(store, prefix, &name, &value, err)) && name && !stop) {
		stop = visit(user, name, value);
		free(value);
		value = NULL;
	}
	free(name);
	free(value);
	return rc;
}

bool store_loss_is_accepted(struct store *store, const struct object_id *id) {
	char name[sizeof LOSS_PREFIX + SHA256_HEX] = LOSS_PREFIX, *value = NULL;
	hex_encode(id->sha256, SHA256_SIZE, name + strlen(LOSS_PREFIX));
	bool accepted = store_value(store, name, &value, NULL) == 1;
	free(value);
	return accepted;
}
