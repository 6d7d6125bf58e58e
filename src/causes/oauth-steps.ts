/**
 * The one place that decides what is wrong in each step of OAuth. The steps are in oauth-resource.ts, oauth-server.ts,
 * oauth-sign-in.ts and oauth-access.ts; here they become one list.
 */
import type { Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { accessFaults } from './oauth-access.js';
import { type Authorization, type Fault, milder, STEPS, served, type Walked } from './oauth-faults.js';
import { challengeFaults, resourceFaults, unsafeFaults } from './oauth-resource.js';
import { registrationFaults, serverFaults } from './oauth-server.js';
import { signInFaults } from './oauth-sign-in.js';
import { wasTold } from './told.js';

/** What a fault counts for in the end: a sign-in that nobody needed cannot keep anybody out, and one that succeeded stops not all. */
function weighed(fault: Fault, { access }: Authorization): Fault {
  const last = access.at(-1);
  if (!last || STEPS.indexOf(fault.step) >= STEPS.indexOf('authorization')) return fault;
  // Whoever brings credentials of their own asks for no metadata.
  if (last.with === 'given' && !served(last)) return { ...fault, cause: null, severity: 'risky' };
  // A key opens the server, and nothing speaks of OAuth: there are no metadata to miss.
  if (last.with === 'given' && fault.certainty === 'possible') return { ...fault, cause: null, severity: 'risky' };
  if (last.with === 'given')
    return { ...fault, severity: fault.id === 'registration-none' ? 'risky' : milder(fault.severity) };
  return served(last) && fault.severity === 'broken' ? { ...fault, severity: 'degraded' } : fault;
}

/** The conversation was opened to somebody who brought nothing: only parts of the server ask for credentials. */
const isServedToAll = ({ purpose, credentials, status, contentType = '' }: Exchange): boolean =>
  purpose === 'initialize' && credentials === 'none' && status === 200 && /json|event-stream/.test(contentType);

/** What keeps nobody out of a server that is open. */
const spared = (fault: Fault): Fault => (fault.severity === 'broken' ? { ...fault, severity: 'degraded' } : fault);

/** Places that the case file has; what an exchange shows is not told a second time. */
function kept(cites: string[], exchanges: number): string[] {
  const there = cites.filter((place) => {
    const index = /^\/evidence\/http\/value\/exchanges\/(\d+)/.exec(place)?.[1];
    return index === undefined || Number(index) < exchanges;
  });
  const own = there.filter(
    (place) => !/\/authorization\/value\/(?:grants|access|serverMetadata|resourceMetadata)\/\d+$/.test(place),
  );
  if (own.length > 0) return own;
  return there.length > 0 ? there.slice(0, 1) : [at('authorization', 'resource')];
}

/** Every fault of the walk, in the order of the steps; of one step, what no client gets past stands first. */
export function faultsOf({ authorization: walk, http }: Walked): Fault[] {
  if (!walk) return [];
  const exchanges = http?.exchanges ?? [];
  const all = [
    ...unsafeFaults(walk),
    ...challengeFaults(walk, exchanges),
    ...resourceFaults(walk, exchanges),
    ...serverFaults(walk, exchanges),
    ...registrationFaults(walk, exchanges),
    ...signInFaults(walk, exchanges),
    ...accessFaults(walk, exchanges),
  ];
  // A person may have pasted half of a document or of a walk.
  const told = exchanges.some(wasTold);
  const open = walk.mode === 'look' && exchanges.some(isServedToAll);
  const heavy = all.map((fault) => weighed(fault, walk)).map((fault) => (open ? spared(fault) : fault));
  // What stops some clients is not surely the reason for what stopped ours.
  const stops = heavy.some(
    ({ cause, severity, certainty }) => cause && severity === 'broken' && certainty === 'likely',
  );
  const sure = heavy.map((fault) =>
    fault.certainty === 'certain' && (told || (stops && fault.severity === 'degraded'))
      ? { ...fault, certainty: 'likely' as const }
      : fault,
  );
  // Of very many exchanges the last are not kept.
  for (const fault of sure) fault.cites = kept(fault.cites, exchanges.length);
  const grave = (fault: Fault) => ['broken', 'degraded', 'risky'].indexOf(fault.severity);
  return sure.sort((a, b) => STEPS.indexOf(a.step) - STEPS.indexOf(b.step) || grave(a) - grave(b));
}
