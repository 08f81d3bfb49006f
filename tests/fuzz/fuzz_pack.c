/* Any bytes as a pack of which nothing is known: its members are looked for, and what is found is read. With bit 0 of the first
 * octet the sums of headers are put right, as an attacker would. */
#include "store/salvage.h"
#include "tests/fuzz/fuzz_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_sum(unsigned char *block) {
	unsigned sum = 0;
	char text[8];
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++) sum += block[i];
	snprintf(text, sizeof text, "%06o", sum & 0777777);
	memcpy(block + 148, text, 7);
}

static enum object_kind sniff(void *user, const unsigned char *data, size_t len, uint64_t size) {
	(void)user;
	if (len > size || len > SALVAGE_SNIFF) abort();
	return len && data[len - 1] == 'x' ? OBJECT_DOCUMENT : OBJECT_OTHER;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct error err = {0};
	struct salvage result;
	struct object_id id;
	uint64_t told;
	size_t header;
	if (!size) return 0;
	fuzz_archive_begin();
	unsigned char *pack = xmemdup(data + 1, size - 1);
	for (size_t at = 0; at + TAR_BLOCK <= size - 1; at += TAR_BLOCK) {
		if ((data[0] & 1) && !memcmp(pack + at + 257, "ustar", 5)) put_sum(pack + at);
		size_t left = size - 1 - at;
		tar_parse(pack + at, left < TAR_HEADER_MAX ? left : TAR_HEADER_MAX, &id, &told, &header);
	}
	fuzz_archive_write("packs/000001.tar", pack, size - 1);
	const struct salvage_base base = {.dir = -1};
	if (!store_salvage(fuzz_folder, &base, "fuzz", FUZZ_NOW, sniff, NULL, &result, &err)) {
		if (result.lost_bytes > size + TAR_BLOCK) abort();
		fuzz_archive_read(STORE_READ);
		fuzz_archive_read(STORE_WRITE);
	}
	free(pack);
	return 0;
}
