import { describe, expect, it } from 'vitest';
import { inRange } from '../../src/probe/ranges.js';

describe('engines.node', () => {
  it.each([
    ['20.1.0', '>=18', true],
    ['16.20.2', '>=18', false],
    ['18.0.0', '^20.19.0 || >=22.12.0', false],
    ['21.0.0', '^20.19.0 || >=22.12.0', false],
    ['22.12.0', '^20.19.0 || >=22.12.0', true],
    ['18.4.0', '18.x', true],
    ['19.0.0', '>=18 <19', false],
    ['20.5.1', '18 - 20', true],
    ['21.0.0', '18 - 20', false],
    ['20.3.0', '<=20', true],
    ['20.0.0', '>20', false],
    ['21.0.0', '>20', true],
    ['22.0.0', '>= 20', true],
    ['22.0.0', '~22.0', true],
    ['22.1.0', '~22.0', false],
    ['0.2.9', '^0.2.3', true],
    ['0.3.0', '^0.2.3', false],
    ['v22.0.0', '=22', true],
    ['22.0.0', '*', true],
    ['22.0.0', '', true],
    ['22.0.0', 'lts/*', null],
    ['unknown', '>=18', null],
  ])('%s in %j: %s', (version, range, expected) => {
    expect(inRange(version, range, 'node')).toBe(expected);
  });
});

describe('requires-python', () => {
  it.each([
    ['3.9.1', '>=3.10', false],
    ['3.10.0', '>=3.10,<3.13', true],
    ['3.13.0', '>=3.10,<3.13', false],
    ['3.13.0', '~=3.10', true],
    ['4.0.0', '~=3.10', false],
    ['3.11.0', '~=3.10.2', false],
    ['3.10.4', '==3.10.*', true],
    ['3.10.4', '==3.10', false],
    ['3.12.1', '!=3.12.*', false],
    ['3.10.1', '>3.10', true],
    ['3.10.1', '<=3.10', false],
    ['3.12.1', '^3.10', true],
    ['3.12.1', '>=3.10 ; extra', null],
  ])('%s in %j: %s', (version, range, expected) => {
    expect(inRange(version, range, 'python')).toBe(expected);
  });
});
