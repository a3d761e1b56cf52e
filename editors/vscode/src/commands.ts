// The commands, most of which show what the server or its program says.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Command, Disposable, commands, extensions, window, workspace } from 'vscode';
import { Counters } from './counters';
import { OPEN_LOCATION, Pages, openLocation } from './pages';
import { surroundings } from './places';
import { ACCEPTED, Server } from './server';
import { Switches } from './switches';
import { runTask } from './tasks';

const MENU = [
  'trigger', 'explain', 'showPrompt', 'showStatus', 'toggle', 'toggleLanguage', 'snooze', 'chooseModel', 'doctor', 'restart', 'openLog',
];

interface Model {
  name: string;
  parameters: string | null;
  bytes: number | null;
  licence: string | null;
  installed: boolean;
}

export function registerCommands(server: Server, switches: Switches, counters: Counters): Disposable[] {
  const pages = new Pages(server);
  const actions: Record<string, () => unknown> = {
    menu: showMenu,
    trigger: () => commands.executeCommand('editor.action.inlineSuggest.trigger'),
    explain: () => pages.show('explanation'),
    showPrompt: () => pages.show('prompt'),
    showStatus: () => pages.show('status'),
    toggle: () => switches.toggle(),
    toggleLanguage: () => switches.toggleLanguage(),
    snooze: () => switches.snooze(),
    chooseModel: () => chooseModel(server),
    doctor: () => runProgram(server, 'doctor', ['doctor', ...currentFolder()]),
    restart: () => server.restart(),
    openLog: () => server.log.show(),
  };
  const registered = Object.entries(actions).map(([name, run]) => commands.registerCommand(`holesmith.${name}`, run));
  const accepted = commands.registerCommand(ACCEPTED, (then?: Command) => {
    counters.accept();
    if (then) return commands.executeCommand(then.command, ...(then.arguments ?? []));
    return undefined;
  });
  return [pages, accepted, commands.registerCommand(OPEN_LOCATION, openLocation), ...registered];
}

async function showMenu(): Promise<void> {
  const titles: { command: string; title: string }[] =
    extensions.getExtension('holesmith.holesmith')?.packageJSON.contributes.commands ?? [];
  const entries = MENU.map((name) => `holesmith.${name}`).map((command) => ({
    command, label: titles.find((title) => title.command === command)?.title ?? command,
  }));
  const choice = await window.showQuickPick(entries, { title: 'Holesmith' });
  if (choice) await commands.executeCommand(choice.command);
}

/** The folder whose environment `doctor` reads; programs are not started there. */
function currentFolder(): string[] {
  const uri = window.activeTextEditor?.document.uri;
  const folder = (uri && workspace.getWorkspaceFolder(uri)) ?? workspace.workspaceFolders?.[0];
  return folder ? [folder.uri.fsPath] : [];
}

async function runProgram(server: Server, title: string, parameters: string[]): Promise<boolean> {
  const program = await server.path();
  return program !== undefined && runTask(title, program, parameters);
}

/** Lists the models, pulls the chosen one if it is not here, and makes it the user's. */
async function chooseModel(server: Server): Promise<void> {
  const program = await server.path();
  if (!program) return;
  const { stdout } = await promisify(execFile)(program, ['model', 'list', '--json'], { ...surroundings(), timeout: 60_000 });
  const entries = (JSON.parse(stdout) as Model[]).map((model) => ({
    model,
    label: `${model.installed ? '$(check)' : '$(cloud-download)'} ${model.name}`,
    description: [model.parameters, size(model.bytes), model.licence].filter(Boolean).join(', '),
  }));
  const choice = await window.showQuickPick(entries, { title: 'Holesmith: the model', matchOnDescription: true });
  if (!choice) return;
  const { name, installed } = choice.model;
  if (!installed && !(await runTask(`pull ${name}`, program, ['model', 'pull', name]))) {
    void window.showErrorMessage(`Holesmith: ${name} was not pulled; the terminal says why`);
    return;
  }
  await workspace.getConfiguration('holesmith').update('model', name, true);
}

function size(bytes: number | null): string | undefined {
  return bytes === null ? undefined : `${(bytes / 1e9).toFixed(2)} GB`;
}
