#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *meaning;
	int exit_status;
} codes[ERROR_CODES] = {
	[ERROR_NONE] = {"NONE", "no error", 0},
#define ERROR(name, exit_status, text) [ERROR_##name] = {#name, text, exit_status},
#include "base/error.def"
#undef ERROR
};

__attribute__((format(printf, 3, 0))) static int set(struct error *err, enum error_code code, const char *format,
						     va_list args) {
	if (!err || err->code != ERROR_NONE) return -1;
	err->code = code;
	vsnprintf(err->text, sizeof err->text, format, args);
	return -1;
}

int error_set(struct error *err, enum error_code code, const char *format, ...) {
	va_list args;
	va_start(args, format);
	set(err, code, format, args);
	va_end(args);
	return -1;
}

int error_errno(struct error *err, const char *format, ...) {
	int saved = errno;
	if (!err || err->code != ERROR_NONE) return -1;
	enum error_code code = ERROR_IO;
	if (saved == ENOSPC || saved == EDQUOT) code = ERROR_NO_SPACE;
	if (saved == ENOENT) code = ERROR_NOT_FOUND;
	va_list args;
	va_start(args, format);
	set(err, code, format, args);
	va_end(args);
	size_t used = strlen(err->text);
	snprintf(err->text + used, sizeof err->text - used, ": %s", strerrordesc_np(saved) ? strerrordesc_np(saved) : "unknown error");
	errno = saved;
	return -1;
}

int error_prefix(struct error *err, const char *format, ...) {
	if (!err || err->code == ERROR_NONE) return -1;
	char context[sizeof err->text], joined[2 * sizeof err->text + 4];
	va_list args;
	va_start(args, format);
	vsnprintf(context, sizeof context, format, args);
	va_end(args);
	snprintf(joined, sizeof joined, "%s: %s", context, err->text);
	memcpy(err->text, joined, sizeof err->text - 1);
	err->text[sizeof err->text - 1] = 0;
	return -1;
}

void error_clear(struct error *err) {
	if (err) *err = (struct error){.code = ERROR_NONE};
}

const char *error_name(enum error_code code) {
	return (unsigned)code < ERROR_CODES ? codes[code].name : "INTERNAL";
}

const char *error_meaning(enum error_code code) {
	return (unsigned)code < ERROR_CODES ? codes[code].meaning : "internal error";
}

int error_exit_status(enum error_code code) {
	return (unsigned)code < ERROR_CODES ? codes[code].exit_status : 4;
}
