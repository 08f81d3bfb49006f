#include "archiver/image_show.h"

#include "archiver/explain.h"
#include "archiver/i18n.h"
#include "archiver/json_get.h"

#include <stdlib.h>
#include <string.h>

static const char *state_of(const json_t *image) {
	if (!*text_at(image, "read")) return _("not read yet: make a disc or tape of it");
	return json_is_true(json_object_get(image, "good")) ? _("read, as it was written") : _("read, and NOT what was written");
}

void images_print(FILE *out, const json_t *images) {
	size_t i;
	const json_t *image;
	if (json_array_size(images)) fprintf(out, "\n%s\n", _("Images (bytes, first image needed with it, its disc or tape, SHA-256)"));
	json_array_foreach(images, i, image) {
		char *read = explain_time(text_at(image, "read")), *where = explain_safe(text_at(image, "where"));
		const char *file = strrchr(text_at(image, "file"), '/');
		fprintf(out, "  %s  %lld  %lld  %s%s%s%s%s\n", file ? file + 1 : "", number_at(image, "size"), number_at(image, "base"), state_of(image),
		        *text_at(image, "read") ? "  " : "", *text_at(image, "read") ? read : "", *where ? "  " : "", where);
		fprintf(out, "              %s\n", text_at(image, "sha256"));
		free(read);
		free(where);
	}
}
