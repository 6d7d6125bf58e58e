/** For which machine a program was built, read from the first bytes of the file: ELF, Mach-O (also universal), PE. */
import type { Evidence } from '../case/evidence.js';
import type { World } from './world.js';

export type Binary = NonNullable<NonNullable<Evidence['launch']['file']>['binary']>;
type Facts = Omit<Binary, 'problem'>;

/** So much of a file holds its headers, and the name of the loader: Go puts that at the end of the first page. */
export const HEADER_BYTES = 8_192;

/** ELF e_machine (System V ABI), as Node.js names the architectures. */
const ELF_MACHINES: Record<number, string> = {
  3: 'ia32',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};
/** Mach-O cputype (mach/machine.h). */
const MACH_CPUS: Record<number, string> = { 7: 'ia32', 16777223: 'x64', 12: 'arm', 16777228: 'arm64' };
/** PE machine (PE format, COFF header). */
const PE_MACHINES: Record<number, string> = { 332: 'ia32', 34404: 'x64', 448: 'arm', 452: 'arm', 43620: 'arm64' };

/** EI_OSABI: values of other systems. Linux programs carry 0 (System V) or 3 (GNU). */
const ELF_SYSTEMS: Record<number, string> = { 2: 'netbsd', 6: 'sunos', 9: 'freebsd', 12: 'openbsd' };

const PT_INTERP = 3;

function elf(bytes: Buffer): Facts | null {
  const wide = bytes[4] === 2;
  if (bytes.length < (wide ? 64 : 52)) return null;
  const little = bytes[5] !== 2;
  const u16 = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  // Offsets beyond 4 GB lie outside what was read anyway: the low word suffices.
  const offset = (at: number) => u32(wide && !little ? at + 4 : at);
  const table = offset(wide ? 32 : 28);
  const size = u16(wide ? 54 : 42);
  const count = u16(wide ? 56 : 44);
  let loader: string | undefined;
  for (let i = 0; i < Math.min(count, 64) && loader === undefined; i++) {
    const at = table + i * size;
    if (at + (wide ? 40 : 20) > bytes.length) break;
    if (u32(at) !== PT_INTERP) continue;
    const from = offset(at + (wide ? 8 : 4));
    const length = offset(at + (wide ? 32 : 16));
    if (length > 1 && length < 512 && from + length <= bytes.length)
      loader = bytes.toString('latin1', from, from + length).split('\0')[0];
  }
  const libc = loader?.includes('ld-musl') ? 'musl' : /\/ld-linux|\/ld64?\.so/.test(loader ?? '') ? 'glibc' : undefined;
  const machine = u16(18);
  return {
    os: ELF_SYSTEMS[bytes[7] ?? 0] ?? 'linux',
    arch: [ELF_MACHINES[machine] ?? `e_machine ${machine}`],
    ...(loader && { loader }),
    ...(libc && { libc }),
  };
}

const cpuName = (type: number): string => MACH_CPUS[type] ?? `cputype ${type}`;

function machO(bytes: Buffer): Facts | null {
  if (bytes.length < 8) return null;
  const magic = bytes.readUInt32BE(0);
  if (magic === 0xfeedface || magic === 0xfeedfacf) return { os: 'darwin', arch: [cpuName(bytes.readUInt32BE(4))] };
  if (magic === 0xcefaedfe || magic === 0xcffaedfe) return { os: 'darwin', arch: [cpuName(bytes.readUInt32LE(4))] };
  if (magic !== 0xcafebabe && magic !== 0xcafebabf) return null;
  const count = bytes.readUInt32BE(4);
  const size = magic === 0xcafebabf ? 32 : 20;
  // A class file of Java begins with the same four bytes, and its version is no small number of architectures.
  if (count === 0 || count > 30 || bytes.length < 8 + count * size) return null;
  return { os: 'darwin', arch: Array.from({ length: count }, (_, i) => cpuName(bytes.readUInt32BE(8 + i * size))) };
}

function pe(bytes: Buffer): Facts | null {
  if (bytes.length < 64) return null;
  const at = bytes.readUInt32LE(60);
  if (at + 6 > bytes.length || bytes.toString('latin1', at, at + 4) !== 'PE\0\0') return null;
  const machine = bytes.readUInt16LE(at + 4);
  return { os: 'win32', arch: [PE_MACHINES[machine] ?? `machine 0x${machine.toString(16)}`] };
}

/** What the headers of a program say; null when the bytes are none of a program. */
export function readHeaders(bytes: Buffer): Facts | null {
  const magic = bytes.toString('latin1', 0, 4);
  if (magic === '\x7fELF') return elf(bytes);
  if (magic.startsWith('MZ')) return pe(bytes);
  return machO(bytes);
}

/** Rosetta 2 runs x64 programs on Apple silicon, where it is installed. A Node.js that it runs itself reports x64. */
const ROSETTA = '/Library/Apple/usr/share/rosetta/rosetta';
/** Where the kernel of Linux keeps what else it can run: Windows programs under WSL, other machines through QEMU. */
const BINFMT = '/proc/sys/fs/binfmt_misc';
const QEMU: Record<string, string> = { x64: 'x86_64', ia32: 'i386', arm64: 'aarch64' };

function runsForeign({ os, arch }: Facts, world: World): boolean {
  if (world.platform === 'darwin') return os === 'darwin' && world.stat(ROSETTA) !== null;
  if (world.platform === 'win32') return os === 'win32' && world.arch === 'arm64';
  if (world.platform !== 'linux') return true;
  const formats = world.list(BINFMT);
  if (os === 'win32') return formats.some((name) => /^WSLInterop|^wine|^DOSWin/i.test(name));
  return os === 'linux' && arch.some((name) => formats.includes(`qemu-${QEMU[name] ?? name}`));
}

/** 32-bit programs that a 64-bit system runs. */
const ALSO_RUNS: Record<string, string> = { x64: 'ia32', arm64: 'arm' };

/** Why a program cannot run on this machine; undefined when nothing speaks against it. */
function problemOf(facts: Facts, world: World): Binary['problem'] {
  const { os, arch, loader } = facts;
  if (os !== world.platform) return runsForeign(facts, world) ? undefined : 'other-system';
  const fits = arch.some((name) => name === world.arch || (os !== 'darwin' && ALSO_RUNS[world.arch] === name));
  if (!fits && !runsForeign(facts, world)) return 'other-architecture';
  return loader && world.stat(loader) === null ? 'loader-missing' : undefined;
}

/** For which machine the file was built, and why it cannot run here; undefined when it is no program in machine code. */
export function binaryOf(path: string, world: World): Binary | undefined {
  const bytes = world.head(path, HEADER_BYTES);
  const facts = bytes && readHeaders(bytes);
  if (!facts) return undefined;
  const problem = problemOf(facts, world);
  return { ...facts, ...(problem && { problem }) };
}
