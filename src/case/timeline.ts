import type { CaseFile, TimelineEvent } from './case-file.js';

const HEAD = 200;
const TAIL = 100;

/** Collects the events of a case in order of time: the first 200 and the last 100 are kept. `now` is in milliseconds from the start. */
export class Timeline {
  readonly #head: TimelineEvent[] = [];
  readonly #tail: TimelineEvent[] = [];
  #count = 0;
  readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  add(what: TimelineEvent['what'], text?: string): void {
    const event: TimelineEvent = {
      at: Math.round(this.now() * 10) / 10,
      what,
      ...(text && { text: text.slice(0, 200) }),
    };
    this.#count++;
    if (this.#head.length < HEAD) this.#head.push(event);
    else {
      this.#tail.push(event);
      if (this.#tail.length > TAIL * 2) this.#tail.splice(0, TAIL);
    }
  }

  events(): Pick<CaseFile, 'timeline' | 'timelineOmitted'> {
    const tail = this.#tail.slice(-TAIL);
    return { timeline: [...this.#head, ...tail], timelineOmitted: this.#count - this.#head.length - tail.length };
  }
}
