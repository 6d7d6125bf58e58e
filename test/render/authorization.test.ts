/** The table of the steps as people and agents read it. */
import { describe, expect, it } from 'vitest';
import { lookedWalk, refusedToken, serverDocumentWith, signedInWalk } from '../../src/causes/oauth-example.js';
import { renderAgent } from '../../src/render/agent.js';
import { renderTerminal } from '../../src/render/terminal.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { caseOf } from '../support/case.js';
import { nowhere, type Walk } from '../support/walks.js';

const shown = (evidence: Walk, color = false, width = 80): string => {
  const file = caseOf(evidence, { url: 'https://acme.dev/mcp' });
  return renderTerminal(diagnose(file), file, { color, width });
};
const table = (text: string): string[] => {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.includes('step by step'));
  return lines.slice(from + 1, lines.indexOf('', from));
};

it('a sound walk: a line or two for each step', () => {
  expect(table(shown(signedInWalk())).slice(0, 6)).toEqual([
    '  ✓ challenge               it names its metadata',
    '      POST /mcp → 401 Bearer',
    '  ✓ resource metadata       names this URL; sign-in at https://auth.acme.dev',
    '      GET /.well-known/oauth-protected-resource/mcp → 200',
    '  ✓ authorization server    PKCE with S256, registration',
    '      GET https://auth.acme.dev/.well-known/oauth-authorization-server → 200',
  ]);
});

it('the failing step is marked, with what is wrong and who must act', () => {
  const lines = table(shown(refusedToken({ format: 'jwt', audience: ['client-7'] })));
  expect(lines.slice(-4)).toEqual([
    '  ✗ access                  token for client-7, not for this server',
    '                            must act: the owner of the authorization server',
    '      POST /mcp → 401',
    '  · refresh                 not reached',
  ]);
});

it('steps that were not made, for one reason, are one line', () => {
  expect(table(shown(lookedWalk())).slice(-2)).toEqual([
    '  · registration, authorization request, sign-in, token, access, refresh: only',
    '    with --auth oauth',
  ]);
});

describe.each([
  ['sound', signedInWalk()],
  ['no metadata', nowhere(['not-found'])],
  ['no registration', serverDocumentWith({ registrationEndpoint: undefined })],
  ['a long address', serverDocumentWith({ issuer: `https://auth.acme.dev/${'x'.repeat(300)}` })],
] as [string, Walk][])('%s', (_, evidence) => {
  it('stays within the width', () => {
    for (const width of [60, 80])
      for (const line of table(shown(evidence, false, width))) expect(line.length).toBeLessThanOrEqual(width);
  });

  it('says the same in colour', () => {
    expect(shown(evidence, true).replace(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '')).toBe(
      shown(evidence),
    );
  });
});

it('text of a hostile server is escaped', () => {
  const evil = serverDocumentWith({ issuer: 'https://auth.acme.dev/\u001b[31m\u202e' });
  for (const char of ['\u001b', '\u202e']) expect(shown(evil)).not.toContain(char);
  const file = caseOf(evil);
  for (const char of ['\u001b', '\u202e']) expect(renderAgent(diagnose(file), file)).not.toContain(char);
});

it('an agent gets a line for each step', () => {
  const file = caseOf(serverDocumentWith({ registrationEndpoint: undefined }), { url: 'https://acme.dev/mcp' });
  const lines = renderAgent(diagnose(file), file)
    .split('\n')
    .filter((line) => line.startsWith('authorization '));
  expect(lines).toHaveLength(9);
  expect(lines[3]).toBe(
    'authorization registration: failed: offers none, and no client id was given; must act: the owner of the authorization server',
  );
});
