/** Thin reports of a sign-in: a place to look, never more than a possibility, and only where nothing else was found. */
import { describe, expect, it } from 'vitest';
import type { Symptoms } from '../../src/case/symptoms.js';
import { caseOfSymptoms } from '../../src/probe/reported.js';
import { diagnose } from '../../src/verdict/diagnose.js';

const judged = (symptoms: Symptoms) => diagnose(caseOfSymptoms(symptoms, undefined, new Date(0).toISOString()));
const http = (clientError: string): Symptoms => ({ transport: 'streamable-http', clientError });

describe('a thin report of a sign-in', () => {
  it.each([
    ['Authorization failed: redirect URI problem', 'auth-redirect-uri-mismatch'],
    ['OAuth setup failed (issuer)', 'auth-issuer-mismatch'],
    ['The resource parameter was rejected by the identity provider', 'auth-resource-mismatch'],
    ['I have to log in again every hour', 'auth-token-expired'],
    ['After completing the login it returns to connect screen again', 'auth-audience-mismatch'],
  ])('%s', (text, cause) => {
    const { root, status } = judged(http(text));
    expect(root).toMatchObject({ id: cause, certainty: 'possible' });
    // A guess names no cause.
    expect(status).toBe('inconclusive');
  });

  it('is told to be no more, with the way to find out', () => {
    const { root } = judged(http('OAuth setup failed (issuer)'));
    expect(root?.says).toMatch(/^The report speaks of the issuer, /);
    expect(root?.fix[0]?.run).toContain('verify --auth oauth');
  });

  it('names the credentials that an entry carries', () => {
    const entry = { url: 'https://acme.dev/mcp', headers: { 'X-Acme-Token': 'abc' } };
    const { findings } = judged({ ...http('the session was refused: authorization 403'), entry });
    expect(findings.map(({ certainty }) => certainty)).not.toContain('certain');
    expect(findings[0]?.id.startsWith('auth-')).toBe(true);
  });
});

it('is silent of what is no sign-in, and beside a cause that found itself', () => {
  expect(judged(http('the answer had no link to the next page')).findings).toEqual([]);
  expect(
    judged({ transport: 'stdio', stderr: 'OAuth setup failed (issuer)' }).findings.map(({ says }) => says),
  ).not.toContain('The report speaks of the issuer, and of nothing that decides it: that is the first place to look.');
  const { findings } = judged(http('The redirect_uri in the request is not allowed, the token has no issuer'));
  expect(findings.length).toBeGreaterThan(0);
  for (const { says } of findings) expect(says).not.toMatch(/^The report speaks of /);
});
