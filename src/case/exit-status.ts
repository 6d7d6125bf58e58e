/** What an exit code or a signal means, in words for a reader who does not know the convention. */

const CODES: Record<number, string> = {
  0: 'success: the program ended as if its work were done',
  1: 'application error: the program ended itself after a failure',
  2: 'misuse: wrong arguments, or a script that could not be read',
  3: 'application error',
  9: 'invalid argument to the runtime (Node.js)',
  13: 'unsettled top-level await (Node.js): nothing was left to wait for',
  64: 'command line usage error (sysexits EX_USAGE)',
  66: 'cannot open input (sysexits EX_NOINPUT)',
  69: 'service unavailable (sysexits EX_UNAVAILABLE)',
  70: 'internal software error (sysexits EX_SOFTWARE)',
  77: 'permission denied (sysexits EX_NOPERM)',
  78: 'configuration error (sysexits EX_CONFIG)',
  101: 'panic (Rust)',
  125: 'the container engine itself failed, the container did not start (docker run)',
  126: 'the command was found but could not be executed',
  127: 'command not found',
  255: 'exit status out of range, or a remote command (ssh) that failed',
  9009: 'command not recognised (Windows cmd.exe)',
  // NTSTATUS values, as Windows reports them when the system ends a process.
  3221225477: 'access violation, 0xC0000005 (the Windows form of a segmentation fault)',
  3221225501: 'illegal instruction, 0xC000001D',
  3221225725: 'stack overflow, 0xC00000FD',
  3221225781: 'a DLL is missing, 0xC0000135',
  3221225785: 'a DLL lacks an entry point, 0xC0000139',
  3221225786: 'ended by Ctrl-C or by closing the console, 0xC000013A',
  3221225794: 'a DLL failed to initialise, 0xC0000142',
  3221226505: 'stack buffer overrun or abort, 0xC0000409',
};

/** POSIX signal numbers that a shell adds to 128, with what usually sends them. */
const SIGNALS: Record<string, { number: number; words: string }> = {
  SIGHUP: { number: 1, words: 'the terminal or session went away' },
  SIGINT: { number: 2, words: 'interrupted from the keyboard (Ctrl-C)' },
  SIGQUIT: { number: 3, words: 'quit from the keyboard' },
  SIGILL: { number: 4, words: 'illegal instruction: the binary was built for another processor' },
  SIGTRAP: { number: 5, words: 'trap' },
  SIGABRT: { number: 6, words: 'the program aborted itself (failed assertion, runtime panic, heap limit)' },
  SIGBUS: { number: 7, words: 'bad memory access (bus error)' },
  SIGFPE: { number: 8, words: 'arithmetic error' },
  SIGKILL: {
    number: 9,
    words: 'killed by force from outside: the kernel when memory ran out, a supervisor, or a person',
  },
  SIGSEGV: { number: 11, words: 'segmentation fault: native code touched memory that is not its own' },
  SIGPIPE: { number: 13, words: 'wrote to a pipe that nobody reads any more' },
  SIGALRM: { number: 14, words: 'a timer ran out' },
  SIGTERM: { number: 15, words: 'asked to end from outside: a supervisor, a container stop, or a person' },
  SIGSYS: { number: 31, words: 'forbidden system call (sandbox)' },
};

/** The signal behind an exit status: the signal itself, or the one that a shell or container reports as 128 + number. */
export function signalBehind(code: number | null, signal: string | null): string | null {
  if (signal) return signal;
  if (code === null || code <= 128 || code > 159) return null;
  return Object.entries(SIGNALS).find(([, { number }]) => number === code - 128)?.[0] ?? null;
}

/** One phrase, for example "exit code 137: killed by force ... (128 + SIGKILL)". */
export function exitMeaning(code: number | null, signal: string | null): string {
  if (signal) return SIGNALS[signal]?.words ?? 'ended by a signal';
  if (code === null) return 'unknown';
  const behind = signalBehind(code, null);
  if (behind) return `${SIGNALS[behind]?.words} (128 + ${behind})`;
  return CODES[code] ?? 'a code that the application chose itself';
}

/** "exit code 1" or "signal SIGKILL". */
export const exitName = (code: number | null, signal: string | null): string =>
  signal ? `signal ${signal}` : `exit code ${code ?? 'unknown'}`;
