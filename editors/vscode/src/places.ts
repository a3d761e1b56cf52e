// Where programs may come from, and what surrounds them: nothing that belongs to a workspace.
import { constants, promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { workspace } from 'vscode';

const IS_WINDOWS = process.platform === 'win32';

/** The program of that name in the first folder of PATH that is absolute and no part of a workspace's folder. */
export async function findOnPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env[pathVariable()] ?? '').split(path.delimiter)) {
    const candidate = path.join(folder, IS_WINDOWS ? `${name}.exe` : name);
    if (path.isAbsolute(folder) && (await isExecutable(candidate)) && !(await isInWorkspace(candidate))) return candidate;
  }
  return undefined;
}

/** PATH without its relative folders and those of a workspace, for a program that starts others. */
async function trustedPath(): Promise<string> {
  const folders = (process.env[pathVariable()] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const isForeign = await Promise.all(folders.map(isInWorkspace));
  return folders.filter((_, at) => !isForeign[at]).join(path.delimiter);
}

function pathVariable(): string {
  return Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
}

export async function isExecutable(file: string): Promise<boolean> {
  return fs.access(file, constants.X_OK).then(() => true, () => false);
}

/** Whether a file lies in a folder of the workspace, by its path or where its links lead. */
async function isInWorkspace(file: string): Promise<boolean> {
  const home = await real(os.homedir());
  const folders = await Promise.all((workspace.workspaceFolders ?? []).map(({ uri }) => real(uri.fsPath)));
  const given = (workspace.workspaceFolders ?? []).map(({ uri }) => path.resolve(uri.fsPath));
  // Whoever opens his home folder, or the one above, has his own programs in it.
  const foreign = [...folders, ...given].filter((folder) => !contains(folder, home));
  const parent = path.join(await real(path.dirname(file)), path.basename(file));
  const files = [path.resolve(file), parent, await real(file)];
  return foreign.some((folder) => files.some((place) => contains(folder, place)));
}

async function real(file: string): Promise<string> {
  return fs.realpath(file).catch(() => path.resolve(file));
}

function contains(folder: string, file: string): boolean {
  const rest = path.relative(folder, file);
  return rest === '' || !(rest === '..' || rest.startsWith(`..${path.sep}`) || path.isAbsolute(rest));
}

/** For a process of the extension's own: outside of the workspace, and without the variables that steer Python. */
export function surroundings(): { cwd: string; env: Record<string, string> } {
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !steersPython(entry[0]),
  );
  return { cwd: os.homedir(), env: Object.fromEntries(entries) };
}

/**
 * The same for a terminal, whose environment can't be taken away: Python ignores variables that are empty. PATH has
 * nothing of the workspace, because the program may start others, such as uv.
 */
export async function terminalSurroundings(): Promise<{ cwd: string; env: Record<string, string> }> {
  const names = ['PYTHONPATH', 'PYTHONHOME', ...Object.keys(process.env).filter(steersPython)];
  const env = Object.fromEntries(names.map((name) => [name, '']));
  return { cwd: os.homedir(), env: { ...env, [pathVariable()]: await trustedPath() } };
}

function steersPython(variable: string): boolean {
  return variable.toUpperCase().startsWith('PYTHON');
}
