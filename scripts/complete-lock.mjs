/**
 * `npm run lock`: after a change of dependencies, makes each package-lock.json complete and free of addresses. npm leaves optional
 * packages of other platforms out of the lock when the registry in use does not have them, and then refuses its own lock in
 * `npm ci`. An entry with version, os and cpu is enough: a package of another platform is never fetched.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILES = ['../package-lock.json', '../test/conformance/package-lock.json'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** Words in the name of a platform package, and what they are in the fields os, cpu and libc. */
const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU = {
  arm64: 'arm64',
  aarch64: 'arm64',
  arm: 'arm',
  ia32: 'ia32',
  x64: 'x64',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  wasm32: 'wasm32',
  mips64el: 'mips64el',
  loong64: 'loong64',
};

/** Optional packages that the lock names without holding them: name, version and the entry they belong to. */
export function missingOptional(lock) {
  return Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !lock.packages[`${path}/node_modules/${name}`] && !lock.packages[`node_modules/${name}`])
      .map(([name, version]) => ({ name, version: version.replace(/^[^\d]*/, ''), path })),
  );
}

function entryOf({ name, version }) {
  const words = name.split(/[/-]/);
  const os = OS.filter((word) => words.includes(word));
  const cpu = words.flatMap((word) => CPU[word] ?? (word.startsWith('arm') ? 'arm' : []));
  const libc = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.some((word) => word.startsWith('gnu'))
      ? ['glibc']
      : [];
  return {
    version,
    dev: true,
    optional: true,
    ...(os.length && { os }),
    ...(cpu.length && { cpu }),
    ...(libc.length && { libc }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const file of FILES) {
    const lock = JSON.parse(readFileSync(file, 'utf8'));
    for (const missing of missingOptional(lock)) lock.packages[`node_modules/${missing.name}`] = entryOf(missing);
    for (const entry of Object.values(lock.packages)) delete entry.resolved;
    lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  }
}
