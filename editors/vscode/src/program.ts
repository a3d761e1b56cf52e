// Finding the program `holesmith`, or installing it if the user wants that.
import { execFile } from 'node:child_process';
import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { ExtensionContext, commands, window, workspace } from 'vscode';
import { findOnPath, isExecutable, surroundings } from './places';
import { runTask } from './tasks';

const IS_WINDOWS = process.platform === 'win32';
const PROGRAM = IS_WINDOWS ? path.join('Scripts', 'holesmith.exe') : path.join('bin', 'holesmith');
const INTERPRETERS = ['python3.13', 'python3.12', 'python3.11', 'python3.14', 'python3', 'python'];
const SETTING = 'holesmith.editor.program';

/** The first that can be run: of the user's setting, what was installed here, and PATH. Never the workspace's. */
export async function findProgram(context: ExtensionContext): Promise<string | undefined> {
  // Not `get`: a workspace has no say in which program is run.
  const configured = workspace.getConfiguration().inspect<string>(SETTING)?.globalValue;
  if (configured) {
    if (path.isAbsolute(configured)) return configured;
    void window.showErrorMessage(`Holesmith: ${SETTING} must be an absolute path`);
    return undefined;
  }
  const installed = path.join(installation(context), PROGRAM);
  return (await isExecutable(installed)) ? installed : findOnPath('holesmith');
}

/** Asks, and then makes a virtual environment of the extension's own. True if the program is there afterwards. */
export async function offerInstallation(context: ExtensionContext): Promise<boolean> {
  const install = 'Install', settings = 'Open Settings';
  const script = path.join(context.extensionPath, 'dist', 'server', 'make_environment.py');
  const wheel = await carriedWheel(context);
  const answer = wheel
    ? await window.showWarningMessage(
        'Holesmith: the language server was not found. Install it into an environment of its own? (about 2 GB)', install, settings)
    : await window.showWarningMessage(
        `Holesmith: the language server was not found. Run scripts/setup in a checkout of Holesmith, and name .venv/bin/holesmith there in ${SETTING}`, settings);
  if (answer === settings) await commands.executeCommand('workbench.action.openSettings', SETTING);
  if (!wheel || answer !== install) return false;
  const python = await findInterpreter();
  if (!python) {
    void window.showErrorMessage('Holesmith: Python 3.11 or newer was not found on PATH');
    return false;
  }
  return runTask('install the server', python, ['-I', script, installation(context), '--wheel', wheel]);
}

function installation(context: ExtensionContext): string {
  return path.join(context.globalStorageUri.fsPath, 'server');
}

/** The server's own package, which `npm run package` puts into the extension; undefined if it was built without. */
async function carriedWheel(context: ExtensionContext): Promise<string | undefined> {
  const folder = path.join(context.extensionPath, 'dist', 'server');
  const names = await fs.readdir(folder).catch(() => []);
  const wheel = names.find((name) => name.endsWith('.whl'));
  return wheel && path.join(folder, wheel);
}

async function findInterpreter(): Promise<string | undefined> {
  for (const name of INTERPRETERS) {
    const candidate = await findOnPath(name);
    if (candidate && (await isRecent(candidate))) return candidate;
  }
  return undefined;
}

async function isRecent(python: string): Promise<boolean> {
  const check = ['-I', '-c', 'import sys; sys.exit(sys.version_info < (3, 11))'];
  return promisify(execFile)(python, check, { ...surroundings(), timeout: 20_000 }).then(() => true, () => false);
}
