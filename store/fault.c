#include "store/fault.h"

#include <errno.h>
#include <unistd.h>

static struct {
	unsigned long at, seen;
	enum fault_action action;
	bool stay;
} armed;

void fault_arm(unsigned long n, enum fault_action action, bool stay) {
	armed.at = n;
	armed.seen = 0;
	armed.action = action;
	armed.stay = stay;
}

unsigned long fault_steps(void) {
	return armed.seen;
}

enum fault_action fault_step(void) {
	if (armed.action == FAULT_NONE) return FAULT_NONE;
	armed.seen++;
	if (!armed.at || armed.seen < armed.at || (armed.seen > armed.at && !armed.stay)) return FAULT_NONE;
	errno = ENOSPC;
	return armed.action;
}

void fault_die(void) {
	_exit(FAULT_STATUS);
}

bool fault_hit(void) {
	enum fault_action action = fault_step();
	if (action == FAULT_DIE) fault_die();
	return action == FAULT_FAIL;
}
