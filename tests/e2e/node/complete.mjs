// Job: {command, folder, settings, documents: [{uri, language, text, position}]}.
// Result: {exitCode, loadMs, answers: [{text, range, ms}]}: one suggestion a document, one after the other.

import { open, readJob } from "./session.mjs";

const job = await readJob();
const started = performance.now();
const session = await open(job);
const status = await session.statusWhere(({ health }) => health === "ready" || health === "error");
if (status.health === "error") throw new Error(status.message);
const loadMs = performance.now() - started;
const answers = [];
for (const { uri, language, text, position } of job.documents) {
  await session.openDocument(uri, language, text);
  const asked = performance.now();
  const list = await session.inline(uri, position);
  const item = list.items[0] ?? null;
  answers.push({ text: item?.insertText ?? null, range: item?.range ?? null, ms: performance.now() - asked });
}
console.log(JSON.stringify({ exitCode: await session.close(), loadMs, answers }));
