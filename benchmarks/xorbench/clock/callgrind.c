/* Requests of a process to Callgrind, in which it runs; they do nothing elsewhere. The header is part of valgrind. */
#include <valgrind/callgrind.h>

void start(void) { CALLGRIND_START_INSTRUMENTATION; }

void stop(void) { CALLGRIND_STOP_INSTRUMENTATION; }

/* Writes a file with the instructions since the start, or since the file before, and this label. */
void dump(const char *label) { CALLGRIND_DUMP_STATS_AT(label); }
