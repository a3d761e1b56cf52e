// Puts into dist/server what the extension installs the server from: a wheel of this checkout, the lock files with the
// hashes of all that it needs, and the script that installs both. The wheel is the one that HOLESMITH_WHEEL names, or is
// built with .venv (scripts/setup). Without either there is none, and an extension that does not offer to install anything.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const checkout = path.resolve(import.meta.dirname, '../..');
const target = path.join(import.meta.dirname, 'dist/server');
const python = path.join(checkout, '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

const wheel = process.env.HOLESMITH_WHEEL;

rmSync(target, { recursive: true, force: true });
if (wheel || existsSync(python)) {
  mkdirSync(target, { recursive: true });
  if (wheel) cpSync(wheel, path.join(target, path.basename(wheel)));
  else buildWheel();
  cpSync(path.join(checkout, 'scripts/locks'), path.join(target, 'locks'), { recursive: true });
  rmSync(path.join(target, 'locks/dev.lock'));
  cpSync(path.join(checkout, 'scripts/make_environment.py'), path.join(target, 'make_environment.py'));
} else {
  console.warn('built without the server: it needs .venv, which scripts/setup makes');
}

/** In a folder of its own, where nothing lies of an earlier build. */
function buildWheel() {
  const folder = mkdtempSync(path.join(tmpdir(), 'holesmith-wheel-'));
  const configuration = path.join(folder, 'distutils.cfg');
  writeFileSync(configuration, `[build]\nbuild_base = ${path.join(folder, 'build')}\n`);
  const parameters = ['--no-deps', '--no-build-isolation', '--quiet', '--wheel-dir', target, checkout];
  try {
    execFileSync(python, ['-I', '-m', 'pip', 'wheel', '--no-index', ...parameters], {
      stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, DIST_EXTRA_CONFIG: configuration },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
