/**
 * The walk through the decision tree: the questions a careful person would ask, in life-cycle order, each answered from
 * the evidence. The walk ends at the first answer that is not good.
 */
import type { Evidence } from '../case/evidence.js';
import { exitMeaning, exitName } from '../case/exit-status.js';
import { at } from '../case/pointer.js';
import { twoWorlds } from './two-worlds.js';
import type { AuthorizationStep } from './verdict.js';

interface Answer {
  result: 'good' | 'bad' | 'unknown';
  answer: string;
  cites: string[];
}

interface Question {
  question: string;
  /** Asked also behind a bad answer. */
  afterwards?: true;
  /** Null when the question does not arise for this evidence. */
  ask(evidence: Partial<Evidence>, authorization: Steps): Answer | null;
}

/** The steps of a sign-in, as the verdict tells them. */
type Steps = readonly (Pick<AuthorizationStep, 'step' | 'outcome' | 'says'> & { cites: string[] })[];

const good = (answer: string, ...cites: string[]): Answer => ({ result: 'good', answer, cites });
const bad = (answer: string, ...cites: string[]): Answer => ({ result: 'bad', answer, cites });
const unknown = (answer: string): Answer => ({ result: 'unknown', answer, cites: [] });

const seconds = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

const opened = ({ handshake }: Partial<Evidence>): boolean =>
  handshake?.initialize.status === 'answered' || handshake?.discover.status === 'answered';

/** What the table says of a server that has fixed keys. */
export const NO_SIGN_IN = 'no sign-in is offered';

/** Steps that need nobody to sign in, and those that do. */
const METADATA = /^(?:resource-metadata|server-metadata)$/;
const SIGN_IN = /^(?:registration|authorization|sign-in|token)$/;

/** The questions of both transports. Those that do not arise are left out of the walk. */
export const QUESTIONS: Question[] = [
  {
    question: 'Which part of the log?',
    ask({ reported }) {
      const log = reported?.log;
      if (!log) return null;
      const others = log.servers.filter((name) => name !== log.server);
      const run = log.runs > 1 ? `run ${log.run} of ${log.runs}` : 'the only run';
      return good(
        `${log.runs ? run : 'all'}${log.server ? ` of ${log.server}` : ''}${others.length ? `; left out: ${others.slice(0, 5).join(', ')}${others.length > 5 ? ` and ${others.length - 5} more` : ''}` : ''}`,
      );
    },
  },
  {
    question: 'Was the command found?',
    ask({ launch }) {
      if (!launch?.lookup) return null;
      const { found, problem } = launch.lookup;
      if (found) return good(`yes: ${found}`, at('launch', 'lookup', 'found'));
      return bad(problem === 'not-executable' ? 'found, but not executable' : 'no', at('launch', 'command'));
    },
  },
  {
    question: 'Did the server start?',
    ask({ process }) {
      if (!process) return null;
      if (process.spawnError) return bad(`no: ${process.spawnError.message}`, at('process', 'spawnError', 'message'));
      return good(process.pid === null ? 'yes' : `yes: process ${process.pid}`);
    },
  },
  {
    question: 'Did the process stay alive?',
    ask({ process }) {
      if (!process) return null;
      const { exit } = process;
      if (exit?.by !== 'itself') return good(`yes, for the ${seconds(process.lifetimeMs)} of the observation`);
      const when = process.lifetimeMs > 0 ? ` after ${seconds(process.lifetimeMs)}` : '';
      return bad(
        `no: ${exitName(exit.code, exit.signal)}${when} (${exitMeaning(exit.code, exit.signal)})`,
        at('process', 'exit'),
      );
    },
  },
  {
    question: 'Does the host name resolve?',
    ask({ network }) {
      if (!network) return null;
      if (network.dnsError) return bad(`no: ${network.dnsError.code}`, at('network', 'dnsError', 'message'));
      return good(
        `yes: ${network.addresses.map(({ address }) => address).join(', ')}${network.dnsMs === undefined ? '' : `, after ${seconds(network.dnsMs)}`}`,
      );
    },
  },
  {
    question: 'Does something listen there?',
    ask({ network }) {
      if (!network || network.attempts.length === 0) return null;
      const reached = network.attempts.find(({ error, beside }) => !error && !beside);
      // A report tells that it was reached, not after what time.
      if (reached) return good(`yes, on port ${network.port}${reached.ms > 0 ? `, after ${seconds(reached.ms)}` : ''}`);
      return bad(`no: ${network.attempts[0]?.error?.code}`, at('network', 'attempts', 0, 'error', 'message'));
    },
  },
  {
    question: 'Is the TLS connection sound?',
    ask({ network }) {
      if (!network?.tls) return null;
      if (network.tlsError) return bad(`no: ${network.tlsError.code}`, at('network', 'tlsError', 'message'));
      if (network.tlsMs === undefined) return null;
      const spoken = [network.tlsVersion, network.alpn === 'h2' ? 'HTTP/2 offered' : network.alpn].filter(Boolean);
      return good(`yes, after ${seconds(network.tlsMs)}${spoken.length ? ` (${spoken.join(', ')})` : ''}`);
    },
  },
  {
    question: 'What answers at this URL?',
    ask({ endpoint, http, handshake }, authorization) {
      if (!endpoint) return null;
      const { answer } = endpoint.asked;
      const index = http?.exchanges.findIndex(({ status, error }) => status !== undefined || error) ?? -1;
      const cites = index >= 0 ? [at('http', 'exchanges', index)] : [];
      const says: Record<typeof answer, string> = {
        'streamable-http': 'an MCP server over Streamable HTTP',
        'legacy-sse': 'an MCP server over HTTP+SSE (2024-11-05)',
        'needs-credentials': 'a server that demands credentials',
        redirect: `a redirect to ${endpoint.asked.redirectTo ?? 'another place'}`,
        html: 'a web page',
        other: 'something that does not speak MCP',
        'not-found': 'nothing: not found',
        'no-answer': 'nobody',
      };
      // HTTP+SSE is right where the conversation was asked for in it; a demand for credentials is looked into further.
      const right =
        answer === 'streamable-http' ||
        handshake?.used !== undefined ||
        (answer === 'needs-credentials' && authorization.length > 0);
      return right ? good(says[answer], ...cites) : bad(says[answer], ...cites);
    },
  },
  {
    question: 'Does it ask for credentials?',
    ask(_, authorization) {
      const step = authorization.find((one) => one.step === 'challenge');
      if (!step || step.outcome === 'not-done') return null;
      return step.outcome === 'failed' ? bad(step.says, ...step.cites) : good(`yes: ${step.says}`, ...step.cites);
    },
  },
  {
    question: 'Do its metadata lead to a sign-in?',
    ask(_, authorization) {
      const steps = authorization.filter(({ step }) => METADATA.test(step));
      const failed = steps.find(({ outcome }) => outcome === 'failed');
      if (failed) return bad(`no: ${failed.says}`, ...failed.cites);
      const [resource, server] = steps;
      if (server?.outcome === 'ok' || server?.outcome === 'weak') return good(`yes: ${server.says}`, ...server.cites);
      return resource?.outcome === 'weak' ? { ...unknown(resource.says), cites: resource.cites } : null;
    },
  },
  {
    question: 'Did the sign-in succeed?',
    ask(_, authorization) {
      const steps = authorization.filter(({ step }) => SIGN_IN.test(step));
      const failed = steps.find(({ outcome }) => outcome === 'failed');
      if (failed) return bad(`no: ${failed.says}`, ...failed.cites);
      const token = steps.at(-1);
      if (!token || token.outcome === 'not-reached' || token.says === NO_SIGN_IN) return null;
      return token.outcome === 'not-done'
        ? unknown(`not tried: ${token.says}`)
        : good(`yes: ${token.says}`, ...token.cites);
    },
  },
  {
    question: 'Is the token accepted?',
    ask(_, authorization) {
      const access = authorization.find(({ step }) => step === 'access');
      if (!access || access.outcome === 'not-reached' || access.outcome === 'not-done') return null;
      const { says, cites, outcome } = access;
      return outcome === 'failed' ? bad(`no: ${says}`, ...cites) : good(`yes: ${says}`, ...cites);
    },
  },
  {
    question: 'Which transport?',
    ask(evidence) {
      if (evidence.process && !evidence.process.spawnError) {
        const clean = (evidence.stdout?.strayCount ?? 0) === 0;
        if (!evidence.stdout) return null;
        if (clean) return good(evidence.stdout.messages > 0 ? 'stdio: every line on stdout is a message' : 'stdio');
        return bad(
          `stdio, and on stdout ${evidence.stdout.strayCount === 1 ? '1 line is' : `${evidence.stdout.strayCount} lines are`} no message`,
          at('stdout', 'strays', 0, 'text'),
        );
      }
      return null;
    },
  },
  {
    question: 'Was initialize answered?',
    ask({ handshake }) {
      if (!handshake) return null;
      const { initialize, discover } = handshake;
      if (discover.status === 'answered' && initialize.status !== 'answered')
        return good('no, but server/discover was: this server speaks 2026-07-28 only');
      const says: Record<typeof initialize.status, Answer> = {
        answered: good(
          `yes${initialize.ms === undefined ? '' : `, after ${seconds(initialize.ms)}`}, revision ${initialize.revision ?? 'not shown'}`,
          at('handshake', 'initialize'),
        ),
        refused: bad(`refused: ${initialize.error?.message ?? ''}`, at('handshake', 'initialize')),
        invalid: bad(
          `yes, but the answer breaks the protocol: ${initialize.problems?.[0] ?? ''}`,
          at('handshake', 'initialize'),
        ),
        unanswered: bad('no', at('handshake', 'initialize')),
        closed: bad('no: the connection ended first', at('handshake', 'initialize')),
        'not-asked': unknown(`not asked: ${initialize.why ?? ''}`),
      };
      return says[initialize.status];
    },
  },
  {
    question: 'Can its tools, resources and prompts be listed?',
    ask(evidence) {
      if (!evidence.catalog || !opened(evidence)) return null;
      const { lists } = evidence.catalog;
      const index = lists.findIndex(({ outcome }) => !['listed', 'not-declared'].includes(outcome));
      const broken = lists[index];
      if (broken)
        return bad(`no: ${broken.method} ${broken.error?.message ?? broken.outcome}`, at('catalog', 'lists', index));
      const counts = lists
        .filter((l) => l.outcome === 'listed')
        .map(({ count, method }) => `${count} ${method.replace('/list', '').replace(/s$/, count === 1 ? '' : 's')}`);
      return good(counts.length ? `yes: ${counts.join(', ')}` : 'it offers none');
    },
  },
  {
    question: 'Does it start in your own shell?',
    afterwards: true,
    ask(evidence) {
      const seen = twoWorlds(evidence);
      return seen && (seen.works ? good : bad)(seen.answer, at('worlds', 'shell'));
    },
  },
];

/** Ask the questions in order until one is answered badly, then those that are asked in any case. */
export function walk(evidence: Partial<Evidence>, authorization: Steps = []): (Answer & { question: string })[] {
  const steps: (Answer & { question: string })[] = [];
  let ended = false;
  for (const { question, ask, afterwards } of QUESTIONS) {
    if (ended && !afterwards) continue;
    const answer = ask(evidence, authorization);
    if (!answer) continue;
    steps.push({ question, ...answer });
    ended ||= answer.result === 'bad';
  }
  return steps;
}
