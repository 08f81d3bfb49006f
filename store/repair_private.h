/* What repairing packs and the journal share. */
#ifndef LTVAULT_STORE_REPAIR_PRIVATE_H
#define LTVAULT_STORE_REPAIR_PRIVATE_H

#include "store/private.h"
#include "store/repair.h"

/* Puts the new file, which is durable, in the old one's place; the old one stays under a name in damaged/. */
int repair_exchange(int dir, const char *fresh, const char *path, utime now, char aside[static 64], struct error *err);

/* Every member that the journal says was written to the pack, in order. */
struct repair_layout {
	struct object_info *members;
	size_t count, cap;
	uint64_t length; /* of the pack */
	bool ended;
};
int repair_layout(struct store *store, uint32_t pack, struct repair_layout *layout, struct error *err);
void repair_layout_dispose(struct repair_layout *layout);

#endif
