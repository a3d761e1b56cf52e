// Drives a real VS Code as a user would: keys and eyes only. usage: vscode.mjs CODE-SERVER VSIX BIN PICTURES
// PATIENCE=3 in the environment waits three times as long for everything, on a machine that is busy.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';

const [installation, extension, bin, pictures] = process.argv.slice(2).map((argument) => path.resolve(argument));
const { chromium } = createRequire(path.join(installation, 'index.js'))('playwright-core');
const repository = path.resolve(import.meta.dirname, '../../..');
const home = mkdtempSync(path.join(tmpdir(), 'holesmith-vscode-'));
const workspace = path.join(home, 'both.code-workspace');
const GHOST = '[class*="ghost-text"]';
const STATUS = '[id^="holesmith.holesmith"]';
const patience = Number(process.env.PATIENCE ?? 1);
const LOAD_MS = 120_000 * patience, ANSWER_MS = 40_000 * patience, INSTALL_MS = 180_000 * patience, QUIET_MS = 2_500 * patience;
const MODEL = 'qwen2.5-coder-0.5b';
let page;

const settings = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'editor.wordBasedSuggestions': 'off',
  'editor.minimap.enabled': false,
  'files.autoSave': 'off',
  'telemetry.telemetryLevel': 'off',
  'holesmith.device': 'cpu',
  'holesmith.inline.confidenceMin': 0, // whatever the model says is good enough to be looked at
};
const careful = {
  ...settings,
  'security.workspace.trust.enabled': true,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
};

function configureUser(folder, chosen) {
  const user = path.join(home, folder, 'User');
  mkdirSync(user, { recursive: true });
  writeFileSync(path.join(user, 'settings.json'), JSON.stringify(chosen));
}

/** Where the settings of scope `machine` are, which a workspace can't change. */
function configureMachine(folder, chosen) {
  writeFileSync(path.join(home, folder, 'Machine/settings.json'), JSON.stringify(chosen));
}

function configureWorkspace(changes) {
  const folders = [{ path: 'shop' }, { path: 'dirs' }];
  writeFileSync(workspace, JSON.stringify({ folders, settings: changes }));
}

/** Two repositories in one workspace: an example, and a package that others wrote. */
function makeWorkspace() {
  const python = path.join(bin, 'python');
  const where = execFileSync(python, ['-c', 'import platformdirs; print(platformdirs.__path__[0])'], { encoding: 'utf8' });
  cpSync(path.join(repository, 'cli/example/bookshop'), path.join(home, 'shop/bookshop'), { recursive: true });
  cpSync(where.trim(), path.join(home, 'dirs/platformdirs'), { recursive: true });
  const notebook = { cells: [], metadata: { language_info: { name: 'python' } }, nbformat: 4, nbformat_minor: 5 };
  for (const [id, source] of Object.entries({ a: 'import os\n', b: '' })) {
    notebook.cells.push({ cell_type: 'code', id, execution_count: null, metadata: {}, outputs: [], source: [source] });
  }
  writeFileSync(path.join(home, 'shop/notes.ipynb'), JSON.stringify(notebook));
  configureWorkspace({});
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function codeServer(...parameters) {
  const entry = path.join(installation, 'node_modules/code-server/out/node/entry.js');
  const own = ['--extensions-dir', path.join(home, 'extensions'), '--disable-telemetry', '--disable-update-check'];
  return [process.execPath, [entry, ...own, ...parameters]];
}

/** A machine without our program and without models. */
function environment() {
  const folders = process.env.PATH.split(path.delimiter).filter((folder) => !existsSync(path.join(folder, 'holesmith')));
  return {
    ...process.env,
    PATH: folders.join(path.delimiter),
    XDG_CONFIG_HOME: path.join(home, 'config'),
    XDG_DATA_HOME: path.join(home, 'data'),
    VIRTUAL_ENV: undefined,
  };
}

async function start(user, ...more) {
  const port = await freePort();
  const env = environment();
  execFileSync(...codeServer('--install-extension', extension), { env, stdio: 'ignore' });
  const flags = ['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--user-data-dir', path.join(home, user), ...more];
  const [program, parameters] = codeServer(...flags, workspace);
  const server = spawn(program, parameters, { env, stdio: 'ignore', detached: true });
  const url = `http://127.0.0.1:${port}/?workspace=${workspace}`;
  for (let tries = 0; tries < 200; tries++) {
    if (await fetch(url).then(() => true, () => false)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { server, url };
}

/** The processes of our server below the given one, from the process table. */
function languageServers(root) {
  const parents = new Map();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch { /* it has ended meanwhile */ }
  }
  const isBelow = (process) => process > 1 && (process === root || isBelow(parents.get(process) ?? 0));
  const isOurs = (process) => {
    try {
      return readFileSync(`/proc/${process}/cmdline`, 'utf8').includes('holesmith\0lsp');
    } catch {
      return false;
    }
  };
  return [...parents.keys()].filter((process) => isBelow(process) && isOurs(process));
}

const keys = (...names) => names.reduce((before, name) => before.then(() => page.keyboard.press(name)), Promise.resolve());
const type = (text) => page.keyboard.type(text, { delay: 40 });
const ghost = () => page.$$eval(GHOST, (parts) => parts.map((part) => part.textContent).join('').replaceAll('\u00a0', ' '));
const status = () => page.textContent(STATUS);
const picture = (name) => page.screenshot({ path: path.join(pictures, name) });

/** A picture in the light theme, and one in the dark theme whose name ends in "-dark". */
async function inBothThemes(name) {
  const change = () => command('Preferences: Toggle between Light/Dark Themes');
  await picture(`${name}.png`);
  await change();
  await page.waitForSelector('.monaco-workbench.vs-dark');
  await page.waitForTimeout(QUIET_MS); // a page is drawn anew by another process
  await picture(`${name}-dark.png`);
  await change();
  await page.waitForSelector('.monaco-workbench.vs');
}

async function until(what, condition, limit = ANSWER_MS) {
  const end = Date.now() + limit;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) assert.fail(`${what} did not come`);
    await page.waitForTimeout(50);
  }
}

async function command(title) {
  await keys('F1');
  await page.waitForSelector('.quick-input-widget:visible');
  await type(title);
  // The palette puts what was used last first, also where its name only begins like this.
  const exactly = new RegExp(`^${literal(title).replaceAll(' ', '\\s')}$`);
  await page.locator('.quick-input-list .monaco-list-row .label-name').filter({ hasText: exactly }).first().click();
}

/** The frame of a page of ours; a web view is a frame in a frame. */
async function webview(title) {
  return until(`the page "${title}"`, async () => {
    for (const frame of page.frames()) {
      const heading = await frame.$eval('main > h1', (element) => element.textContent).catch(() => null);
      if (heading === title) return frame;
    }
    return null;
  });
}

async function closeAll() {
  await command('View: Close All Editors');
  await until('the end of all pages', async () => (await page.$('.tab.active')) === null);
}

async function open(name, line) {
  await keys('Control+p');
  await page.waitForSelector('.quick-input-widget:visible');
  await page.keyboard.insertText(`${file(name)}:${line}`);
  await page.waitForSelector(`.quick-input-list .monaco-list-row.focused[aria-label*="${path.basename(name)}"]`);
  await keys('Enter');
  await page.waitForSelector(`.tab.active[data-resource-name="${path.basename(name)}"]`);
  await page.waitForSelector('.monaco-editor.focused');
}

const file = (name) => path.join(home, name);
const lines = (name) => readFileSync(file(name), 'utf8').split('\n');
const lineOf = (name, text) => lines(name).findIndex((line) => line.includes(text)) + 1;

/** Types a new line above the one with `text`, as the keyboard would. */
async function writeAbove(name, text, typed) {
  await open(name, lineOf(name, text));
  await keys('Control+Shift+Enter', 'Shift+Home');
  await page.keyboard.insertText(typed.slice(0, -1));
  await type(typed.slice(-1));
}

/** Saves the file, and waits for a line of it to be as `line`, a regular expression. */
async function saved(name, line) {
  await keys('Control+s');
  await until(`${line} in ${name}`, () => lines(name).some((written) => line.test(written)));
}

const DELETE_LINE = ['Control+Shift+K'];
const literal = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const BASKET = 'shop/bookshop/basket.py';
const UNIX = 'dirs/platformdirs/unix.py';

/** Types a line, and sees that nothing is suggested for it. */
async function seeNothingSuggested(typed) {
  await writeAbove(BASKET, 'def total_pages', typed);
  await page.waitForTimeout(QUIET_MS);
  assert.equal(await ghost(), '');
  await keys(...DELETE_LINE);
}

const pick = async (label) => {
  await page.waitForSelector(`.quick-input-list .monaco-list-row:has-text("${label}")`);
  await page.keyboard.type(label);
  await keys('Enter');
};

const BEGUN = '    def has(self, isbn: str) -> bool: return self.catalogue.';

const steps = {
  'where there is no server, it is offered and installed': async () => {
    await open(BASKET, 1);
    await page.click('.notification-toast:has-text("was not found") .monaco-button:has-text("Install")');
    await page.waitForSelector('.notification-toast:has-text("install the server")');
    await until('a sign that is not red', async () => (await page.$(`${STATUS} .codicon-loading`)) && !(await page.$(`${STATUS} .codicon-error`)));
    await page.waitForTimeout(QUIET_MS); // the terminal has something to show
    await picture('vscode-install.png');
    await until('the server', () => languageServers(editor.server.pid).length === 1, INSTALL_MS);
    await until('its question for a model', () => page.$('.notification-toast:has-text("holesmith model pull")'), LOAD_MS);
  },
  'a model is chosen and pulled': async () => {
    await keys('Escape');
    await command('Holesmith: Choose or Pull a Model');
    await pick(MODEL);
    await until('the progress', () => page.$(`.notification-toast:has-text("pull ${MODEL}")`));
    await until('the model', async () => (await status())?.includes(`${MODEL} on cpu`), INSTALL_MS + LOAD_MS);
    assert.ok(existsSync(path.join(home, 'data/holesmith/models')));
  },
  'no program of the workspace is started, and none in it': async () => {
    mkdirSync(file('shop/.venv/bin'), { recursive: true });
    writeFileSync(file('shop/.venv/bin/holesmith'), `#!/bin/sh\ntouch ${file('ran')}\n`, { mode: 0o755 });
    const [before] = languageServers(editor.server.pid);
    await command('Holesmith: Restart the Server');
    await until('another server', () => {
      const running = languageServers(editor.server.pid);
      return running.length === 1 && running[0] !== before;
    });
    await until('the model', async () => (await status())?.includes(' on cpu'), LOAD_MS);
    assert.ok(!existsSync(file('ran')));
    const [running] = languageServers(editor.server.pid);
    assert.equal(readlinkSync(`/proc/${running}/cwd`), homedir());
    await keys('Control+j');
  },
  'the status bar says which model is ready': async () => {
    await open(BASKET, 1);
    await until('a model or an error', () => page.$(`${STATUS}:has-text(" on cpu"), ${STATUS} .codicon-error`), LOAD_MS);
    assert.match(await status(), / on cpu/);
  },
  'ghost text is shown and taken with Tab': async () => {
    await writeAbove(BASKET, 'def total_pages', BEGUN);
    const shown = await until('ghost text', ghost);
    await picture('vscode.png');
    await keys('Tab');
    await saved(BASKET, new RegExp(`catalogue\\.${literal(shown.split('\n')[0])}$`));
  },
  'a word and a line are taken': async () => {
    const typed = "    state = os.environ.get('XDG_STATE_HOME', os.path.";
    await writeAbove(UNIX, '@property', typed);
    const shown = await until('ghost text', ghost);
    await keys('Control+ArrowRight');
    const rest = await until('the rest', async () => (await ghost()) !== shown && (await ghost()));
    assert.ok(shown.endsWith(rest), `${shown} / ${rest}`);
    const word = shown.slice(0, -rest.length);
    await saved(UNIX, new RegExp(`^${literal(typed + word)}\\)?$`)); // the editor closes brackets by itself
    await keys('Control+Alt+ArrowRight');
    await saved(UNIX, new RegExp(`^${literal(typed + word)}[^)]`));
  },
  'Escape dismisses, a key asks again': async () => {
    await writeAbove(BASKET, 'def most_expensive', '        book = self.catalogue.');
    await until('ghost text', ghost);
    await keys('Escape');
    await until('its end', async () => (await ghost()) === '');
    await keys('Alt+\\');
    await until('ghost text', ghost);
    await keys('Escape', ...DELETE_LINE);
  },
  'the next suggestion and the previous one': async () => {
    await writeAbove(BASKET, 'def most_expensive', '        total = sum(');
    const first = await until('ghost text', ghost);
    await keys('Alt+]');
    const second = await until('another', async () => (await ghost()) !== first && (await ghost()));
    await keys('Alt+[');
    await until('the first', async () => (await ghost()) === first);
    await keys('Alt+]');
    await until('the other', async () => (await ghost()) === second);
    await keys('Tab');
    await keys('Control+s');
    // The bracket that the editor closed stands somewhere in what is shown, and is no part of it.
    const bare = (text) => text.replaceAll(/[()\s]/g, '');
    await until('the line', () => lines(BASKET).some((line) => bare(line).startsWith(bare(`total = sum(${second.split('\n')[0]}`))));
    await keys(...DELETE_LINE);
  },
  'nothing is suggested after a deletion': async () => {
    await writeAbove(BASKET, 'def most_expensive', '        isbn = self.catalogue.x');
    await keys('Backspace');
    await page.waitForTimeout(QUIET_MS);
    assert.equal(await ghost(), '');
    await keys('Alt+\\');
    await until('ghost text', ghost);
    await keys('Escape', ...DELETE_LINE);
  },
  'snoozed, nothing is suggested': async () => {
    await command('Holesmith: Snooze');
    await pick('5 minutes');
    await until('the sign', () => page.$(`${STATUS} .codicon-circle-slash`));
    await seeNothingSuggested(BEGUN.replace('has', 'has_not'));
    await command('Holesmith: Turn Suggestions On or Off');
    await until('on', async () => (await status())?.includes(' on cpu'));
  },
  'off for a language': async () => {
    await command('Holesmith: Turn Suggestions On or Off for This Language');
    await until('the sign', () => page.$(`${STATUS} .codicon-circle-slash`));
    await seeNothingSuggested(BEGUN.replace('has', 'has_never'));
    await command('Holesmith: Turn Suggestions On or Off for This Language');
    await until('on', async () => (await status())?.includes(' on cpu'));
    await writeAbove(BASKET, 'def total_pages', BEGUN.replace('has', 'has_again'));
    await until('ghost text', ghost);
    await keys('Escape', ...DELETE_LINE, 'Control+s');
  },
  'a notebook cell sees the cell before it': async () => {
    await keys('Control+p');
    await page.keyboard.insertText(file('shop/notes.ipynb'));
    await page.waitForSelector('.quick-input-list .monaco-list-row.focused[aria-label*="notes.ipynb"]');
    await keys('Enter');
    await page.locator('.notebookOverlay .cell .view-lines').last().click();
    await type('here = os.path.join(os.getcwd(), os.path.');
    await until('ghost text', ghost);
    await picture('vscode-notebook.png');
    await keys('Escape', 'Escape', 'Control+s');
    await until('the file', () => readFileSync(file('shop/notes.ipynb'), 'utf8').includes('os.getcwd()'));
    await command('Holesmith: Show the Last Prompt');
    const prompt = await webview('Holesmith: the last prompt');
    await until('the cell before', async () => /import os/.test(await prompt.textContent('main')));
    await prompt.click('main a >> nth=0');
    await page.waitForSelector('.tab.active[data-resource-name="notes.ipynb"]');
    await page.waitForSelector('.notebookOverlay .cell'); // and not the JSON that a notebook is in its file
    await closeAll();
  },
  'the last suggestion is explained, and its prompt shown': async () => {
    await writeAbove(BASKET, 'def total_pages', BEGUN.replace('has', 'knows'));
    await until('ghost text', ghost);
    await command('Holesmith: Explain the Last Suggestion');
    const explanation = await webview('Holesmith: the last suggestion explained');
    await explanation.waitForSelector('summary:has-text("Time")');
    assert.equal(await explanation.$('script'), null);
    await inBothThemes('vscode-explain');
    await explanation.click('main a >> nth=0');
    await until('the file that is linked', () => page.$('.tab.active[data-resource-name="basket.py"]'));
    await page.waitForSelector('.monaco-editor.focused'); // what takes the focus closes the list of commands
    await command('Holesmith: Show the Last Prompt');
    await webview('Holesmith: the last prompt');
    await inBothThemes('vscode-prompt');
    await open(BASKET, lineOf(BASKET, 'def total_pages') - 1);
    await command('File: Revert File');
    await closeAll();
  },
  'the status is a page': async () => {
    await command('Holesmith: Show the Status');
    const shown = await webview('Holesmith: status');
    assert.match(await shown.textContent('main'), /Ready\./);
    await inBothThemes('vscode-status');
    await closeAll();
  },
  'off and on': async () => {
    await command('Holesmith: Turn Suggestions On or Off');
    await until('off', async () => (await page.$(`${STATUS} .codicon-circle-slash`)) !== null);
    await command('Holesmith: Turn Suggestions On or Off');
    await until('on', async () => (await status())?.includes(' on cpu'));
  },
  'the server is killed and started again': async () => {
    const [before] = languageServers(editor.server.pid);
    process.kill(before, 'SIGKILL');
    await until('the end', async () => !(await status())?.includes(' on cpu'));
    await until('another server', () => languageServers(editor.server.pid).some((process) => process !== before));
    await until('the model', async () => (await status())?.includes(' on cpu'), LOAD_MS);
    await writeAbove(BASKET, 'def total(self)', '        book = self.catalogue.');
    await until('ghost text', ghost);
  },
  'a model that is not there is one clear message': async () => {
    configureWorkspace({ 'holesmith.model': 'none-of-the-users' });
    configureMachine('user', { 'holesmith.model': 'no-such-model' });
    const message = await until('the message', () => page.$('.notification-toast:has-text("no-such-model")'), LOAD_MS);
    assert.ok(message);
    await until('the error', async () => (await page.$(`${STATUS} .codicon-error`)) !== null);
    assert.equal((await page.$$('.notification-toast:has-text("no-such-model")')).length, 1);
    assert.equal(await page.$('.notification-toast:has-text("none-of-the-users")'), null);
    await until('the whole message', () => message.evaluate((toast) => getComputedStyle(toast.closest('.notification-toast')).opacity === '1'));
    await picture('vscode-no-model.png');
  },
};

const untrusted = {
  'in a workspace that is not trusted it is off': async () => {
    await open(BASKET, 1);
    await until('the sign of restricted mode', () => page.$('[id="status.workspaceTrust"]'));
    await page.waitForTimeout(QUIET_MS);
    assert.equal(await page.$(STATUS), null);
    assert.deepEqual(languageServers(editor.server.pid), []);
    await seeNothingSuggested(BEGUN);
  },
};

let editor;

/** Opens the workspace in an editor of its own, and takes the steps there. */
async function take(browser, chosen, user, ...flags) {
  editor = await start(user, ...flags);
  try {
    page = await browser.newPage({ viewport: { width: 1200, height: 680 } });
    page.setDefaultTimeout(20_000 * patience);
    await page.goto(editor.url);
    await page.waitForSelector('.monaco-workbench .explorer-folders-view', { timeout: 90_000 * patience });
    for (const [title, step] of Object.entries(chosen)) {
      const began = Date.now();
      await step();
      console.log(`ok  ${title} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    }
  } catch (error) {
    const screen = path.join(tmpdir(), 'holesmith-vscode-failed.png');
    await page.screenshot({ path: screen });
    const said = await page.$eval(STATUS, (item) => item.getAttribute('aria-label')).catch(() => 'nothing');
    console.error(`failed; the status bar says: ${said}; the screen: ${screen}`);
    throw error;
  } finally {
    await page?.close();
    process.kill(-editor.server.pid, 'SIGKILL');
  }
}

async function main() {
  configureUser('user', settings);
  configureUser('careful', careful);
  makeWorkspace();
  const flags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: flags });
  try {
    await take(browser, steps, 'user', '--disable-workspace-trust');
    await take(browser, untrusted, 'careful');
  } finally {
    await browser.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

await main();
