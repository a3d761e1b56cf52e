// Whether suggestions come while typing: on or off, snoozed, and by language. Kept on this machine only.
import { EventEmitter, ExtensionContext, window, workspace } from 'vscode';

const MINUTES = [5, 15, 60];

export class Switches {
  private readonly changed = new EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private snoozedUntil = 0;
  private alarm: NodeJS.Timeout | undefined;

  constructor(private readonly context: ExtensionContext) {
    context.subscriptions.push(
      this.changed,
      { dispose: () => clearTimeout(this.alarm) },
      window.onDidChangeActiveTextEditor(() => this.changed.fire()),
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('holesmith.editor.languages')) this.changed.fire();
      }),
    );
  }

  /** Why there are no suggestions in this language now; undefined if there are. */
  reasonFor(language: string | undefined): string | undefined {
    if (!this.context.globalState.get('isOn', true)) return 'off';
    if (Date.now() < this.snoozedUntil) return `snoozed until ${new Date(this.snoozedUntil).toLocaleTimeString()}`;
    return language !== undefined && !this.isOnFor(language) ? `off for ${language}` : undefined;
  }

  async toggle(): Promise<void> {
    const isSilent = this.reasonFor(undefined) !== undefined;
    this.snoozeFor(0);
    await this.context.globalState.update('isOn', isSilent);
    this.changed.fire();
  }

  async toggleLanguage(): Promise<void> {
    const language = window.activeTextEditor?.document.languageId;
    if (language === undefined) return;
    const languages = { ...this.languages(), [language]: !this.isOnFor(language) };
    await workspace.getConfiguration('holesmith.editor').update('languages', languages, true);
  }

  async snooze(): Promise<void> {
    const choices = MINUTES.map((minutes) => ({ label: `${minutes} minutes`, minutes }));
    const choice = await window.showQuickPick(choices, { title: 'Holesmith: no suggestions for' });
    if (choice) this.snoozeFor(choice.minutes * 60_000);
  }

  private snoozeFor(milliseconds: number): void {
    clearTimeout(this.alarm);
    this.snoozedUntil = Date.now() + milliseconds;
    this.alarm = setTimeout(() => this.changed.fire(), milliseconds + 100);
    this.changed.fire();
  }

  private languages(): Record<string, boolean> {
    return workspace.getConfiguration('holesmith.editor').get('languages', {});
  }

  private isOnFor(language: string): boolean {
    const languages = this.languages();
    return languages[language] ?? languages['*'] ?? true;
  }
}
