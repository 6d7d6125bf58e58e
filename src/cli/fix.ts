/** `mcp-verdict fix`: what is wrong with an entry or a file of a client, as the edit that cures it; shown first, written when asked. */
import { writeFileSync } from 'node:fs';
import { redactor, secretValues } from '../case/redact.js';
import { shellPath } from '../case/shell-word.js';
import type { ConfigText, Fault } from '../config/config.js';
import { type Plan, planFix, type Wish } from '../config/plan.js';
import { positionOf } from '../config/position.js';
import { RULES } from '../config/rules.js';
import { replaceFile } from '../probe/config-file.js';
import { realWorld, type World } from '../probe/world.js';
import { hunksOf } from '../render/diff.js';
import { type FileFix, type FixReport, type Left, renderFix, renderFixJson, type Told } from '../render/fix.js';
import { TOOL } from '../tool.js';
import { wishVariable } from '../verdict/config-cures.js';
import { secretsOfRun } from './credentials.js';
import { EXIT, isUsageError, UsageError } from './exit.js';
import { aboutOthers, entryIn, type FixTarget, judgeOf, targetsOf } from './fix-target.js';
import { type Look, lookInto, type Seen } from './fix-verify.js';
import { maskedPair } from './masked-pair.js';
import { progress } from './progress.js';
import { projectOf } from './project.js';
import { colorful } from './report.js';

export interface FixOptions {
  apply?: boolean;
  undo?: boolean;
  list?: boolean;
  all?: boolean;
  static?: boolean;
  set?: string[];
  only?: string[];
  client?: string;
  project?: string;
  format: string;
  output?: string;
  quiet?: boolean;
  color: boolean;
}

/** Levels at which something does not work, or not for long. */
const SERIOUS = /^(?:fatal|broken|risky)$/;

/** `NAME=value`, or `NAME` with the value that our own environment has. The value is kept out of everything we write. */
export function valuesOf(pairs: string[], env: Record<string, string | undefined>): Map<string, string> {
  return new Map(
    pairs.map((pair) => {
      const cut = pair.indexOf('=');
      const name = cut === -1 ? pair : pair.slice(0, cut);
      // What stands behind the = may be a secret, and is not repeated.
      if (!/^[A-Za-z_]\w*$/.test(name))
        throw new UsageError(
          'A --set has no name of a variable. Write --set NAME=value, or --set NAME to take it from your shell.',
        );
      const value = cut === -1 ? env[name] : pair.slice(cut + 1);
      if (value === undefined)
        throw new UsageError(
          'A variable that --set names is not set in your shell. Write --set NAME=value, or set it there first.',
        );
      return [name, value];
    }),
  );
}

function toldOf(fault: Fault, at: number, { text }: ConfigText, target: FixTarget): Told {
  const { rule, level, server, facts } = fault;
  return {
    ...{ id: rule, level, ...positionOf(text, at) },
    ...(server !== undefined && { server: redactor()(server) }),
    says: RULES[rule].says(facts, target.client),
  };
}

const NAMES = { 'utf-8': 'UTF-8 with a byte order mark', 'utf-16le': 'UTF-16 LE', 'utf-16be': 'UTF-16 BE' } as const;

/** One file with its plan, as it is told. */
function fileOf(target: FixTarget, plan: Plan, values: readonly string[]): FileFix {
  const own = target.files.find(({ entries }) => entries.some(({ name }) => name === target.server));
  const { place, shown: file } = own ?? target.files[0];
  const { before, after, recoded, cured, left } = plan;
  const secrets = values.filter((value) => secretValues({ VALUE: value }).length > 0);
  const plain = cured.flatMap(({ wish }) => (wish?.shows === undefined ? [] : [wish.shows]));
  const changes = cured.map(({ rule, wish, at }): Told => {
    if (rule) return toldOf(rule, at, before, target);
    return { id: wish.id, server: wish.server, ...positionOf(before.text, at), says: wish.says };
  });
  const stays = [
    ...left,
    ...aboutOthers(target)
      .filter(({ server, level }) => level !== 'info' && (target.server === undefined || server === target.server))
      .map((rule) => ({ rule, at: rule.range.start })),
  ].map(
    ({ rule, at }): Left => ({
      ...toldOf(rule, at, before, target),
      fix: RULES[rule.rule].fix(rule.facts, target.client),
    }),
  );
  const unmet = plan.unmet.map(({ says }) => says);
  return {
    ...{ client: target.client.id, clientName: target.client.name, scope: place.scope, file, changes, left: stays },
    hunks: hunksOf(...maskedPair(before, after, secrets, plain)),
    ...(recoded && { recodedFrom: NAMES[before.encoding.charset] }),
    ...(before.encoding.lossy && {
      refused: `Some bytes of the file are no text in ${NAMES[before.encoding.charset].replace(/ with.*/, '')}. Written again they would be others, so nothing is changed.`,
    }),
    ...(unmet.length > 0 && {
      refused: `There is no sure way to write this into the file: ${unmet.join(' ')} Do it by hand.`,
    }),
  };
}

interface Planned {
  target: FixTarget;
  plan: Plan;
}

/** What is asked for, as changes of the file. */
function wishesOf(target: FixTarget, values: Map<string, string>, world: World): Wish[] {
  if (values.size === 0) return [];
  const { server, files } = target;
  if (server === undefined)
    throw new UsageError('--set belongs to one server. Name it: mcp-verdict fix <client>:<server> --set NAME=value');
  const found = files[0].config && entryIn(target, files[0].config);
  const path = found?.entry.path ?? [...files[0].place.root, server];
  const place = {
    entry: { name: server, path, env: found?.entry.env ?? [] },
    ...{ form: target.client.entry, windows: world.platform === 'win32' },
  };
  return [...values].map(([name, value]) =>
    wishVariable(place, 'set', name, value, `${name} gets the value that you gave.`),
  );
}

function plannedOf(target: FixTarget, wishes: readonly Wish[], only: readonly string[] | undefined): Planned {
  const [{ config }] = target.files;
  const plan = planFix(config as ConfigText, {
    judge: judgeOf(target),
    wants: ({ level, server, rule }) =>
      level !== 'info' &&
      (target.server === undefined || server === undefined || server === target.server) &&
      (only === undefined || only.includes(rule)),
    wishes,
  });
  return { target, plan };
}

async function write({ target, plan }: Planned): Promise<string | undefined> {
  const [{ path, shown: file, bytes }] = target.files;
  if (!plan.bytes || !bytes) return undefined;
  const backup = await replaceFile({ path, before: bytes, after: plan.bytes, shown: file, target: target.label });
  return backup.before;
}

/** What comes next, in the order in which it helps. */
function nextOf(
  report: Omit<FixReport, 'next'>,
  options: FixOptions,
  asked: string,
  seen: Look | undefined,
  windows: boolean,
): FixReport['next'] {
  const sets = (options.set ?? []).map((pair) => {
    const name = pair.split('=')[0] ?? '';
    return ` --set ${pair.includes('=') ? `${name}=<value>` : name}`;
  });
  const more = [
    ...sets,
    ...(options.static ? [' --static'] : []),
    ...(options.only ?? []).map((rule) => ` --only ${rule}`),
    ...(options.client ? [` --client ${options.client}`] : []),
    ...(options.project ? [` --project ${shellPath(options.project, windows)}`] : []),
  ].join('');
  const fix = `mcp-verdict fix ${asked}`;
  const own = report.needs.map(({ name, inShell }) => ` --set ${name}${inShell ? '' : '=<value>'}`).join('');
  if (report.outcome === 'shown')
    return [{ says: 'Nothing was written yet. Write exactly this, with a backup:', run: `${fix}${more} --apply` }];
  if (report.outcome === 'applied') {
    const again = seen?.again ? [{ says: 'There is more that can be fixed now:', run: `${fix}${own}` }] : [];
    return [...again, { says: 'Take it back:', run: `mcp-verdict fix --undo ${asked}` }];
  }
  if (report.needs.length) return [{ says: 'Give the server the value:', run: `${fix}${own}` }];
  const broken = report.before && report.before.status !== 'healthy';
  return broken
    ? [{ says: 'The entry is not what is wrong. See the whole evidence:', run: `mcp-verdict verify ${asked}` }]
    : [];
}

function emit(report: FixReport, options: FixOptions): void {
  const text =
    options.format === 'json'
      ? renderFixJson(report, TOOL)
      : renderFix(report, { color: colorful(options), width: process.stdout.columns ?? 80 });
  if (options.output === undefined) {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(options.output, text, { mode: 0o600 });
  } catch (error) {
    throw new UsageError(
      `Cannot write ${options.output} (${(error as NodeJS.ErrnoException).code}). Give a path in a folder that exists and is yours.`,
    );
  }
}

/** 0: nothing is wrong any more. 1: something is. 3: the server could not be observed. */
function exitOf({ outcome, files, before, after }: FixReport): number {
  const now = after ?? before;
  if (outcome === 'shown') return EXIT.wrong;
  if (now?.status === 'inconclusive') return EXIT.inconclusive;
  if (now && now.status !== 'healthy') return EXIT.wrong;
  const serious = files.some(({ left, refused }) => refused || left.some(({ level }) => level && SERIOUS.test(level)));
  return serious ? EXIT.wrong : EXIT.healthy;
}

/** Returns the exit code. */
export async function fix(asked: string | undefined, given: FixOptions, world: World = realWorld()): Promise<number> {
  const options = { ...given, project: projectOf(given.project) };
  if (options.undo || options.list) {
    const { undo, listBackups } = await import('./fix-undo.js');
    return options.list
      ? listBackups(options, (text) => void process.stdout.write(text))
      : undo(asked, options, world, emit);
  }
  const unknown = options.only?.find((rule) => !(rule in RULES));
  if (unknown !== undefined)
    throw new UsageError(`--only is "${unknown}", which is no rule. The report names the rule of each fix.`);
  const values = valuesOf(options.set ?? [], world.env);
  secretsOfRun.push(...values.values());
  const targets = targetsOf(asked, options, world);
  const shownProgress = progress(options.quiet ?? false);
  const [single] = targets;
  const one = targets.length === 1 && single?.server !== undefined ? single : undefined;
  let planned = targets.map((target) => plannedOf(target, wishesOf(target, values, world), options.only));
  let seen: Look | undefined;
  if (one && !options.static) {
    const wishes = wishesOf(one, values, world);
    seen = await lookInto(
      one,
      wishes,
      (more) => plannedOf(one, more, options.only).plan,
      world,
      options,
      shownProgress,
    ).finally(shownProgress.done);
    planned = [{ target: one, plan: seen.plan }];
  }
  const changing = planned.some(({ plan }) => plan.bytes !== null);
  const files = planned.map((each) => fileOf(each.target, each.plan, [...values.values()]));
  const told = files.filter(({ changes, left, refused }) => changes.length + left.length > 0 || refused);
  const report: Omit<FixReport, 'next'> = {
    outcome: changing ? (options.apply ? 'applied' : 'shown') : 'nothing',
    target: asked ?? 'every client',
    files: targets.length > 1 ? told : files,
    needs: seen?.needs ?? [],
    ...(seen?.before && { before: seen.before }),
    ...(seen?.expected && { expected: seen.expected }),
    ...(seen?.notStarted !== undefined && { notStarted: seen.notStarted }),
  };
  let after: Seen | undefined;
  if (changing && options.apply) {
    for (const [i, each] of planned.entries()) {
      const file = files[i] as FileFix;
      try {
        const backup = await write(each);
        if (backup !== undefined) file.backup = backup;
      } catch (error) {
        // What was written before it is told: it can be taken back.
        if (planned.length === 1 || !isUsageError(error)) throw error;
        Object.assign(file, { changes: [], hunks: [], refused: error.message });
      }
    }
    report.reload = single?.client.reload;
    if (one && !options.static) {
      const { verifyAgain } = await import('./fix-verify.js');
      after = await verifyAgain(one.label, world, options, shownProgress).finally(shownProgress.done);
      const { outcome, needs, notStarted } = after;
      Object.assign(report, { after: outcome, needs, notStarted, expected: undefined });
    }
  }
  const look = after && { ...(seen as Look), again: after.again };
  const windows = world.platform === 'win32';
  const full: FixReport = {
    ...report,
    next: nextOf(report, options, shellPath(asked ?? '--all', windows), look, windows),
  };
  emit(full, options);
  return exitOf(full);
}
