import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage } from '../../src/wire/json-rpc.js';

const message = (fields: Record<string, unknown>) => readMessage({ jsonrpc: '2.0', ...fields });
const problems = (fields: Record<string, unknown>): string[] => {
  const reading = message(fields);
  if (reading.type !== 'invalid') throw new Error(`it was read as ${reading.type}`);
  return reading.problems;
};

describe('what is a message', () => {
  it.each([
    ['request', { id: 1, method: 'ping' }],
    ['request', { id: 'a', method: 'tools/call', params: { name: 'x' } }],
    ['request', { id: 0, method: 'ping' }],
    ['notification', { method: 'notifications/initialized' }],
    ['notification', { method: 'notifications/message', params: { level: 'info' } }],
    ['response', { id: 1, result: {} }],
    ['response', { id: 1, error: { code: -32601, message: 'Method not found' } }],
    ['response', { id: 1, error: { code: -32602, message: '', data: [1, 2] } }],
    ['response', { id: null, error: { code: -32700, message: 'Parse error' } }],
  ])('%s %j', (type, fields) => {
    const reading = message(fields);
    expect(reading).toEqual({ type, message: { jsonrpc: '2.0', ...fields } });
  });
});

describe('what was never meant as one', () => {
  it.each([
    [null],
    [true],
    [0],
    ['2.0'],
    [[]],
    [[1, { a: 1 }]],
    [{}],
    [{ level: 'info', msg: 'ready' }],
    [{ id: 7, name: 'x' }],
    [{ method: 'GET', path: '/' }],
  ])('%j is foreign', (value) => {
    expect(readMessage(value)).toEqual({ type: 'foreign' });
  });
});

describe('what is wrong is said', () => {
  it.each<[string, Record<string, unknown>]>([
    ['"jsonrpc" is "1.0"', { jsonrpc: '1.0', id: 1, result: {} }],
    ['"jsonrpc" is 2', { jsonrpc: 2, id: 1, result: {} }],
    ['unknown at the top level', { id: 1, result: {}, status: 'ok' }],
    ['"method" is no string', { id: 1, method: 5 }],
    ['"method" together with "result" or "error"', { id: 1, method: 'ping', result: {} }],
    ['"params" is no object', { id: 1, method: 'ping', params: [] }],
    ['"params" is no object', { id: 1, method: 'ping', params: null }],
    ['"id" is null; it must be', { id: null, method: 'ping' }],
    ['"id" is 1.5; it must be', { id: 1.5, method: 'ping' }],
    ['both "result" and "error"', { id: 1, result: {}, error: { code: 1, message: 'x' } }],
    ['both "result" and "error"', { id: 1, result: {}, error: null }],
    ['none of "method", "result" and "error"', { id: 1 }],
    ['"result" is no object', { id: 1, result: 'ok' }],
    ['"result" is no object', { id: 1, result: null }],
    ['"result" is no object', { id: 1, result: [] }],
    ['"error" needs', { id: 1, error: 'broken' }],
    ['"error" needs', { id: 1, error: { code: '1', message: 'x' } }],
    ['"error" needs', { id: 1, error: { code: 1 } }],
    ['"id" is null', { id: null, result: {} }],
    ['"id" is missing', { result: {} }],
    ['"id" is missing', { error: { code: 1, message: 'x' } }],
  ])('%s: %j', (says, fields) => {
    expect(problems(fields).join('\n')).toContain(says);
  });

  it('a reply without "jsonrpc" was meant as one', () => {
    expect(readMessage({ id: 4, result: {} })).toEqual({ type: 'invalid', problems: ['"jsonrpc" is missing'], id: 4 });
  });

  it('a batch is told by its items', () => {
    expect(readMessage([{ jsonrpc: '2.0', id: 1, result: {} }])).toMatchObject({
      type: 'invalid',
      problems: [expect.stringContaining('batch')],
    });
  });

  it('the id is kept when it can be told, so that the request is settled', () => {
    expect(message({ id: 9, result: 'ok' })).toMatchObject({ type: 'invalid', id: 9 });
    expect((message({ id: {}, result: {} }) as { id?: unknown }).id).toBeUndefined();
  });

  it('every problem is listed, not the first alone', () => {
    expect(problems({ jsonrpc: '1.0', id: 1, result: 'x', extra: 1 })).toHaveLength(3);
  });

  it('the name of an unknown key is cut', () => {
    expect(problems({ id: 1, result: {}, ['k'.repeat(5_000)]: 1 })[0]?.length).toBeLessThan(120);
  });
});

it('any JSON value is read without a throw, and what is read as a message keeps the rules', () => {
  const key = fc.constantFrom('jsonrpc', 'id', 'method', 'params', 'result', 'error');
  const value = fc.oneof(fc.constant('2.0'), fc.constant(1), fc.constant({ code: 1, message: 'm' }), fc.jsonValue());
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(key, value)), (json) => {
      const reading = readMessage(json);
      if (reading.type === 'foreign') return;
      if (reading.type === 'invalid') expect(reading.problems.length).toBeGreaterThan(0);
      else {
        expect(reading.message).toBe(json);
        expect(reading.message.jsonrpc).toBe('2.0');
        expect('method' in reading.message).toBe(reading.type !== 'response');
      }
    }),
  );
});
