import { compared, galleryFiles, judge } from './support/gallery.js';
let bad = 0;
const only = process.argv[2];
for (const file of galleryFiles()) {
  if (only && !file.name.includes(only)) continue;
  try {
    const { expected, found } = compared(file, judge(file).faults);
    const missing = expected.filter((x) => !found.includes(x)), extra = found.filter((x) => !expected.includes(x));
    const m = missing.filter((x) => !/ syntax-/.test(x)), e = extra.filter((x) => !/ syntax-/.test(x));
    if (m.length + e.length > 0) { bad++; console.log(file.name, '\n   -', m.join(' | '), '\n   +', e.join(' | ')); }
  } catch (error) { bad++; console.log(file.name, 'THROWS', String((error as Error).stack).slice(0, 300)); }
}
console.log(bad);
