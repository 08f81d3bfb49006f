/* Any bytes as a write-once image: as a disc or tape (D), or as its label (L). What was understood leads nowhere else and stays within its
 * bounds. */
#include "archiver/bag_package.h"
#include "archiver/image_label.h"
#include "archiver/medium_place.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t announced, came, all, most;
};

static int begin(void *user, const char *name, uint64_t size, struct error *err) {
	struct seen *s = user;
	(void)err;
	if (!place_name_is_safe(name)) abort();
	*s = (struct seen){size, 0, s->all + size, s->most};
	if (s->all > s->most) abort();
	return 0;
}

static int bytes(void *user, const void *data, size_t len, struct error *err) {
	struct seen *s = user;
	(void)data, (void)err;
	s->came += len;
	if (s->came > s->announced) abort();
	return 0;
}

static int end(void *user, struct error *err) {
	const struct seen *s = user;
	(void)err;
	if (s->came != s->announced) abort();
	return 0;
}

static void disc(const uint8_t *data, size_t size) {
	struct seen seen = {.most = size};
	struct error err = {0};
	int fd = memfd_create("image", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET)) abort();
	package_read(fd, "image", size, &(struct package_sink){begin, bytes, end, &seen}, &err);
	close(fd);
}

static void label(const char *text, size_t len) {
	struct image_label one, again;
	struct error err = {0};
	if (!image_label_parse(text, len, &one, &err)) {
		char *written = image_label_text(&one);
		if (image_label_parse(written, strlen(written), &again, &err) || again.count != one.count) abort();
		for (size_t i = 0; i < one.count; i++) {
			char *name = image_piece_name(&one.pieces[i]);
			if (!place_name_is_safe(one.pieces[i].file)) abort();
			free(name);
		}
		free(written);
		image_label_dispose(&again);
	}
	image_label_dispose(&one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (!size) return 0;
	/* A copy of exactly this size: reading behind the end is seen. */
	char *copy = xmalloc(size);
	memcpy(copy, data + 1, size - 1);
	if (*data == 'L') label(copy, size - 1);
	else disc((const uint8_t *)copy, size - 1);
	free(copy);
	return 0;
}
