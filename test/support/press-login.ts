/**
 * What a person does in front of the browser that was opened for a sign-in: `press-login.ts <allow|refuse> <file> <url>`. Started as the
 * system's opener of web addresses; writes what was seen into the file, as JSON.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { ALICE } from './authorization/index.js';
import { startBrowser, type Tab } from './browser.js';

export interface Seen {
  /** The titles of the pages, in their order. */
  titles: string[];
  /** The last page: where it is, without its query, and what it shows. */
  address: string;
  text: string;
  html: string;
  console: string[];
  error?: string;
}

/** Sign in and decide, with the mouse and the keyboard. Ends on the page at the redirect URI. */
export async function pressLogin(tab: Tab, decide: 'allow' | 'refuse'): Promise<Omit<Seen, 'error'>> {
  const titles: string[] = [];
  const arrive = async (selector: string) => {
    await tab.until(`document.querySelector(${JSON.stringify(selector)})`);
    titles.push(await tab.read('document.title'));
  };
  const field = async (name: string, text: string) => {
    await tab.press(`input[name=${name}]`);
    await tab.type(text);
  };
  await arrive('input[name=name]');
  await field('name', ALICE.name);
  await field('password', ALICE.password);
  await tab.press('button[value=login]');
  await arrive(`button[value=${decide}]`);
  await tab.press(`button[value=${decide}]`);
  await tab.until('new URLSearchParams(location.search).has("state") && document.querySelector("h1")');
  titles.push(await tab.read('document.title'));
  return {
    titles,
    address: await tab.read('location.origin + location.pathname'),
    text: await tab.read('document.body.innerText'),
    html: await tab.read('document.documentElement.outerHTML'),
    console: tab.console(),
  };
}

if (process.argv[1]?.endsWith('press-login.ts')) {
  const [decide, file = '', url = ''] = process.argv.slice(2);
  const browser = await startBrowser();
  let seen: Seen;
  try {
    seen = await pressLogin(await browser.open(url), decide === 'refuse' ? 'refuse' : 'allow');
  } catch (error) {
    seen = { titles: [], address: '', text: '', html: '', console: [], error: String(error) };
  } finally {
    await browser.stop();
  }
  // All or nothing: somebody waits for the file.
  writeFileSync(`${file}.part`, JSON.stringify(seen));
  renameSync(`${file}.part`, file);
}
