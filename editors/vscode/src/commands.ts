// The commands, most of which show what the server or its program says.
import { Command, Disposable, commands, extensions, window, workspace } from 'vscode';
import { Counters } from './counters';
import { chooseModel } from './models';
import { OPEN_LOCATION, Pages, openLocation } from './pages';
import { ACCEPTED, Server } from './server';
import { Switches } from './switches';
import { runTask } from './tasks';

const MENU = [
  'trigger', 'explain', 'showPrompt', 'showStatus', 'toggle', 'toggleLanguage', 'snooze', 'chooseModel', 'doctor', 'install', 'restart', 'openLog',
];

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
    chooseModel: () => choose(server),
    install: () => server.install(),
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

async function choose(server: Server): Promise<void> {
  const program = await server.path();
  if (program) await chooseModel(program);
}
