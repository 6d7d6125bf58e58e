/**
 * What follows by itself from an earlier failure. Causes name these sets in `explains`, so that a finding which only
 * describes how the end looked from outside never outranks the one that says why.
 */

/** Seen from the conversation: nobody answers any more. */
export const SILENCE = ['handshake-unanswered', 'handshake-slow-start', 'catalog-list-fails'] as const;

/** Seen from the process: it is gone, in some way. */
export const FAILED_START = ['process-crashed', 'process-returns-early', ...SILENCE] as const;
