#include "archiver/evidence_group.h"
#include "archiver/export_private.h"
#include "archiver/record_objects.h"

#include <stdlib.h>
#include <string.h>

/* Put together as the archive has it now; a tree that is damaged costs this record its evidence, not the bag. */
int export_evidence_records(struct export *e, const struct record_row *row, const char *folder, struct error *err) {
	int rc = 0;
	for (unsigned series = 1; !rc && series <= EVIDENCE_SERIES; series++) {
		struct buf der = {0};
		struct evidence_proof proof;
		struct error own = {0};
		char *path = xasprintf("%s/evidence-record-%u.ers", folder, series);
		int found = evidence_of(e->evidence, &row->original, series, &der, &proof, &own);
		if (found > 0)
			rc = bag_add(e->bag, path, der.data, der.len, err);
		else if (found < 0 && own.code == ERROR_DAMAGED)
			export_omit(e, row->number, "its evidence record", OBJECT_DAMAGED);
		else if (found < 0)
			rc = error_set(err, own.code, "%s", own.text);
		buf_dispose(&der);
		free(path);
	}
	return rc;
}

/* ---- groups ---- */

struct own {
	struct export *e;
	const struct record_row *row;
	const struct evidence_group *group;
	const char *folder;
};

static bool is_in(const struct evidence_group *group, const struct object_id *id) {
	for (size_t i = 0; i < group->count; i++)
		if (object_id_equal(&group->ids[i], id)) return true;
	return false;
}

/* What is the record's own and nowhere else in the bag: older metadata, what its long-term forms were written of. Attachments are
 * handed out when they are asked for. */
static int add_own(void *user, const struct object_id *id, const char *what, struct error *err) {
	const struct own *o = user;
	char hex[SHA256_HEX];
	bool was;
	if (strcmp(what, "metadata") != 0 && strcmp(what, "revision") != 0) return 0;
	if (object_id_equal(id, &o->row->metadata) || object_id_equal(id, &o->row->original) || !is_in(o->group, id)) return 0;
	char *path = xasprintf("%s/group/%s", o->folder, hex_encode(id->sha256, SHA256_SIZE, hex));
	int rc = export_see(o->e, EXPORT_SEEN_MEMBER, path, strlen(path), &was, err);
	if (!rc && !was) rc = export_object(o->e, o->row->number, id, path, path, err);
	free(path);
	return rc;
}

/* The record, the digests of its members, and those that would not be in the bag otherwise. */
static int add_group(struct own *o, unsigned series, const struct buf *der, struct error *err) {
	struct buf list = {0};
	char hex[SHA256_HEX], *record = xasprintf("%s/evidence-group-%u.ers", o->folder, series),
			      *names = xasprintf("%s/evidence-group-%u.txt", o->folder, series);
	for (size_t i = 0; i < o->group->count; i++) buf_printf(&list, "%s\n", hex_encode(o->group->ids[i].sha256, SHA256_SIZE, hex));
	int rc = bag_add(o->e->bag, record, der->data, der->len, err);
	if (!rc) rc = bag_add(o->e->bag, names, list.data, list.len, err);
	if (!rc) rc = record_each_object(o->e->app->store, o->row, add_own, o, err);
	buf_dispose(&list);
	free(record);
	free(names);
	return rc;
}

int export_evidence_groups(struct export *e, const struct record_row *row, const char *folder, struct error *err) {
	int rc = 0;
	for (unsigned series = 1; !rc && series <= EVIDENCE_SERIES; series++) {
		struct buf der = {0};
		struct evidence_proof proof;
		struct evidence_group group;
		struct own own = {e, row, &group, folder};
		struct error why = {0};
		size_t missing;
		bool closed;
		int found = evidence_group_of(e->evidence, row->number, series, &der, &proof, &group, &missing, &closed, &why);
		if (found > 0 && group.count)
			rc = add_group(&own, series, &der, err);
		else if (found < 0 && why.code == ERROR_DAMAGED)
			export_omit(e, row->number, "the evidence record of its group", OBJECT_DAMAGED);
		else if (found < 0)
			rc = error_set(err, why.code, "%s", why.text);
		if (found > 0) evidence_group_dispose(&group);
		buf_dispose(&der);
	}
	return rc;
}
