// Pages of the server's: the last suggestion explained, its prompt, the status. The server draws and escapes them; no script
// runs in a page, nothing is loaded, and a link does nothing but open a file at a line.
import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import { Disposable, Position, Range, Uri, ViewColumn, WebviewPanel, commands, window } from 'vscode';
import { Server } from './server';

export const OPEN_LOCATION = 'holesmith.openLocation';

type PageName = 'explanation' | 'prompt' | 'status';

/** The server's answer to `holesmith/page` in the form "html". */
interface Page {
  title: string;
  style: string;
  body: string;
}

/** A panel for each page, which a new answer fills anew. */
export class Pages implements Disposable {
  private readonly panels = new Map<PageName, WebviewPanel>();

  constructor(private readonly server: Server) {}

  async show(name: PageName): Promise<void> {
    const uri = window.activeTextEditor?.document.uri.toString();
    const page = await this.server.ask<Page>('holesmith/page', {
      page: name, format: 'html', linkPrefix: `command:${OPEN_LOCATION}?`, ...(uri && { textDocument: { uri } }),
    });
    if (!page) return;
    const panel = this.panels.get(name) ?? this.create(name);
    panel.title = page.title;
    panel.webview.html = html(page);
    panel.reveal(undefined, true);
  }

  dispose(): void {
    for (const panel of [...this.panels.values()]) panel.dispose();
  }

  private create(name: PageName): WebviewPanel {
    const panel = window.createWebviewPanel(`holesmith.${name}`, 'Holesmith', { viewColumn: ViewColumn.Beside, preserveFocus: true }, {
      enableScripts: false, enableCommandUris: [OPEN_LOCATION], enableFindWidget: true, localResourceRoots: [],
    });
    this.panels.set(name, panel);
    panel.onDidDispose(() => this.panels.delete(name));
    return panel;
  }
}

/** Opens what a page links to, beside the page. Takes nothing but the path of a file and a line from 1. */
export async function openLocation(file: unknown, line: unknown): Promise<void> {
  if (typeof file !== 'string' || !path.isAbsolute(file) || typeof line !== 'number' || !Number.isInteger(line)) return;
  if (path.extname(file) === '.ipynb') {
    // As a notebook: as a text it would be JSON, and the line is one of its cells'.
    await commands.executeCommand('vscode.open', Uri.file(file), ViewColumn.One);
    return;
  }
  const start = new Position(Math.max(0, line - 1), 0);
  await window.showTextDocument(Uri.file(file), { selection: new Range(start, start), viewColumn: ViewColumn.One });
}

export function html({ title, style, body }: Page): string {
  const nonce = randomBytes(16).toString('hex');
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'">
<title>${title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</title><style nonce="${nonce}">${style}</style></head>
<body>${body}</body></html>`;
}
