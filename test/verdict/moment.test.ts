import { describe, expect, it } from 'vitest';
import type { TimelineEvent } from '../../src/case/case-file.js';
import { momentOfExit } from '../../src/verdict/moment.js';

const at = (...events: [at: number, what: TimelineEvent['what'], text?: string][]) =>
  momentOfExit({ timeline: events.map(([time, what, text]) => ({ at: time, what, ...(text && { text }) })) });

describe('when a server ended', () => {
  it('by the request that was unanswered', () => {
    expect(at([0, 'spawned', 'pid 7'], [1, 'sent', 'initialize (id 1)'], [13, 'exit', 'code 1'])).toBe(
      '12 ms after it was sent initialize, unanswered',
    );
  });

  it('by the reply before it, also when that was read after the end', () => {
    expect(
      at([0, 'spawned'], [1, 'sent', 'initialize (id 1)'], [90, 'exit', 'code 0'], [91, 'received', 'reply to id 1']),
    ).toBe('0 ms after it answered initialize');
    expect(
      at(
        [0, 'spawned'],
        [1, 'sent', 'initialize (id 1)'],
        [40, 'received', 'reply to id 1'],
        [41, 'sent', 'notifications/initialized'],
        [42, 'sent', 'tools/list (id 2)'],
        [1_290, 'exit', 'signal SIGKILL'],
      ),
    ).toBe('1.2 s after it was sent tools/list, unanswered, 1.3 s after it answered initialize');
  });

  it('by its start, when nothing was said', () => {
    expect(at([2, 'spawned'], [7, 'exit', 'code 0'])).toBe('5 ms after its start');
  });

  it('not at all without an end, or without a timeline', () => {
    expect(at([0, 'spawned'], [1, 'sent', 'initialize (id 1)'])).toBeUndefined();
    expect(at()).toBeUndefined();
  });
});
