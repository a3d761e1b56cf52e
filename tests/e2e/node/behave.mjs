// Job: {command}, of the scripted server of the tests. Result: what an editor would have seen, by name.

import { lsp, open, readJob } from "./session.mjs";

const { command } = await readJob();
const session = await open({ command, folder: "file:///shop", settings: { inline: { tokensMax: 7 }, odd: 1 } });
await session.statusWhere(({ health }) => health === "ready");
const seen = { capabilities: session.capabilities };
const uri = "file:///shop/a.ts";

await session.openDocument(uri, "typescript", "const 😀 = fo");
seen.inline = await session.inline(uri, { line: 0, character: 13 });
seen.menu = await session.menu(uri, { line: 0, character: 13 });
seen.asked = JSON.parse((await session.connection.sendRequest("holesmith/explain")).generated);
seen.problems = (await session.connection.sendRequest("holesmith/status")).settings_problems;

await session.openDocument("file:///shop/slow.ts", "typescript", "slow");
const source = new lsp.CancellationTokenSource();
const cancelled = session.inline("file:///shop/slow.ts", { line: 0, character: 4 }, source.token);
await session.statusWhere(({ message }) => message === "decoding");
source.cancel();
seen.cancelledWith = await cancelled.then(() => null, ({ code }) => code);

const older = session.inline("file:///shop/slow.ts", { line: 0, character: 4 });
const before = session.statuses.length;
await session.statusWhere((status) => session.statuses.indexOf(status) >= before && status.message === "decoding");
seen.newer = await session.inline("file:///shop/slow.ts", { line: 0, character: 0 });
seen.older = await older;

await session.openDocument("file:///shop/fail.ts", "typescript", "fail");
seen.failedWith = await session
  .inline("file:///shop/fail.ts", { line: 0, character: 4 })
  .then(() => null, ({ code }) => code);
seen.progress = session.progress;
seen.exitCode = await session.close();
console.log(JSON.stringify(seen));
