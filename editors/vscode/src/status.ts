// The item in the status bar: the model, its device, and what goes on.
import { Disposable, StatusBarAlignment, ThemeColor, window } from 'vscode';
import { Counters } from './counters';
import { Switches } from './switches';

/** What the server says by `holesmith/status`, as far as it is shown. */
export interface Status {
  health: 'stopped' | 'loading' | 'ready' | 'error';
  message: string;
  model?: string | null;
  device?: string | null;
  progress?: number | null;
  environment?: string | null;
  activity?: string | null;
  index_failure?: string | null;
  settings_problems?: string[];
  last_failure?: string | null;
}

export class StatusItem implements Disposable {
  private readonly item = window.createStatusBarItem('holesmith', StatusBarAlignment.Right, 100);
  private readonly subscription: Disposable;
  private status: Status = { health: 'stopped', message: 'the server does not run' };
  private pending = 0;

  constructor(private readonly switches: Switches, private readonly counters: Counters) {
    this.item.name = 'Holesmith';
    this.item.command = 'holesmith.menu';
    this.subscription = switches.onDidChange(() => this.draw());
    this.draw();
    this.item.show();
  }

  show(status: Status): void {
    this.status = status;
    this.draw();
  }

  get shown(): Status {
    return this.status;
  }

  /** Shows that a suggestion is being made until `work` ends. */
  async during<T>(work: PromiseLike<T>): Promise<T> {
    this.pending += 1;
    this.draw();
    try {
      return await work;
    } finally {
      this.pending -= 1;
      this.draw();
    }
  }

  dispose(): void {
    this.subscription.dispose();
    this.item.dispose();
  }

  private draw(): void {
    const silence = this.switches.reasonFor(window.activeTextEditor?.document.languageId);
    this.item.text = this.text(silence);
    const problems = this.problems();
    const isError = this.status.health === 'error';
    const background = isError ? 'statusBarItem.errorBackground' : problems.length > 0 ? 'statusBarItem.warningBackground' : undefined;
    this.item.backgroundColor = background === undefined ? undefined : new ThemeColor(background);
    const { shown, accepted, rejected } = this.counters.counts;
    const { message, activity, environment } = this.status;
    // A string, not Markdown: what the server quotes from the workspace must not become a link or an image.
    this.item.tooltip = [
      isError ? 'Holesmith: there is a problem' : `Holesmith: ${message}${silence ? ` (${silence})` : ''}`,
      ...problems.map((problem) => `⚠ ${problem}`),
      ...(problems.length > 0 ? ['Click, and choose "Show the Status" or "Doctor" to see what to do.'] : []),
      ...(activity == null ? [] : [`Just now: ${activity}`]),
      ...(environment == null ? [] : [`Static analysis: ${environment}`]),
      `${shown} suggestions shown, ${accepted} accepted, ${rejected} rejected (counted on this machine only)`,
    ].join('\n');
  }

  /** What is wrong, a line each. */
  private problems(): string[] {
    const { health, message, index_failure, settings_problems, last_failure } = this.status;
    const failure = last_failure == null ? null : `a defect of the server: ${last_failure}`;
    return [health === 'error' ? message : null, index_failure, ...(settings_problems ?? []), failure].filter(
      (problem): problem is string => problem != null,
    );
  }

  private text(silence: string | undefined): string {
    const { health, model, device, progress, activity } = this.status;
    if (health === 'error') return '$(error) Holesmith';
    if (health === 'loading') {
      return `$(loading~spin) Holesmith${progress == null ? '' : ` ${Math.round(100 * progress)} %`}`;
    }
    if (health === 'stopped') return '$(debug-disconnect) Holesmith';
    if (silence) return `$(circle-slash) Holesmith`;
    const icon = this.pending > 0 ? '$(loading~spin)' : activity != null ? '$(sync~spin)' : '$(sparkle)';
    return `${icon} ${withoutIcons(`${model} on ${device}`)}`;
  }
}

/** `$(name)` in a name of the user's is no picture. */
function withoutIcons(text: string): string {
  return text.replaceAll('$(', '$ (');
}
