import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { defineCheck } from './check.js';

const SPEC = 'https://modelcontextprotocol.io/specification/2025-11-25/basic';
const MODERN_SPEC = 'https://modelcontextprotocol.io/specification/2026-07-28';
/** Clients give up between 3 s and 60 s; 5 s is the shortest limit that is common. */
const SLOW_MS = 5_000;
const TOO_SLOW_MS = 30_000;

const ms = (value: number | undefined): string => `${Math.round(value ?? 0)} ms`;

const modernOnly = ({ initialize, discover }: Evidence['handshake']): boolean =>
  initialize.status !== 'answered' && discover.status === 'answered';

export default [
  defineCheck({
    id: 'LIF-01',
    title: 'initialize',
    level: 'MUST',
    section: `${SPEC}/lifecycle#initialization`,
    transport: 'both',
    needs: ['handshake'],
    test({ handshake }) {
      const { initialize } = handshake;
      const cites = [at('handshake', 'initialize')];
      if (modernOnly(handshake)) return { outcome: 'not-applicable', says: 'the server speaks the stateless era only' };
      if (initialize.status === 'answered')
        return {
          outcome: 'pass',
          says: `answered after ${ms(initialize.ms)} by ${initialize.server?.name || 'an unnamed server'} ${initialize.server?.version ?? ''}`.trim(),
          cites,
        };
      if (initialize.status === 'not-asked') return { outcome: 'not-verified', says: initialize.why ?? 'not asked' };
      // Whoever is not let in has seen nothing of it.
      if (initialize.why === 'HTTP 401')
        return { outcome: 'not-verified', says: 'it wants a sign-in (HTTP 401)', cites };
      return {
        outcome: 'fail',
        says:
          initialize.problems?.join('; ') ??
          initialize.error?.message ??
          initialize.why ??
          `it was ${initialize.status}`,
        cites,
      };
    },
  }),
  defineCheck({
    id: 'LIF-03',
    title: 'revision',
    level: 'MUST',
    section: `${SPEC}/lifecycle#version-negotiation`,
    transport: 'both',
    needs: ['handshake'],
    test({ handshake }) {
      const { initialize } = handshake;
      if (modernOnly(handshake)) return { outcome: 'not-applicable', says: 'the server speaks the stateless era only' };
      if (initialize.status !== 'answered') return { outcome: 'not-verified', says: 'no revision was agreed' };
      const same = initialize.revision === initialize.requested;
      return {
        outcome: 'pass',
        says: same
          ? `${initialize.revision}, as asked`
          : `${initialize.revision}, offered instead of ${initialize.requested}`,
        cites: [at('handshake', 'initialize', 'revision')],
      };
    },
  }),
  defineCheck({
    id: 'LIF-07',
    title: 'order',
    level: 'SHOULD',
    section: `${SPEC}/lifecycle#initialization`,
    transport: 'stdio',
    needs: ['handshake', 'stdout'],
    test({ handshake, stdout: { remarks = [] } }) {
      const index = remarks.findIndex(({ kind }) => kind === 'early-request');
      const early = remarks[index];
      if (early)
        return {
          outcome: 'warn',
          says: `${early.why} (line ${early.line}, byte ${early.offset})`,
          cites: [at('stdout', 'remarks', index, 'text')],
        };
      return handshake.used === 'initialize'
        ? { outcome: 'pass', says: 'no request before notifications/initialized' }
        : { outcome: 'not-verified', says: 'the conversation was not opened with initialize' };
    },
  }),
  defineCheck({
    id: 'DSC-01',
    title: 'stateless era',
    level: 'MAY',
    section: `${MODERN_SPEC}/server/discover`,
    transport: 'both',
    needs: ['handshake'],
    test({ handshake: { discover } }) {
      const cites = [at('handshake', 'discover')];
      if (discover.status === 'answered')
        return {
          outcome: 'pass',
          says: `server/discover answered after ${ms(discover.ms)}: ${discover.revisions?.join(', ')}`,
          cites,
        };
      if (discover.status === 'not-asked')
        return { outcome: 'not-verified', says: `not asked: ${discover.why ?? 'no occasion'}` };
      if (discover.status === 'invalid')
        return {
          outcome: 'warn',
          says: `server/discover is answered wrongly: ${discover.problems?.join('; ')}`,
          cites,
        };
      return { outcome: 'not-applicable', says: 'not offered (server/discover is not known)', cites };
    },
  }),
  defineCheck({
    id: 'LIF-14',
    title: 'start-up time',
    level: 'advice',
    section: '',
    transport: 'both',
    needs: ['handshake'],
    test({ handshake: { initialize, discover } }) {
      const era = initialize.status === 'answered' ? initialize : discover;
      if (era.status !== 'answered' || era.ms === undefined)
        return { outcome: 'not-verified', says: 'the server was never ready' };
      const says = `ready after ${ms(era.ms)}`;
      if (era.ms > TOO_SLOW_MS) return { outcome: 'fail', says: `${says}: most clients have given up by then` };
      return era.ms > SLOW_MS
        ? { outcome: 'warn', says: `${says}: the strictest clients give up after 3 to 5 s` }
        : { outcome: 'pass', says };
    },
  }),
];
