// The models: which there are, which suits this machine, and bringing one here.
import { execFile } from 'node:child_process';
import * as os from 'node:os';
import { promisify } from 'node:util';
import { QuickPickItem, window, workspace } from 'vscode';
import { surroundings } from './places';
import { runTask } from './tasks';

/** An entry of `holesmith model list --json`. */
export interface Model {
  name: string;
  parameters: string | null;
  bytes: number | null;
  licence: string | null;
  fills_in_the_middle: boolean | null;
  installed: boolean;
  default_for: 'cpu' | 'cuda' | null;
  memory_bytes: number | null;
  commercial_use: boolean | null;
}

export async function listModels(program: string): Promise<Model[]> {
  const { stdout } = await promisify(execFile)(program, ['model', 'list', '--json'], { ...surroundings(), timeout: 60_000 });
  return JSON.parse(stdout) as Model[];
}

/** Lists the models, pulls the chosen one if it is not here, and makes it the user's. */
export async function chooseModel(program: string): Promise<void> {
  const entries = (await listModels(program)).map((model) => ({ model, ...entryOf(model, os.totalmem()) }));
  const title = 'Holesmith: the model';
  const choice = await window.showQuickPick(entries, { title, matchOnDescription: true, matchOnDetail: true });
  if (!choice) return;
  const { name, installed } = choice.model;
  if (installed || (await pullModel(program, name))) {
    await workspace.getConfiguration('holesmith').update('model', name, true);
  }
}

/** True if the model is here afterwards. */
export async function pullModel(program: string, name: string): Promise<boolean> {
  if (await runTask(`pull ${name}`, program, ['model', 'pull', name])) return true;
  void window.showErrorMessage(`Holesmith: ${name} was not pulled; the terminal says why`);
  return false;
}

/** How the list shows a model to somebody whose machine has so much memory. */
export function entryOf(model: Model, memoryBytes: number): QuickPickItem {
  return {
    label: `${model.installed ? '$(check)' : '$(cloud-download)'} ${model.name}`,
    description: [model.parameters, size(model.bytes), model.licence].filter(Boolean).join(', '),
    detail: [defaultNote(model, memoryBytes), memoryNote(model, memoryBytes), ...warnings(model)].filter(Boolean).join('; '),
  };
}

/** The default is also what we recommend, unless the machine is too small for it. */
function defaultNote({ default_for, memory_bytes }: Model, memoryBytes: number): string | undefined {
  if (default_for === null) return undefined;
  const place = default_for === 'cpu' ? 'without a GPU' : 'with a GPU';
  return `$(star-full) the default ${place}${(memory_bytes ?? 0) <= memoryBytes ? ', recommended' : ''}`;
}

function memoryNote({ memory_bytes }: Model, memoryBytes: number): string | undefined {
  if (memory_bytes === null) return undefined;
  const needed = `takes about ${gigabytes(memory_bytes)} of memory`;
  return memory_bytes > memoryBytes ? `$(warning) ${needed}, and this machine has ${gigabytes(memoryBytes)}` : needed;
}

function warnings({ fills_in_the_middle, commercial_use }: Model): string[] {
  return [
    ...(fills_in_the_middle === false ? ['$(warning) not made for filling in'] : []),
    ...(commercial_use === false ? ['$(warning) the licence forbids commercial use'] : []),
  ];
}

export function size(bytes: number | null): string | undefined {
  return bytes === null ? undefined : `${(bytes / 1e9).toFixed(2)} GB`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
