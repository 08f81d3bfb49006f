/* Faults for tests: makes the n-th step that changes the disk fail, or end the process.
 *
 * Inert (one comparison) until a test arms it; never armed by the program. A process has one counter, because
 * "the n-th write of the run" is what the tests enumerate. */
#ifndef LTVAULT_STORE_FAULT_H
#define LTVAULT_STORE_FAULT_H

#include <stdbool.h>

enum fault_action {
	FAULT_NONE,
	FAULT_FAIL, /* the step returns ENOSPC; a write has then written half of its bytes */
	FAULT_DIE,  /* the process ends with FAULT_STATUS; a write has then written half of its bytes */
};
#define FAULT_STATUS 99

/* From now on the n-th step (from 1) and, when `stay`, every later one is hit; n 0 disarms. Resets the count. */
void fault_arm(unsigned long n, enum fault_action action, bool stay);
unsigned long fault_steps(void); /* steps seen since fault_arm */

/* Called by every step: what it must do. FAULT_FAIL has set errno. */
enum fault_action fault_step(void);
void fault_die(void) __attribute__((noreturn));
/* A step without a partial effect: returns true when it must fail; does not return when it must die. */
bool fault_hit(void);

#endif
