import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { binaryOf, readHeaders } from '../../src/probe/binary.js';
import type { World } from '../../src/probe/world.js';
import { testFolder } from '../support/folder.js';

const folder = testFolder();

/** The header of a program for Linux, with one program header that names the loader. */
function elf({ machine = 62, loader = '', wide = true, little = true, abi = 0 } = {}): Buffer {
  const bytes = Buffer.alloc(1_024);
  const u16 = (at: number, value: number) => (little ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at));
  const u32 = (at: number, value: number) => (little ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at));
  const word = (at: number, value: number) => u32(wide && !little ? at + 4 : at, value);
  bytes.write('\x7fELF', 'latin1');
  bytes[4] = wide ? 2 : 1;
  bytes[5] = little ? 1 : 2;
  bytes[7] = abi;
  u16(18, machine);
  const table = wide ? 64 : 52;
  const size = wide ? 56 : 32;
  word(wide ? 32 : 28, table);
  u16(wide ? 54 : 42, size);
  u16(wide ? 56 : 44, 2);
  // PT_LOAD first, then PT_INTERP.
  u32(table, 1);
  if (loader) {
    const at = table + size;
    u32(at, 3);
    word(at + (wide ? 8 : 4), 512);
    word(at + (wide ? 32 : 16), loader.length + 1);
    bytes.write(loader, 512, 'latin1');
  }
  return bytes;
}

function pe(machine: number): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write('MZ', 'latin1');
  bytes.writeUInt32LE(128, 60);
  bytes.write('PE\0\0', 128, 'latin1');
  bytes.writeUInt16LE(machine, 132);
  return bytes;
}

function mach(...types: number[]): Buffer {
  const bytes = Buffer.alloc(256);
  if (types.length === 1) {
    bytes.writeUInt32LE(0xfeedfacf, 0);
    bytes.writeUInt32LE(types[0] ?? 0, 4);
    return bytes;
  }
  bytes.writeUInt32BE(0xcafebabe, 0);
  bytes.writeUInt32BE(types.length, 4);
  types.forEach((type, i) => {
    bytes.writeUInt32BE(type, 8 + i * 20);
  });
  return bytes;
}
const X64 = 0x01000007;
const ARM64 = 0x0100000c;

describe('the headers of a program', () => {
  it.each([
    [
      'Linux, x64, glibc',
      elf({ loader: '/lib64/ld-linux-x86-64.so.2' }),
      { os: 'linux', arch: ['x64'], loader: '/lib64/ld-linux-x86-64.so.2', libc: 'glibc' },
    ],
    [
      'Linux, arm64, musl',
      elf({ machine: 183, loader: '/lib/ld-musl-aarch64.so.1' }),
      { os: 'linux', arch: ['arm64'], loader: '/lib/ld-musl-aarch64.so.1', libc: 'musl' },
    ],
    [
      'Linux, 32 bits',
      elf({ machine: 3, wide: false, loader: '/lib/ld-linux.so.2' }),
      { os: 'linux', arch: ['ia32'], loader: '/lib/ld-linux.so.2', libc: 'glibc' },
    ],
    [
      'Linux, big-endian',
      elf({ machine: 22, little: false, loader: '/lib/ld64.so.1' }),
      { os: 'linux', arch: ['s390x'], loader: '/lib/ld64.so.1', libc: 'glibc' },
    ],
    ['Linux, static', elf(), { os: 'linux', arch: ['x64'] }],
    ['FreeBSD', elf({ abi: 9 }), { os: 'freebsd', arch: ['x64'] }],
    ['an unknown machine', elf({ machine: 999 }), { os: 'linux', arch: ['e_machine 999'] }],
    ['macOS, arm64', mach(ARM64), { os: 'darwin', arch: ['arm64'] }],
    ['macOS, universal', mach(X64, ARM64), { os: 'darwin', arch: ['x64', 'arm64'] }],
    ['Windows, x64', pe(0x8664), { os: 'win32', arch: ['x64'] }],
    ['Windows, arm64', pe(0xaa64), { os: 'win32', arch: ['arm64'] }],
  ])('%s', (_name, bytes, facts) => {
    expect(readHeaders(bytes)).toEqual(facts);
  });

  it.each([
    ['a class file of Java', Buffer.from([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 65, ...Array(64).fill(0)])],
    ['a script', Buffer.from('#!/bin/sh\necho\n')],
    ['a cut ELF header', Buffer.from('\x7fELF\x02\x01', 'latin1')],
    ['a DOS program', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)])],
    ['nothing', Buffer.alloc(0)],
  ])('%s is none', (_name, bytes) => {
    expect(readHeaders(bytes)).toBeNull();
  });

  it('bytes that lie about their tables are read no further than they go', () => {
    for (let i = 0; i < 64; i++) {
      const bytes = elf({ loader: '/lib/x' });
      bytes.fill(0xff, i, i + 8);
      expect(() => readHeaders(bytes)).not.toThrow();
      expect(() => readHeaders(bytes.subarray(0, 52 + i))).not.toThrow();
    }
  });

  it.runIf(process.platform === 'linux' && existsSync('/usr/bin/env'))('of a real program', () => {
    const facts = readHeaders(readFileSync('/usr/bin/env').subarray(0, 8_192));
    expect(facts).toMatchObject({ os: 'linux', arch: [process.arch] });
    expect(existsSync(facts?.loader ?? '/nowhere')).toBe(true);
  });
});

describe('whether it can run here', () => {
  const problem = (bytes: Buffer, more: Partial<World>) => {
    const path = folder.put('program', bytes);
    return binaryOf(path, folder.world({ platform: 'linux', arch: 'x64', list: () => [], ...more }))?.problem;
  };
  const loaderThere = (path: string) => (stat: string) =>
    stat === path ? ({ kind: 'file', mode: 0o755 } as const) : null;

  it('on Linux', () => {
    const glibc = elf({ loader: '/lib64/ld-linux-x86-64.so.2' });
    expect(problem(glibc, { stat: loaderThere('/lib64/ld-linux-x86-64.so.2') })).toBeUndefined();
    expect(problem(glibc, { stat: () => null })).toBe('loader-missing');
    expect(problem(elf(), { stat: () => null })).toBeUndefined();
    expect(problem(elf({ machine: 183 }), {})).toBe('other-architecture');
    expect(problem(elf({ machine: 183 }), { list: () => ['qemu-aarch64', 'register'] })).toBeUndefined();
    expect(problem(elf({ machine: 3, wide: false }), {})).toBeUndefined();
    expect(problem(mach(ARM64), {})).toBe('other-system');
    expect(problem(pe(0x8664), {})).toBe('other-system');
    expect(problem(pe(0x8664), { list: () => ['WSLInterop'] })).toBeUndefined();
  });

  it('on macOS', () => {
    const mac = (arch: string, rosetta: boolean): Partial<World> => ({
      platform: 'darwin',
      arch,
      stat: (path) => (rosetta && path.includes('rosetta') ? { kind: 'file', mode: 0o755 } : null),
    });
    expect(problem(mach(ARM64), mac('arm64', false))).toBeUndefined();
    expect(problem(mach(X64, ARM64), mac('x64', false))).toBeUndefined();
    expect(problem(mach(ARM64), mac('x64', false))).toBe('other-architecture');
    expect(problem(mach(X64), mac('arm64', false))).toBe('other-architecture');
    expect(problem(mach(X64), mac('arm64', true))).toBeUndefined();
    expect(problem(elf(), mac('arm64', true))).toBe('other-system');
  });

  it('on Windows', () => {
    expect(problem(pe(0x8664), { platform: 'win32' })).toBeUndefined();
    expect(problem(pe(0x14c), { platform: 'win32' })).toBeUndefined();
    expect(problem(pe(0xaa64), { platform: 'win32' })).toBe('other-architecture');
    expect(problem(pe(0x8664), { platform: 'win32', arch: 'arm64' })).toBeUndefined();
    expect(problem(elf(), { platform: 'win32' })).toBe('other-system');
  });

  it('a script and a file that is not there are no programs', () => {
    expect(binaryOf(folder.put('script', '#!/bin/sh\n'), folder.world())).toBeUndefined();
    expect(binaryOf('/nowhere/at/all', folder.world())).toBeUndefined();
  });
});
