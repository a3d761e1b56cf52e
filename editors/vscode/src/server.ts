// The server's process and the client that speaks with it.
import * as path from 'node:path';
import {
  CancellationToken, Disposable, ExtensionContext, InlineCompletionContext, InlineCompletionItem,
  InlineCompletionTriggerKind, TextDocument, window,
} from 'vscode';
import { LanguageClient, LanguageClientOptions, MessageSignature, Middleware, ShowMessageParams, State } from 'vscode-languageclient/node';
import { Counters } from './counters';
import { missingModel, showMessage, withoutLinks } from './messages';
import { listModels, pullModel, size } from './models';
import { surroundings } from './places';
import { findProgram, installProgram, isInstallationWanted } from './program';
import { Status, StatusItem } from './status';
import { Switches } from './switches';

const LANGUAGES = [
  'python', 'java', 'javascript', 'javascriptreact', 'typescript', 'typescriptreact', 'go', 'rust', 'c', 'cpp', 'csharp',
];
const SCHEMES = ['file', 'untitled', 'vscode-notebook-cell'];
const ACCEPTED = 'holesmith.accepted';

export class Server implements Disposable {
  readonly log = window.createOutputChannel('Holesmith', { log: true });
  private client: LanguageClient | undefined;
  private program: string | undefined;
  private starts = 0;

  constructor(
    private readonly context: ExtensionContext,
    private readonly switches: Switches,
    private readonly counters: Counters,
    private readonly status: StatusItem,
  ) {}

  /** Starts the server; where there is none, offers to install it. */
  async start(): Promise<void> {
    const start = ++this.starts;
    this.status.show({ health: 'loading', message: 'starting the server' });
    this.program = await findProgram(this.context);
    if (!this.program) {
      const message = 'the language server was not found; "Install the Server" is in the menu that a click opens';
      this.status.show({ health: 'error', message });
      if (!(await isInstallationWanted(this.context)) || !(await this.isInstalled())) return;
      this.program = await findProgram(this.context);
    }
    // While the question stood there, the user may have had it started in another way.
    if (!this.program || start !== this.starts) return;
    const executable = { command: this.program, args: ['lsp'], options: surroundings() };
    const client = new LanguageClient('holesmith', 'Holesmith', executable, this.options());
    this.client = client;
    client.onNotification('holesmith/status', (status: Status) => this.status.show(status));
    client.onNotification('window/showMessage', (message: ShowMessageParams) => void this.show(message));
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Stopped) this.status.show({ health: 'stopped', message: 'the server does not run' });
    });
    try {
      await client.start();
    } catch (error) {
      const message = `${path.basename(this.program)} did not start: ${error}`;
      this.status.show({ health: 'error', message });
      void window.showErrorMessage(withoutLinks(`Holesmith: ${message}`));
    }
  }

  async stop(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.dispose().catch((error: unknown) => this.log.warn(String(error)));
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Installs what the extension carries, without a question, and starts it. */
  async install(): Promise<void> {
    if (await this.isInstalled()) await this.restart();
  }

  /** Installs it, and shows meanwhile that this goes on. False if it failed, or the user stopped it. */
  private async isInstalled(): Promise<boolean> {
    const before = this.status.shown;
    this.status.show({ health: 'loading', message: 'the server is being installed; the terminal shows how far it is' });
    const isInstalled = await installProgram(this.context);
    const failed: Status = { health: 'error', message: 'the server was not installed; "Install the Server" in the menu tries again' };
    if (!isInstalled) this.status.show(this.client?.isRunning() ? before : failed);
    return isInstalled;
  }

  /** A message of the server's. Where it says that a model is missing, a button brings the model. */
  private async show(message: ShowMessageParams): Promise<void> {
    const name = missingModel(message.message);
    const { program } = this;
    if (!name || !program) {
      await showMessage(message);
      return;
    }
    const models = await listModels(program).catch(() => []);
    const bytes = size(models.find((model) => model.name === name)?.bytes ?? null);
    const pull = bytes ? `Pull It (${bytes})` : 'Pull It';
    if ((await showMessage(message, pull)) === pull && (await pullModel(program, name))) await this.restart();
  }

  /** The path of the program that runs, for commands that run it once more. */
  async path(): Promise<string | undefined> {
    return this.program ?? findProgram(this.context);
  }

  /** The server's answer; undefined, and a message, if it does not run. */
  async ask<T>(method: string, parameters?: object): Promise<T | null | undefined> {
    if (!this.client?.isRunning()) {
      void window.showWarningMessage('Holesmith: the server does not run');
      return undefined;
    }
    return parameters ? this.client.sendRequest<T | null>(method, parameters) : this.client.sendRequest<T | null>(method);
  }

  dispose(): void {
    this.log.dispose();
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: LANGUAGES.flatMap((language) => SCHEMES.map((scheme) => ({ language, scheme }))),
      outputChannel: this.log,
      middleware: this.middleware(),
      connectionOptions: { maxRestartCount: 4 },
    };
  }

  private middleware(): Middleware {
    return {
      // Ghost text is better at the same, and the model need not be asked twice.
      provideCompletionItem: () => null,
      provideInlineCompletionItems: (document, position, context, token, next) => {
        const isAsked = context.triggerKind === InlineCompletionTriggerKind.Invoke;
        if (!isAsked && this.switches.reasonFor(document.languageId)) return null;
        const answer = Promise.resolve(next(document, position, context, token));
        return this.status.during(answer.then((items) => this.counted(document, context, token, items)));
      },
      sendRequest: (type, params, token, next) => next(type, withIndentation(type, params), token),
      workspace: {
        // The extension's own settings are no business of the server's.
        configuration: async (params, token, next) => {
          const answers = await next(params, token);
          return Array.isArray(answers) ? answers.map(forServer) : answers;
        },
      },
    };
  }

  private counted<T extends InlineCompletionItem[] | { items: InlineCompletionItem[] } | null | undefined>(
    document: TextDocument, context: InlineCompletionContext, token: CancellationToken, answer: T,
  ): T {
    const items = Array.isArray(answer) ? answer : (answer?.items ?? []);
    for (const item of items) item.command = { title: 'accepted', command: ACCEPTED, arguments: [item.command] };
    const [first] = items;
    if (first && !token.isCancellationRequested && !context.selectedCompletionInfo) {
      this.counters.show(document.uri.toString(), first);
    }
    return answer;
  }
}

/** Adds how the editor indents this document, from which the server takes how to indent what it suggests. */
function withIndentation<P>(type: string | MessageSignature, params: P | undefined): P | undefined {
  if ((typeof type === 'string' ? type : type.method) !== 'textDocument/inlineCompletion') return params;
  const { uri } = (params as { textDocument: { uri: string } }).textDocument;
  const options = window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri)?.options;
  if (!options) return params;
  const formattingOptions = { tabSize: Number(options.tabSize), insertSpaces: options.insertSpaces === true };
  return { ...params, formattingOptions } as P;
}

/** Without the extension's own settings, and without texts that are empty: they stand for the server's default. */
function forServer(settings: unknown): unknown {
  if (typeof settings !== 'object' || settings === null) return settings;
  const { editor: _, ...rest } = settings as Record<string, unknown>;
  return withoutEmptyTexts(rest);
}

function withoutEmptyTexts(settings: object): object {
  const filled = Object.entries(settings).filter(([, value]) => value !== '');
  const isGroup = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
  return Object.fromEntries(filled.map(([name, value]) => [name, isGroup(value) ? withoutEmptyTexts(value) : value]));
}

export { ACCEPTED };
