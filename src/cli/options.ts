/** Options that every reporting command has. They stand apart, so that reading a command line does not load the judgement. */
import type { FailOn } from './exit.js';

export const FORMATS = ['terminal', 'json', 'agent'];
/** `markdown` is for the matrix of --as all. */
export const VERIFY_FORMATS = [...FORMATS, 'markdown'];
export const DOCTOR_FORMATS = ['terminal', 'json', 'markdown', 'html'];

export interface ReportOptions {
  format: string;
  output?: string;
  saveCase?: string;
  failOn: FailOn;
  quiet?: boolean;
  /** False with --no-color. */
  color: boolean;
}
