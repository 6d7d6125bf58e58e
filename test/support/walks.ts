/** Walks through OAuth with one fault each, and what must be told of it. */
import { expect } from 'vitest';
import { type Evidence, evidenceSchemas } from '../../src/case/evidence.js';
import { resolve } from '../../src/case/pointer.js';
import { lookedWalk, signedInWalk } from '../../src/causes/oauth-example.js';
import type { Authorization, FaultId } from '../../src/causes/oauth-faults.js';
import { faultsOf } from '../../src/causes/oauth-steps.js';
import { fixOf, sayOf, shortOf } from '../../src/causes/oauth-words.js';
import { caseOf } from './case.js';

export type Walk = Partial<Evidence>;
export type Told = [
  step: string,
  id: FaultId,
  cause: string | null,
  party: string,
  severity: string,
  certainty?: string,
];

export const URL_ = 'https://acme.dev/mcp';
export const ISSUER = 'https://auth.acme.dev';
export const JWT = { format: 'jwt' as const, issuer: ISSUER, audience: [URL_], expiresInS: 3_600 };

export const named = (resource: string | undefined, via: 'challenge' | 'path' | 'root' = 'challenge'): Walk =>
  lookedWalk(({ resourceMetadata }) => ({
    resourceMetadata: resourceMetadata.map((one) => ({
      ...one,
      via,
      document: one.document && { ...one.document, resource },
    })),
  }));
export const asked = (issuer: string, got: string | undefined, more: Partial<Authorization> = {}): Walk =>
  lookedWalk(({ serverMetadata }) => ({
    serverMetadata: serverMetadata.map((one) => ({
      ...one,
      issuer,
      document: one.document && { ...one.document, issuer: got },
    })),
    used: undefined,
    ...more,
  }));
export const challenged = (status: number, parameters: Record<string, string> | null): Walk =>
  lookedWalk(({ challenge }) => ({
    challenge: challenge && { ...challenge, status, challenges: parameters ? [{ scheme: 'Bearer', parameters }] : [] },
  }));
type Outcome = Authorization['resourceMetadata'][number]['outcome'];
/** What the first address that was asked in vain answered. */
const STATUS: Partial<Record<Outcome, number>> = { 'not-found': 404, refused: 401, 'server-error': 500, redirect: 302 };
export const nowhere = (outcomes: Outcome[], more: Partial<Authorization> = {}): Walk =>
  lookedWalk(
    {
      resourceMetadata: outcomes.map((outcome, i) => ({
        url: `https://acme.dev/${i}`,
        exchange: 1,
        outcome,
        via: i === 0 ? 'challenge' : 'path',
      })),
      serverMetadata: [],
      used: undefined,
      ...more,
    },
    { 1: { status: STATUS[outcomes[0] ?? 'not-found'] ?? 200 } },
  );
export const withoutDocument = (outcome: Outcome): Walk =>
  lookedWalk(({ serverMetadata }) => ({
    serverMetadata: serverMetadata.map(({ document: _, ...one }) => ({ ...one, outcome })),
    used: undefined,
  }));
export const until = (step: Partial<Authorization>): Walk => signedInWalk({ grants: [], access: [], ...step });
export const registered = (registration: Authorization['registration']): Walk =>
  until({ registration, request: undefined, response: undefined });
export const requested = (
  request: Partial<NonNullable<Authorization['request']>>,
  how: 'dynamic' | 'given' | 'stored' | 'document' = 'dynamic',
) =>
  signedInWalk((walk) => ({
    registration: { how, outcome: 'ready', clientId: 'client-7' },
    request: walk.request && { ...walk.request, ...request },
    response: undefined,
    grants: [],
    access: [],
  }));
export const answered = (grant: Partial<Authorization['grants'][number]>): Walk =>
  signedInWalk({
    grants: [
      { grant: 'authorization_code', exchange: 5, outcome: 'refused', status: 400, refreshToken: false, ...grant },
    ],
    access: [],
  });
export const scoped = (
  access: Authorization['access'],
  request: Partial<NonNullable<Authorization['request']>> = {},
): Walk => signedInWalk((walk) => ({ request: walk.request && { ...walk.request, ...request }, access }));

export const METADATA = 'auth-metadata-missing';
export const OWNER = 'server-owner';
export const AS_OWNER = 'authorization-server-owner';

/** The first fault of the walk is this one; every fault can be cited, and told without a gap in the words. */
export function expectFault(evidence: Walk, [step, id, cause, party, severity, certainty = 'certain']: Told): void {
  expect(evidenceSchemas.authorization.safeParse(evidence.authorization).error).toBeUndefined();
  const faults = faultsOf(evidence);
  const [first] = faults.filter((fault) => fault.cause !== null || fault.id === id);
  expect(first, JSON.stringify(faults)).toMatchObject({ step, id, cause, party, severity, certainty });
  const file = caseOf(evidence);
  for (const fault of faults) {
    expect(fault.cites.length).toBeGreaterThan(0);
    for (const place of fault.cites) expect(resolve(file, place), place).toBeDefined();
    const facts = { ...fault.particulars, url: URL_, fault: fault.id, step, party: fault.party, stops: true };
    const said = [
      shortOf(fault.id, facts),
      sayOf(facts),
      ...fixOf(facts).flatMap((s) => [s.say, s.run ?? '', s.edit?.to ?? '']),
    ];
    for (const words of said) expect(words).not.toMatch(/\bundefined\b|\bNaN\b|\[object |\bnull\b|\(\)| {2}/);
    expect(fixOf(facts).length).toBeGreaterThan(0);
  }
}
