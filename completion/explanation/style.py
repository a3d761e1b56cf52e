"""The style of a document in HTML: the colours of the editor if it has any, else light or dark."""

STYLE = """
:root {
  color-scheme: light dark;
  --text: var(--vscode-editor-foreground, #1f2328);
  --paper: var(--vscode-editor-background, #ffffff);
  --weak: var(--vscode-descriptionForeground, #59636e);
  --line: var(--vscode-widget-border, #d1d9e0);
  --shade: var(--vscode-textCodeBlock-background, #f6f8fa);
  --link: var(--vscode-textLink-foreground, #0969da);
  --bad: var(--vscode-errorForeground, #cf222e);
  --good: var(--vscode-charts-green, #1a7f37);
  --bar: var(--vscode-charts-blue, #0969da);
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: var(--vscode-editor-foreground, #e6edf3);
    --paper: var(--vscode-editor-background, #0d1117);
    --weak: var(--vscode-descriptionForeground, #9198a1);
    --line: var(--vscode-widget-border, #3d444d);
    --shade: var(--vscode-textCodeBlock-background, #161b22);
    --link: var(--vscode-textLink-foreground, #4493f8);
    --bad: var(--vscode-errorForeground, #f85149);
    --good: var(--vscode-charts-green, #3fb950);
    --bar: var(--vscode-charts-blue, #4493f8);
  }
}
body {
  margin: 0; padding: 1rem 1.25rem; color: var(--text); background: var(--paper);
  font: 14px/1.5 var(--vscode-font-family, system-ui, sans-serif);
}
main { max-width: 62rem; margin: 0 auto; }
h1 { font-size: 1.35rem; font-weight: 600; margin: 0 0 0.75rem; }
h2 { display: inline; font-size: 1rem; font-weight: 600; }
details { border-top: 1px solid var(--line); padding: 0.6rem 0; }
summary { cursor: pointer; }
p { margin: 0.4rem 0 0.4rem 1rem; }
pre, code { font-family: var(--vscode-editor-font-family, ui-monospace, monospace); font-size: 0.92em; }
code { background: var(--shade); border-radius: 4px; padding: 0.1em 0.3em; white-space: pre-wrap; }
pre {
  background: var(--shade); border-radius: 6px; margin: 0.5rem 0 0.5rem 1rem; padding: 0.6rem 0.8rem;
  overflow-x: auto; tab-size: 4;
}
table { border-collapse: collapse; margin: 0.4rem 0 0.4rem 1rem; }
th { text-align: left; font-weight: 600; }
code, pre, td, h2 { unicode-bidi: isolate; }
th, td { padding: 0.15rem 1rem 0.15rem 0; vertical-align: top; overflow-wrap: break-word; }
th, td:first-child { white-space: nowrap; }
@media (max-width: 32rem) { th, td:first-child { white-space: normal; } }
details { overflow-x: auto; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.bars { width: calc(100% - 1rem); }
.bars th { font-weight: 400; white-space: nowrap; }
.bars td:last-child { width: 100%; }
svg { display: block; width: 100%; height: 0.8rem; margin-top: 0.3rem; }
rect { fill: var(--bar); }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
.weak { color: var(--weak); font-size: inherit; }
.bad { color: var(--bad); font-weight: 600; }
.good { color: var(--good); font-weight: 600; }
"""
