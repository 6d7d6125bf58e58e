/** The fixed series of experiments, as causes read it. */
import type { Evidence, Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';

type Experiment = Evidence['series']['runs'][number]['experiment'];

export interface Tried {
  exchange: Exchange;
  /** JSON pointer of the exchange in the case file. */
  at: string;
}

/** The exchanges of one experiment in the order sent; empty when it was not run. */
export function runOf({ series, http }: Partial<Evidence>, experiment: Experiment): Tried[] {
  const run = series?.runs.find((one) => one.experiment === experiment && one.skipped === undefined);
  return (run?.exchanges ?? []).flatMap((index) => {
    const exchange = http?.exchanges[index];
    return exchange ? [{ exchange, at: at('http', 'exchanges', index) }] : [];
  });
}

/** The exchanges of the conversation itself with one JSON-RPC method. */
export const conversed = ({ http }: Partial<Evidence>, method: RegExp): Tried[] =>
  (http?.exchanges ?? []).flatMap((exchange, index) =>
    method.test(exchange.purpose) ? [{ exchange, at: at('http', 'exchanges', index) }] : [],
  );

const ERROR = /"error"\s*:\s*\{/;
const RESULT = /"result"\s*:/;

/** An answer that carries a result (or is a mere acknowledgement), not an error. */
export const succeeded = ({ status = 0, error, body = '' }: Exchange): boolean =>
  status >= 200 && status < 300 && !error && (!ERROR.test(body) || RESULT.test(body));

/** The server answered, and the answer is an error of JSON-RPC or a status for one. */
export const refused = ({ status, error, body = '' }: Exchange): boolean =>
  status !== undefined && !error && (status >= 400 || (ERROR.test(body) && !RESULT.test(body)));

/** Whether everything behind initialize fails: what an experiment meets then is nothing of its own. */
export const failsAll = (given: Partial<Evidence>): boolean => {
  const asked = conversed(given, /^(?:(?:tools|resources|prompts)\/list|ping)$/);
  return asked.length > 0 && !asked.some(({ exchange }) => succeeded(exchange));
};

/** Whether the server gave the conversation a session id. */
export const issuesSessions = ({ http }: Partial<Evidence>): boolean =>
  (http?.exchanges ?? []).some(
    ({ purpose, headers }) => purpose === 'initialize' && headers?.['mcp-session-id'] !== undefined,
  );
