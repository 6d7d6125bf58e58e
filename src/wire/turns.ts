/** Whose turn it is to send a request: never more than four at once to one host, however many ask. */

/** Never more than this many exchanges at a time. */
export const AT_ONCE = 4;

interface Line {
  busy: number;
  waiting: (() => void)[];
}

export class Turns {
  readonly #hosts = new Map<string, Line>();

  /** Hosts at which somebody is asking or waiting. */
  get size(): number {
    return this.#hosts.size;
  }

  /** Wait for a turn at a host. Call what it resolves to when the exchange is over. Rejects when `signal` is aborted before. */
  async next(host: string, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const line = this.#hosts.get(host) ?? { busy: 0, waiting: [] };
    this.#hosts.set(host, line);
    if (line.busy < AT_ONCE) line.busy++;
    else
      await new Promise<void>((resolve, reject) => {
        const leave = () => {
          line.waiting.splice(line.waiting.indexOf(take), 1);
          reject(signal?.reason);
        };
        const take = () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        };
        signal?.addEventListener('abort', leave, { once: true });
        line.waiting.push(take);
      });
    let over = false;
    return () => {
      if (over) return;
      over = true;
      const next = line.waiting.shift();
      if (next) next();
      else if (--line.busy === 0) this.#hosts.delete(host);
    };
  }
}
