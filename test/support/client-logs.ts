/** The log files of test/case/logs, written after real reports, with what each of them must lead to. */
import { readFileSync } from 'node:fs';

export interface LoggedRun {
  file: string;
  /** Id of the client that writes such a log. */
  client: string;
  /** Root causes that are right; empty where the last run was sound. */
  causes: string[];
  of: 'one-server' | 'all-servers';
  /** The server in question. */
  name: string;
  /** What the log itself says of it. */
  log: { server?: string; run?: number; runs?: number };
  /** The name has to be asked for: another one failed later. */
  asked?: string;
}

const folder = new URL('../case/logs/', import.meta.url);

export const LOGGED: LoggedRun[] = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'));

export const bytesOf = ({ file }: LoggedRun): Buffer => readFileSync(new URL(file, folder));
