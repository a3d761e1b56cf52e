// Finding the program `holesmith`, or installing it if the user wants that.
import { constants, promises as fs } from 'node:fs';
import * as path from 'node:path';
import { ExtensionContext, Uri, commands, extensions, window, workspace } from 'vscode';
import { runTask } from './tasks';

const BIN = process.platform === 'win32' ? 'Scripts' : 'bin';
const NAME = process.platform === 'win32' ? 'holesmith.exe' : 'holesmith';

/** The part that is used of what the Python extension offers to others. */
interface PythonApi {
  environments: { getActiveEnvironmentPath(folder?: Uri): { path: string } };
}

/** The first that can be run: of the settings, the active environment, `.venv`, PATH, and what was installed here. */
export async function findProgram(context: ExtensionContext): Promise<string | undefined> {
  const configured = workspace.getConfiguration('holesmith.editor').get<string>('program');
  if (configured) return configured;
  const folders = (workspace.workspaceFolders ?? []).map((folder) => path.join(folder.uri.fsPath, '.venv', BIN));
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const folder = [...(await activeEnvironment()), ...folders, ...onPath, path.join(installation(context), BIN)];
  for (const candidate of folder.map((folder) => path.join(folder, NAME))) {
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

/** Asks, and then makes a virtual environment of the extension's own. True if the program is there afterwards. */
export async function offerInstallation(context: ExtensionContext): Promise<boolean> {
  const install = 'Install', settings = 'Open Settings';
  const question = 'Holesmith: the language server was not found. Install it into an environment of its own? (about 2 GB)';
  const answer = await window.showWarningMessage(question, install, settings);
  if (answer === settings) {
    await commands.executeCommand('workbench.action.openSettings', 'holesmith.editor.program');
  }
  if (answer !== install) return false;
  const target = installation(context);
  const what = workspace.getConfiguration('holesmith.editor').get<string>('package', 'holesmith');
  const made = await runTask('make an environment', await interpreter(), ['-m', 'venv', target]);
  return made && (await runTask('install the server', path.join(target, BIN, 'python'), ['-m', 'pip', 'install', what]));
}

function installation(context: ExtensionContext): string {
  return path.join(context.globalStorageUri.fsPath, 'server');
}

async function activeEnvironment(): Promise<string[]> {
  const python = await activeInterpreter();
  return python ? [path.dirname(python)] : [];
}

async function activeInterpreter(): Promise<string | undefined> {
  const extension = extensions.getExtension<PythonApi>('ms-python.python');
  if (!extension) return undefined;
  const api = extension.isActive ? extension.exports : await extension.activate();
  return api.environments.getActiveEnvironmentPath(workspace.workspaceFolders?.[0]?.uri).path;
}

async function interpreter(): Promise<string> {
  const active = await activeInterpreter();
  return active && path.isAbsolute(active) ? active : 'python3';
}

async function isExecutable(file: string): Promise<boolean> {
  return fs.access(file, constants.X_OK).then(() => true, () => false);
}
