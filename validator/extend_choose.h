/* Which evidence belongs into a document: what its own verdict rests on and its store does not hold yet. */
#ifndef LTVAULT_VALIDATOR_EXTEND_CHOOSE_H
#define LTVAULT_VALIDATOR_EXTEND_CHOOSE_H

#include "validator/extend_cms.h"

struct extend_chosen {
	enum extend_refusal refusal;
	char *detail;               /* owned; "" when the refusal says all */
	bool stamp;                 /* a time-stamp is due */
	enum extend_cms_stamp *stamps; /* CMS: which, for each signature; NULL for PDF */
	bool incomplete;            /* status data younger than a proof are wanted */
	utime retry_at;             /* when there may be more to do; UTIME_NONE: not known */
	struct path_result wanted;  /* its wants: where such status data could come from */
	struct extend_item *items;  /* sorted by kind, then SHA-256; bytes are the context's or in `made` */
	unsigned char (*sha256)[SHA256_SIZE];
	size_t count, cap;
	struct extend_entry *entries; /* as extend_order.entries, when asked for */
	size_t entry_count;
	struct buf *made; /* responses that had to be wrapped */
	size_t made_count, made_cap;
};

/* For a document that was judged without any proof of the caller's. */
void extend_choose(struct context *c, const struct judged *j, struct extend_chosen *out);
void extend_chosen_dispose(struct extend_chosen *chosen);

#endif
