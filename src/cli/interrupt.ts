/** Ctrl-C and its kin. Most of what we do may end at any moment; a sign-in first takes back what it made elsewhere. */

export class Interrupt {
  readonly #abort = new AbortController();
  #held = false;
  /** The exit code of whoever was ended by that signal. */
  code = 0;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** From now on the first signal only asks to end. */
  hold(): void {
    this.#held = true;
  }

  /** A signal came. Whether the process is to end at once. */
  take(code: number): boolean {
    if (!this.#held || this.signal.aborted) return true;
    this.code = code;
    this.#abort.abort();
    return false;
  }
}
