/** The folder that is open in a client, as `--project` names it. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from './exit.js';

/** As an absolute path; undefined when none was named. @throws UsageError when it is no folder. */
export function projectOf(project: string | undefined): string | undefined {
  if (project === undefined) return undefined;
  if (!statSync(project, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`--project is "${project}", which is no folder. Give the folder that is open in the client.`);
  return resolve(project);
}
