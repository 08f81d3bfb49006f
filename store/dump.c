#include "store/private.h"

#include <stdlib.h>

int store_dump(struct store *store, FILE *out, struct error *err) {
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	for (int table = 0; table < TABLES; table++) {
		struct span key, value;
		struct walk *walk = walk_begin(txn, table);
		for (bool more = walk_seek(walk, (struct span){0}, &key, &value); more;
		     more = walk_next(walk, &key, &value)) {
			char *key_text = hex_dup(key.data, key.len), *value_text = hex_dup(value.data, value.len);
			fprintf(out, "%s %s %s\n", table_name(table), key_text, value_text);
			free(key_text);
			free(value_text);
		}
		walk_end(walk);
	}
	if (txn_end(txn, err) < 0) return -1;
	return fflush(out) == EOF || ferror(out) ? error_errno(err, "dump") : 0;
}
