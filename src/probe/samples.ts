/** Memory, CPU time and size of a process tree over time: a bounded number of samples, whatever the length of the run. */
import type { Evidence } from '../case/evidence.js';

export type Sample = NonNullable<Evidence['process']['samples']>[number];

const MOST = 60;

/** Keeps at most 60 samples: when the room is full, every second one is dropped and only every second one is added from then on. */
export class Samples {
  #kept: Sample[] = [];
  #every = 1;
  #seen = 0;
  #last: Sample | undefined;

  add(sample: Sample): void {
    this.#last = sample;
    if (this.#seen++ % this.#every !== 0) return;
    this.#kept.push(sample);
    // One place is for the last sample, which belongs to the picture in any case.
    if (this.#kept.length < MOST) return;
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
    this.#every *= 2;
  }

  /** In order of time, the last one always among them; undefined when there is none. */
  list(): Sample[] | undefined {
    if (!this.#last) return undefined;
    return this.#kept.at(-1) === this.#last ? this.#kept : [...this.#kept, this.#last];
  }
}
