/** The line of a container engine in an entry, with the places of its words among the arguments. */
import { type ContainerLine, containerLine } from '../case/container-line.js';
import type { ServerEntry } from './config.js';

/** The engine's line, and where its verb, its options and its image stand among the arguments. */
export interface Engine extends ContainerLine {
  /** Index of the verb in the arguments; -1 where it is inside a longer text. */
  verbIndex: number;
  /** Index of the image (or container); the number of the arguments where there is none. */
  subjectIndex: number;
}

export function engineOf({ command, args }: ServerEntry): Engine | null {
  if (!command) return null;
  const words = args.map(({ value }) => value);
  const line = containerLine({ command: command.value, args: words });
  if (!line) return null;
  const verbIndex = line.verbAt ?? words.indexOf(line.verb);
  const subject = line.subject === null ? -1 : words.indexOf(line.subject, verbIndex + 1);
  return { ...line, verbIndex, subjectIndex: subject < 0 ? words.length : subject };
}
