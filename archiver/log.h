/* The log: one line an event, logfmt, to standard error (which cron mails and systemd gives to the journal).
 *
 * Times are those of the clock when the line is written; everything else about time in the program is a parameter. */
#ifndef LTVAULT_ARCHIVER_LOG_H
#define LTVAULT_ARCHIVER_LOG_H

#include <stdint.h>

enum log_level { LOG_DEBUG_LEVEL, LOG_INFO_LEVEL, LOG_WARN_LEVEL, LOG_ERROR_LEVEL };

/* Lines below the level are not written. Commands for people log warnings and errors; nightly and -v also info. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
/* Also counts for reading by tests: lines written at each level. */
uint64_t log_count(enum log_level level);

/* log_event(LOG_INFO_LEVEL, "ingested", "file", name, "record", number_text, NULL): pairs of key and value. Values
 * are quoted where logfmt needs it; control characters and invalid UTF-8 are escaped. A NULL value is skipped. */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));

/* Decimal text for a value in such a call; the buffer is the caller's. */
char *log_number(uint64_t value, char text[static 24]);

#endif
