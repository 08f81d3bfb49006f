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
