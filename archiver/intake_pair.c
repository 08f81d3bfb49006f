#include "archiver/intake_pair.h"

#include "archiver/content.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/records.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *declared_path(const char *path, const char *name) {
	const char *slash = strrchr(path, '/');
	struct stat st;
	if (!*name || strchr(name, '/')) return NULL;
	char *other = xasprintf("%.*s%s", slash ? (int)(slash - path + 1) : 0, path, name);
	if (lstat(other, &st) == 0 && S_ISREG(st.st_mode)) return other;
	free(other);
	return NULL;
}

char *intake_pair_path(const struct intake_item *item) {
	struct object_id declared;
	const char *said = metadata_text(item->metadata.object, CONTENT_KEY);
	if (content_of_metadata(item->metadata.object, &declared)) return NULL;
	return *said ? declared_path(item->path, said) : content_beside(item->path);
}

static void set_content(struct metadata *m, const struct object_id *id) {
	char text[OBJECT_ID_TEXT_MAX];
	if (!m->object) m->object = json_object();
	if (!m->natural_key) m->natural_key = xstrdup("");
	json_object_set_new(m->object, CONTENT_KEY, json_string(object_id_text(id, text)));
	free(m->text);
	m->text = json_dumps(m->object, JSON_SORT_KEYS | JSON_COMPACT);
}

/* What the file beside it is, when the archive has it: as it was taken in just now, else as it is there. */
static int digest_beside(struct intake *in, const struct intake_item *item, struct object_id *id, struct error *err) {
	char *path = intake_pair_path(item);
	uint64_t number;
	int found = 0;
	for (size_t i = 0; path && !found && i < in->item_count; i++)
		if (in->items[i].number && !strcmp(in->items[i].path, path)) *id = in->items[i].id, found = 1;
	if (path && !found && content_file_digest(path, id)) found = batch_record_of(in->batch, id, &number, err);
	free(path);
	return found;
}

/* What the newest metadata says, also when it was written in this batch. */
static int content_before(struct intake *in, const struct intake_item *item, const struct object_id *newest,
			  struct object_id *id, struct error *err) {
	unsigned char *data = NULL;
	size_t len = 0;
	for (size_t i = in->item_count; i-- > 0;) {
		const struct intake_item *other = &in->items[i];
		if (other != item && other->number == item->number && other->metadata.object)
			return content_of_metadata(other->metadata.object, id);
	}
	if (object_id_is_zero(newest)) return 0;
	if (store_read(in->app->store, newest, LIMIT_SIDECAR_BYTES, &data, &len, err) == OBJECT_UNREADABLE) return -1;
	json_t *object = data ? json_loadb((const char *)data, len, 0, NULL) : NULL;
	int found = content_of_metadata(object, id);
	json_decref(object);
	free(data);
	return found;
}

int intake_pair(struct intake *in, struct intake_item *item, bool there, const struct object_id *newest,
		struct error *err) {
	struct object_id id;
	if (there && !item->metadata.text) return 0;
	if (content_of_metadata(item->metadata.object, &id)) return 0;
	int found = digest_beside(in, item, &id, err);
	if (!found && there) found = content_before(in, item, newest, &id, err);
	if (found > 0 && !object_id_equal(&id, &item->id)) set_content(&item->metadata, &id);
	return found < 0 ? -1 : 0;
}
