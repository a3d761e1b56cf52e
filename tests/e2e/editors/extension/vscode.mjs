// As much of the module `vscode` as the extension needs to find, install and start its server. A session's job says what
// the user sees and answers; what the extension shows and starts is kept in `seen`.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

export const job = {};
export const seen = {
  messages: [], choices: [], entries: [], commands: [], started: [], tooltip: null, text: null, background: null, asked: [], panels: [], opened: [],
  drawn: [], // the item in the status bar, each time that it changed
};

const nothing = { dispose() {} };
const uri = (fsPath) => ({ fsPath, scheme: 'file', toString: () => `file://${fsPath}` });

/** Runs a program to its end, as the editor would. The current folder and the variables are the workspace's by default. */
export function start(program, parameters, options = {}) {
  const cwd = options.cwd ?? job.workspace;
  const env = options.env ?? process.env;
  const { status } = spawnSync(program, parameters, { cwd, env, stdio: ['ignore', 2, 2] });
  seen.started.push({ program, parameters, cwd, status, path: env.PATH });
  return status;
}

const show = async (message, ...choices) => {
  seen.messages.push(message);
  seen.choices.push(...choices);
  if (job.isAway) await new Promise(() => {});
  return choices.find((choice) => choice === job.answer);
};

export const window = {
  createOutputChannel: () => ({ warn() {}, dispose() {} }),
  createStatusBarItem: () => ({
    set tooltip(value) {
      seen.tooltip = typeof value === 'string' ? { plain: value } : { markdown: value.value };
      seen.drawn.push([seen.text, seen.background, seen.tooltip.plain]);
    },
    set text(value) { seen.text = value; },
    set backgroundColor(value) { seen.background = value?.id ?? null; },
    show() {}, dispose() {},
  }),
  onDidChangeActiveTextEditor: () => nothing,
  createWebviewPanel: (type, title, place, options) => {
    const panel = { title, options, webview: { html: '' }, reveal() {}, dispose() {}, onDidDispose: () => nothing };
    seen.panels.push(panel);
    return panel;
  },
  showTextDocument: async ({ fsPath }, { selection }) => { seen.opened.push([fsPath, selection.start.line]); },
  showQuickPick: async (entries) => { seen.entries.push(...entries.map(({ label, detail }) => [label, detail ?? ''])); },
  showErrorMessage: show, showWarningMessage: show, showInformationMessage: show,
  withProgress: (options, work) => work({}, { onCancellationRequested: () => nothing }),
};

export const workspace = {
  get workspaceFolders() { return [{ uri: uri(job.workspace), name: 'workspace', index: 0 }]; },
  // What a workspace's own settings say wins, as it does for a setting that a workspace may change.
  getConfiguration: (section) => ({
    get: (name, otherwise) => job.workspaceSettings?.[full(section, name)] ?? job.settings?.[full(section, name)] ?? otherwise,
    inspect: (name) => ({
      globalValue: job.settings?.[full(section, name)], workspaceValue: job.workspaceSettings?.[full(section, name)],
    }),
  }),
  onDidChangeConfiguration: () => nothing,
};
const full = (section, name) => (section ? `${section}.${name}` : name);

/** The Python extension, whose active interpreter is one of the workspace. */
export const extensions = {
  getExtension: () => ({
    isActive: true,
    packageJSON: job.manifest,
    exports: { environments: { getActiveEnvironmentPath: () => ({ path: path.join(job.workspace, '.venv/bin/python') }) } },
  }),
};

const ended = new Set();
export const tasks = {
  onDidEndTaskProcess: (listener) => { ended.add(listener); return { dispose: () => ended.delete(listener) }; },
  executeTask: async ({ execution }) => {
    const running = { terminate() {} };
    const { process: program, args, options } = execution;
    const exitCode = start(program, args, { ...options, env: { ...process.env, ...options?.env } });
    setImmediate(() => ended.forEach((listener) => listener({ execution: running, exitCode })));
    return running;
  },
};

export class ProcessExecution {
  constructor(process, args, options) { Object.assign(this, { process, args, options }); }
}
export class Task {
  constructor(definition, scope, name, source, execution) { this.execution = execution; }
}
export class EventEmitter {
  event = () => nothing;
  fire() {}
}
export class MarkdownString {
  constructor(value = '') { this.value = value; }
  appendText(text) { this.value += text.replace(/[\\`*_{}[\]()#+\-.!]/g, '\\$&'); return this; }
  appendMarkdown(text) { this.value += text; return this; }
}
export class ThemeColor {
  constructor(id) { this.id = id; }
}
export class Position {
  constructor(line, character) { Object.assign(this, { line, character }); }
}
export class Range {
  constructor(start, end) { Object.assign(this, { start, end }); }
}
export const Uri = { file: uri };
export const ViewColumn = { One: 1, Beside: -2 };
export const StatusBarAlignment = { Right: 2 }, ProgressLocation = { Notification: 15 };
export const TaskRevealKind = { Always: 1 }, TaskScope = { Workspace: 2 };
export const InlineCompletionTriggerKind = { Invoke: 0 };
const registered = new Map();
export const commands = {
  registerCommand: (name, run) => { registered.set(name, run); seen.commands.push(name); return nothing; },
  executeCommand: async (name, ...parameters) => {
    if (name === 'vscode.open') seen.opened.push([parameters[0].fsPath, null]);
    return registered.get(name)?.(...parameters);
  },
};
