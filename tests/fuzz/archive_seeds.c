/* Writes what the fuzz targets journal, pack, row and tree begin with, from an archive in which everything has happened:
 * FOLDER/TARGET/NUMBER. */
#include "tests/store/busy.h"

#include "base/digest.h"
#include "store/event.h"
#include "store/file.h"

static const char *folder;

static void seed(const char *target, char choice, const void *data, size_t len) {
	static unsigned number;
	char *dir = xasprintf("%s/%s", folder, target), *path = xasprintf("%s/%03u", dir, number++);
	mkdir(dir, 0777);
	FILE *out = fopen(path, "we");
	if (!out || fputc(choice, out) == EOF || fwrite(data, 1, len, out) != len || fclose(out)) {
		perror(path);
		exit(1);
	}
	free(path);
	free(dir);
}

/* A file of the archive as it is. */
static void file_seed(const char *target, char choice, const char *name) {
	struct error err = {0};
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	int64_t size = file_size(dir, name, false, &err);
	if (fd < 0 || size < 0) exit(1);
	unsigned char *data = xmalloc((size_t)size + 1);
	if (file_read_at(fd, name, data, (size_t)size, 0, &err) != (ssize_t)size) exit(1);
	seed(target, choice, data, (size_t)size);
	free(data);
	close(fd);
	close(dir);
}

/* All events behind the first in the form of fuzz_journal.c, and each as a leaf. */
static void event_seeds(void) {
	struct error err = {0};
	struct journal_reader reader;
	struct event event;
	struct buf all = {0};
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	journal_reader_begin(&reader, dir, &(struct journal_head){0});
	while (journal_reader_next(&reader, &event, &err) == JOURNAL_EVENT) {
		seed("row", 'E', reader.entry.data, reader.entry.len);
		if (event.sequence == 1) continue;
		record_put_u8(&all, event.last);
		record_put_u8(&all, (uint8_t)event.type);
		record_put_u8(&all, (uint8_t)event.number);
		record_put_u16(&all, (uint16_t)event.payload.len);
		record_put_raw(&all, event.payload.data, event.payload.len);
	}
	seed("journal", 'E', all.data, all.len);
	journal_reader_end(&reader);
	buf_dispose(&all);
	close(dir);
}

static void row_seeds(void) {
	static const struct {
		enum table table;
		char letter;
	} tables[] = {{TABLE_OBJECTS, 'O'},  {TABLE_PACKS, 'P'},    {TABLE_BATCHES, 'B'},  {TABLE_RECORDS, 'R'}, {TABLE_RECEIPTS, 'C'},
		      {TABLE_METADATA, 'M'}, {TABLE_VERDICTS, 'V'}, {TABLE_REVISIONS, 'N'}, {TABLE_MEDIA, 'D'},   {TABLE_DAMAGES, 'A'}};
	struct error err = {0};
	struct span key, value;
	struct catalogue *catalogue = catalogue_open(in_archive("catalogue"), CATALOGUE_READ, &err);
	struct txn *txn = catalogue ? txn_begin(catalogue, false, &err) : NULL;
	if (!txn) exit(1);
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		struct walk *walk = walk_begin(txn, tables[i].table);
		unsigned n = 0;
		for (bool more = walk_seek(walk, (struct span){NULL, 0}, &key, &value); more && n < 3; n++, more = walk_next(walk, &key, &value))
			seed("row", tables[i].letter, value.data, value.len);
		walk_end(walk);
		if (!n) exit(1);
	}
	if (txn_get(txn, TABLE_META, span_text("head"), &value)) seed("row", 'H', value.data, value.len);
	if (txn_get(txn, TABLE_META, span_text("totals"), &value)) seed("row", 'T', value.data, value.len);
	txn_end(txn, &err);
	catalogue_close(catalogue);
}

/* Trees as archiver/evidence_tree.c writes them, of two leaves or pages. */
static void tree_seeds(void) {
	static const char *const algs[] = {"SHA-256", "SHA3-512"};
	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		size_t size = digest_size(digest_from_name(algs[i]));
		struct buf page = {0}, top = {0};
		unsigned char bytes[DIGEST_MAX] = {0};
		record_put_raw(&page, "LTVP", 4);
		record_put_raw(&top, "LTVT", 4);
		struct buf *both[] = {&page, &top};
		for (size_t k = 0; k < 2; k++) {
			record_put_u32(both[k], 1);
			record_put_text(both[k], algs[i]);
			record_put_u32(both[k], 2);
		}
		for (unsigned char leaf = 1; leaf <= 2; leaf++) {
			memset(bytes, leaf, sizeof bytes);
			record_put_raw(&page, bytes, SHA256_SIZE);
			record_put_u16(&page, leaf);
			for (unsigned m = 0; m < leaf; m++) record_put_raw(&page, bytes, size);
			record_put_raw(&top, bytes, SHA256_SIZE);
			record_put_raw(&top, bytes, SHA256_SIZE);
			record_put_u32(&top, 2);
			record_put_raw(&top, bytes, size);
		}
		seed("tree", 'P', page.data, page.len);
		seed("tree", 'T', top.data, top.len);
		buf_dispose(&page);
		buf_dispose(&top);
	}
}

int main(int argc, char **argv) {
	struct busy busy;
	if (argc != 2 || make_directory(NULL)) return 2;
	folder = argv[1];
	mkdir(folder, 0777);
	store_close(create_busy(&busy));
	file_seed("journal", 'R', "journal/000001.log");
	file_seed("pack", 0, "packs/000001.tar");
	file_seed("pack", 1, "packs/000001.tar");
	event_seeds();
	row_seeds();
	tree_seeds();
	return remove_directory(NULL);
}
