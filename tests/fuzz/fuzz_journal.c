/* Any bytes as an archive's journal, from which the catalogue is remade; then all of it is read. The first octet: R, the bytes
 * are the file; else they are events, each octets for flags, type and number, two for a length, and the payload, and what an
 * attacker can compute as well (sequence, hashes, chain) is put around them. */
#include "tests/fuzz/fuzz_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void say(const struct event *event) {
	struct buf json = {0};
	char *type = NULL;
	event_json(event, &json, &type);
	buf_dispose(&json);
	free(type);
}

/* Behind the event that made the archive. */
static void write_events(const uint8_t *data, size_t size) {
	struct error err = {0};
	struct journal_reader reader;
	struct buf entries = {0};
	struct event event;
	int dir = open(fuzz_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	journal_reader_begin(&reader, dir, &(struct journal_head){0});
	while (journal_reader_next(&reader, &event, &err) == JOURNAL_EVENT) continue;
	struct journal_head start = reader.at, head = start;
	journal_reader_end(&reader);
	while (size >= 5) {
		size_t len = (size_t)data[3] << 8 | data[4];
		if (len > size - 5) len = size - 5;
		event = (struct event){.when = FUZZ_NOW, .type = data[1], .number = data[2], .last = data[0] & 1, .payload = {data + 5, len}};
		say(&event);
		journal_put(&entries, &head, &event);
		data += 5 + len;
		size -= 5 + len;
	}
	if (entries.len && journal_write(dir, &start, &entries, &err)) abort();
	buf_dispose(&entries);
	close(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct error err = {0};
	if (!size) return 0;
	fuzz_archive_begin();
	if (*data == 'R')
		fuzz_archive_write("journal/000001.log", data + 1, size - 1);
	else
		write_events(data + 1, size - 1);
	fuzz_archive_read(STORE_WRITE); /* what a run that died left is finished */
	if (!store_rebuild(fuzz_folder, "fuzz", FUZZ_NOW, &err)) fuzz_archive_read(STORE_READ);
	return 0;
}
