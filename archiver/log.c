#include "archiver/log.h"

#include "base/mem.h"
#include "base/utime.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static enum log_level lowest = LOG_WARN_LEVEL;
static uint64_t counts[4];

void log_set_level(enum log_level level) {
	lowest = level;
}

enum log_level log_get_level(void) {
	return lowest;
}

uint64_t log_count(enum log_level level) {
	return counts[level];
}

char *log_number(uint64_t value, char text[static 24]) {
	snprintf(text, 24, "%llu", (unsigned long long)value);
	return text;
}

/* Length of a well-formed UTF-8 sequence at p, 0 when there is none. */
static size_t utf8_at(const unsigned char *p) {
	size_t n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80) return 0;
	return n;
}

static void add_value(struct buf *line, const char *value) {
	bool plain = *value != 0;
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p <= ' ' || strchr("\"=\\\x7f", *p)) plain = false;
	if (!plain) buf_add_byte(line, '"');
	for (const unsigned char *p = (const unsigned char *)value; *p;) {
		size_t n = utf8_at(p);
		if (!n || *p < ' ' || *p == 0x7f) buf_printf(line, "\\x%02x", *p);
		else if (*p == '"' || *p == '\\') buf_printf(line, "\\%c", *p);
		else buf_add(line, p, n);
		p += n ? n : 1;
	}
	if (!plain) buf_add_byte(line, '"');
}

void log_event(enum log_level level, const char *event, ...) {
	static const char *const names[] = {"debug", "info", "warn", "error"};
	counts[level]++;
	if (level < lowest) return;
	struct timespec now;
	char when[UTIME_TEXT_MAX];
	struct buf line = {0};
	clock_gettime(CLOCK_REALTIME, &now);
	buf_printf(&line, "time=%s level=%s event=%s", utime_text(now.tv_sec * UTIME_SECOND, when), names[level], event);
	va_list args;
	va_start(args, event);
	for (const char *key; (key = va_arg(args, const char *));) {
		const char *value = va_arg(args, const char *);
		if (!value) continue;
		buf_printf(&line, " %s=", key);
		add_value(&line, value);
	}
	va_end(args);
	buf_add_byte(&line, '\n');
	/* One write a line: lines of several processes do not mix. Nobody can be told when it fails. */
	if (write(STDERR_FILENO, line.data, line.len) < 0) counts[level]--;
	buf_dispose(&line);
}
