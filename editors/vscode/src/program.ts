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
/** Those that the server's packages come for. */
const VERSIONS = ['3.11', '3.12', '3.13', '3.14'];
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

/** Asks whether to make a virtual environment of the extension's own. False also where there is nothing to install. */
export async function isInstallationWanted(context: ExtensionContext): Promise<boolean> {
  const install = 'Install', settings = 'Open Settings';
  if (!(await carriedWheel(context))) {
    await explainByHand();
    return false;
  }
  const answer = await window.showWarningMessage(
    'Holesmith: the language server was not found. Install it into an environment of its own? (2 GB; with a GPU 6 GB)', install, settings);
  if (answer === settings) await commands.executeCommand('workbench.action.openSettings', SETTING);
  return answer === install;
}

/** Makes the environment, or brings it up to date. True if the program is there afterwards. */
export async function installProgram(context: ExtensionContext): Promise<boolean> {
  const script = path.join(context.extensionPath, 'dist', 'server', 'make_environment.py');
  const wheel = await carriedWheel(context);
  if (!wheel) {
    await explainByHand();
    return false;
  }
  const python = await findInterpreter();
  return python !== undefined && runTask('install the server', python, ['-I', script, installation(context), '--wheel', wheel]);
}

/** For an extension that was built without the server. */
async function explainByHand(): Promise<void> {
  const settings = 'Open Settings';
  const answer = await window.showWarningMessage(
    `Holesmith: the language server was not found. Run scripts/setup in a checkout of Holesmith, and name .venv/bin/holesmith there in ${SETTING}`, settings);
  if (answer === settings) await commands.executeCommand('workbench.action.openSettings', SETTING);
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

/** The first on PATH that will do; undefined, and a message that says which there are, if none will. */
async function findInterpreter(): Promise<string | undefined> {
  const unfit: string[] = [];
  for (const name of INTERPRETERS) {
    const candidate = await findOnPath(name);
    const version = candidate && (await versionOf(candidate));
    if (candidate && version && VERSIONS.includes(version)) return candidate;
    if (candidate) unfit.push(version ? `${candidate} is ${version}` : `${candidate} does not run`);
  }
  const found = unfit.length > 0 ? unfit.join(', ') : 'there is none on PATH';
  void window.showErrorMessage(`Holesmith: Python ${VERSIONS[0]} to ${VERSIONS.at(-1)} is needed to install the server; ${found}`);
  return undefined;
}

async function versionOf(python: string): Promise<string | undefined> {
  const question = ['-I', '-c', 'import sys; print("%d.%d" % sys.version_info[:2])'];
  const run = promisify(execFile)(python, question, { ...surroundings(), timeout: 20_000 });
  return run.then(({ stdout }) => stdout.trim(), () => undefined);
}
