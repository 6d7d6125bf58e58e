/**
 * What the rules of a configuration found, as findings of their root causes. A fault of what the client reads is certain by itself; a
 * fault of what is started then is judged by whether it started.
 */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { shellPath, shellWord } from '../case/shell-word.js';
import { clientOf } from '../clients/index.js';
import unknown from '../clients/unknown.js';
import type { RuleId } from '../config/config.js';
import { RULES } from '../config/rules.js';
import type { Certainty, Facts, FixStep, Match } from './cause.js';

type Given = Partial<Evidence>;
type Fault = Evidence['config']['faults'][number];

/** Rules about what a client understands of the file: whatever is started from it proves nothing against them. */
const OF_READING = /^(?:syntax|file|root|entry|url|type|key|command-is|args|env|name|timeout)-/;

const LEVELS: Fault['level'][] = ['fatal', 'broken', 'risky', 'advice', 'info'];
const CERTAINTIES: Certainty[] = ['certain', 'likely', 'possible'];

/** It was started, or asked, and did not answer. */
const failed = ({ process, http, handshake }: Given): boolean =>
  (process !== undefined || http !== undefined) && handshake?.used === undefined;

function weightOf(fault: Fault, given: Given): Pick<Match<Facts>, 'certainty' | 'severity'> {
  const grave = fault.level === 'fatal' || fault.level === 'broken';
  // What makes trouble some day is no reason for the trouble of today.
  if (!grave) return { certainty: failed(given) ? 'possible' : 'certain', severity: 'risky' };
  if (OF_READING.test(fault.rule)) return { certainty: 'certain', severity: 'broken' };
  return given.handshake?.used === undefined
    ? { certainty: 'likely', severity: 'broken' }
    : { certainty: 'likely', severity: 'risky' };
}

/** The gravest fault of this root cause in the entry and its file; null when there is none. */
export function ruleMatch(id: string, given: Given): Match<Facts> | null {
  const { config } = given;
  if (!config) return null;
  const own = config.faults
    .map((fault, index) => ({ fault, index }))
    .filter(({ fault }) => fault.cause === id && fault.level !== 'info')
    .sort((a, b) => LEVELS.indexOf(a.fault.level) - LEVELS.indexOf(b.fault.level) || a.index - b.index);
  const [first] = own;
  if (!first) return null;
  const { rule, facts, line, fixable } = first.fault;
  return {
    ...weightOf(first.fault, given),
    cites: own.slice(0, 3).map(({ index }) => at('config', 'faults', index)),
    order: LEVELS.indexOf(first.fault.level),
    facts: {
      ...facts,
      configRule: rule,
      configLevel: first.fault.level,
      configClient: config.client,
      configFile: `${config.file}:${line}`,
      configServer: config.server,
      ...(config.given && { configGiven: config.given }),
      fixable,
    },
  };
}

/** What was seen of the server, and what stands in the file, as one finding: the surer of the two speaks, both are cited. */
export function withRule(own: Match<Facts> | null, stands: Match<Facts> | null): Match<Facts> | null {
  if (!own || !stands) return own ?? stands;
  const surer = CERTAINTIES.indexOf(stands.certainty) < CERTAINTIES.indexOf(own.certainty) ? stands : own;
  const other = surer === own ? stands : own;
  // Where it is broken in one of them, it is.
  const severity = own.severity === 'broken' || own.severity === undefined ? own.severity : stands.severity;
  const mends = surer === own && stands.facts.fixable === true;
  const configFix = mends ? commands(stands.facts, false).mend : undefined;
  const configFixWindows = mends ? commands(stands.facts, true).mend : undefined;
  return {
    ...surer,
    ...(severity && surer === own && { severity }),
    cites: [...surer.cites, ...other.cites],
    facts: {
      ...surer.facts,
      ...(configFix !== undefined && { configFix }),
      ...(configFixWindows !== undefined && configFixWindows !== configFix && { configFixWindows }),
    },
  };
}

/** The steps of a cause, with the command that takes the first of them where the file has an edit for it. */
export function withMend(steps: FixStep[], { configFix, configFixWindows }: Facts): FixStep[] {
  const [first, ...rest] = steps;
  if (typeof configFix !== 'string' || !first || first.run !== undefined) return steps;
  return [
    { ...first, run: configFix, ...(typeof configFixWindows === 'string' && { windows: configFixWindows }) },
    ...rest,
  ];
}

const parts = (facts: Facts) => {
  const client = facts.configClient === unknown.id ? unknown : clientOf(String(facts.configClient));
  const rule = RULES[facts.configRule as RuleId];
  return client && rule ? { client, rule } : null;
};

const texts = (facts: Facts): Record<string, string> =>
  Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)]));

/** A name in the middle of a sentence: the client that is not known has none. */
const inSentence = (name: string): string => name.replace(/^The client$/, 'the client');

/** What a rule says of a fault. */
export function ruleSays(facts: Facts): string {
  const known = parts(facts);
  if (!known) return `Rule ${String(facts.configRule)} found a fault.`;
  const says = known.rule.says(texts(facts), known.client);
  // One character out of place takes every server of the file away: that is what people see.
  return facts.configLevel === 'fatal'
    ? `${says} Until that is mended, ${inSentence(known.client.name)} reads no server from this file.`
    : says;
}

/** The commands that mend and that look again: of an entry on this machine, or of a file that was given; of a text there are none. */
function commands(facts: Facts, windows: boolean): { mend?: string; again?: string } {
  const entry = shellWord(`${String(facts.configClient)}:${String(facts.configServer)}`, windows);
  // A file of which no entry could be told apart.
  if (facts.configGiven === undefined && facts.configServer === '') {
    const client = shellWord(String(facts.configClient), windows);
    return { mend: `mcp-verdict fix ${client}`, again: `mcp-verdict doctor --client ${client}` };
  }
  if (facts.configGiven === undefined)
    return { mend: `mcp-verdict fix ${entry}`, again: `mcp-verdict verify ${entry}` };
  const file = shellPath(String(facts.configFile).replace(/:\d+$/, ''), windows);
  return facts.configGiven === 'file' ? { mend: `mcp-verdict fix ${file}`, again: `mcp-verdict explain ${file}` } : {};
}

/** What to do about it: with a command where an edit is known. */
export function ruleFix(facts: Facts): FixStep[] {
  const known = parts(facts);
  const [{ mend, again }, onWindows] = [commands(facts, false), commands(facts, true)];
  const other = (windows: string | undefined, run: string) => windows !== undefined && windows !== run && { windows };
  return [
    {
      say: known ? known.rule.fix(texts(facts), known.client) : 'See the page of this cause.',
      ...(facts.fixable === true && mend && { run: mend, ...other(onWindows.mend, mend) }),
    },
    ...(known ? [{ say: known.client.reload }] : []),
    ...(again ? [{ say: 'Check again:', run: again, ...other(onWindows.again, again) }] : []),
  ];
}
