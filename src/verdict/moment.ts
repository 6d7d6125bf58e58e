/** When a server ended, told by the conversation: the message that stood next to the end says what it was busy with. */
import type { CaseFile, TimelineEvent } from '../case/case-file.js';

const duration = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

const METHOD = /^(?<method>\S+) \(id (?<id>\d+)\)/;

/**
 * "12 ms after it was sent initialize", or "50 ms after it answered initialize". Undefined when the end or the
 * conversation is not on the timeline. A pipe
 * takes what is sent before the program reads it, so that it had received the message would be a guess.
 */
export function momentOfExit({ timeline }: Pick<CaseFile, 'timeline'>): string | undefined {
  const end = timeline.findIndex(({ what }) => what === 'exit');
  const exit = timeline[end];
  if (!exit) return undefined;
  const before = timeline.slice(0, end);
  // The reply may be read after the end of the process, and it still came before it.
  const replies = timeline.filter(({ what, text }) => what === 'received' && text?.startsWith('reply to id '));
  const spawned = before.find(({ what }) => what === 'spawned');
  const asked = before.filter(({ what, text }) => what === 'sent' && METHOD.test(text ?? ''));
  const last = asked.at(-1);
  const { method = '', id = '' } = METHOD.exec(last?.text ?? '')?.groups ?? {};
  const answer = replies.find(({ text }) => text === `reply to id ${id}`);
  const since = ({ at }: TimelineEvent) => duration(Math.max(0, exit.at - at));
  if (last && !answer) {
    const previous = METHOD.exec(asked.at(-2)?.text ?? '')?.groups;
    const answered = previous && replies.find(({ text }) => text === `reply to id ${previous.id}`);
    const then = answered ? `, ${since(answered)} after it answered ${previous.method}` : '';
    return `${since(last)} after it was sent ${method}, unanswered${then}`;
  }
  if (last && answer) return `${since(answer)} after it answered ${method}`;
  return spawned ? `${since(spawned)} after its start` : undefined;
}
